// The running statistics of a model's batch norms, anew: their mean over the batches of a loader (for averaged models).
//
//   mean += (mean of the batch - mean) / (k + 1),  k = 0, 1, ...
#pragma once

#include <etch/nn/norm.hpp>
#include <etch/run/train_step.hpp>

namespace etch {
inline namespace ETCH_ABI {
namespace optim {
namespace detail {

/// A model in training mode, for what it leaves in its buffers.
template <class M, class X>
struct PassSpec {
  static constexpr int capacity = etch::detail::capacity_for<M>();
  static constexpr void trace(etch::detail::Builder& b) {
    b.training = true;
    const int slot = b.add_slot(etch::detail::SlotKind::block, etch::detail::parameter_dtype<M>(), etch::detail::Shape{});
    etch::detail::BoundModule<M> bound;
    etch::detail::bind_parameters<M>(b, slot, bound);
    etch::detail::call_prototype<M>(etch::detail::input_tracer<X>(b));
  }
};

/// The momentum of a layer that keeps statistics of batches; below 0 it takes their mean.
template <class M>
struct BatchMomentum {
  static constexpr bool keeps = false;
};
template <int D, bool W, bool B, auto C, auto... Option>
struct BatchMomentum<nn::detail::Norm<D, true, W, B, true, C, Option...>> {
  static constexpr bool keeps = true;
  static constexpr double value = etch::detail::norm_settings<true, true, Option...>().momentum;
};
/// f on every such layer, beside the same layer of another model.
template <class M, class F>
void each_batch_norm(M& m, M& other, F& f) {
  if constexpr (BatchMomentum<M>::keeps) {
    f(m, other);
  } else if constexpr (!etch::detail::is_module_tensor<M>) {
    auto visit = [&](auto& member) {
      using Member = std::remove_reference_t<decltype(member)>;
      const auto offset = reinterpret_cast<char*>(&member) - reinterpret_cast<char*>(&m);
      each_batch_norm(member, *reinterpret_cast<Member*>(reinterpret_cast<char*>(&other) + offset), f);
    };
    m.etch_members(visit);
  }
}

/// What a range holds.
template <class Range>
auto first_of(const Range& r) -> decltype(*r.begin());
template <class X, std::size_t N>
const X& first_of(const X (&)[N]);

}  // namespace detail

/// Sets the running statistics to those of the batches in `loader`, a range of tensors, under the parameters there are.
template <class M, class Loader>
void update_bn(const Model<M>& model, const Loader& loader) {
  using X = std::remove_cvref_t<decltype(detail::first_of(loader))>;
  cpu::Machine machine(Compiled<detail::PassSpec<M, X>>::view());
  cpu::RandomState random;
  const Model<M> mean = model.clone();
  std::int64_t batches = 0;
  for (const X& x : loader) {
    auto reset = [](auto& norm, auto&) {
      nn::init::zeros_(norm.running_mean);
      nn::init::zeros_(norm.running_var);
      nn::init::zeros_(norm.num_batches_tracked);
    };
    detail::each_batch_norm(*model, *mean, reset);
    Bindings in;
    in.bind(model.data());
    in.bind(x.data(), x.sizes());
    machine.run(in, nullptr, &random);
    ++random.step;
    ++batches;
    auto take = [&](auto& norm, auto& to) {
      constexpr double momentum = detail::BatchMomentum<std::remove_reference_t<decltype(norm)>>::value, share = momentum < 0 ? 1 : momentum;
      if (share == 0) fail("update_bn", "a momentum of 0 keeps no statistics");
      auto mix = [&](auto* all, const auto* now, int n) {
        using T = std::remove_reference_t<decltype(*all)>;
        for (int i = 0; i < n; ++i) all[i] = (batches == 1 ? T{0} : all[i]) + (now[i] / static_cast<T>(share) - (batches == 1 ? T{0} : all[i])) / static_cast<T>(batches);
      };
      mix(to.running_mean.data(), norm.running_mean.data(), norm.running_mean.numel());
      mix(to.running_var.data(), norm.running_var.data(), norm.running_var.numel());
    };
    detail::each_batch_norm(*model, *mean, take);
  }
  auto give = [&](auto& norm, auto& from) {
    for (int i = 0; i < norm.running_mean.numel(); ++i) {
      norm.running_mean.data()[i] = from.running_mean.data()[i];
      norm.running_var.data()[i] = from.running_var.data()[i];
    }
    *norm.num_batches_tracked.data() = batches;
  };
  if (batches > 0) detail::each_batch_norm(*model, *mean, give);
}

}  // namespace optim
}  // namespace ETCH_ABI
}  // namespace etch

// Forward, loss, backward and the optimizer as one compiled program: no allocation a step.
//
//   loss, gradients = program(parameters, inputs)        one plan
//   parameters, states = optimizer(parameters, gradients, states, scalars)   one pointwise pass over the block
#pragma once

#include <etch/run/program.hpp>

namespace etch {
inline namespace ETCH_ABI {
namespace detail {

/// The one dtype of a model's parameters.
template <class M>
constexpr DType parameter_dtype() {
  for (int i = 0; i < layout<M>.tensors; ++i)
    if (layout<M>.tensor[i].role == Role::parameter) return layout<M>.tensor[i].dtype;
  return DType::float32;
}
template <class M>
constexpr bool one_dtype() {
  for (int i = 0; i < layout<M>.tensors; ++i)
    if (layout<M>.tensor[i].dtype != parameter_dtype<M>() && layout<M>.tensor[i].role == Role::parameter) return false;
  return true;
}
/// Bytes of a model's buffers, which the optimizer must not touch.
template <class M>
constexpr std::size_t buffer_bytes() {
  std::size_t n = 0;
  for (int i = 0; i < layout<M>.tensors; ++i)
    if (layout<M>.tensor[i].role == Role::buffer) n += static_cast<std::size_t>(layout<M>.tensor[i].count) * size_of(layout<M>.tensor[i].dtype);
  return n;
}
/// Copies every buffer of a block to `beside`, or back.
template <class M>
void copy_buffers(char* block, char* beside, bool back) {
  for (int i = 0; i < layout<M>.tensors; ++i) {
    const TensorInfo& t = layout<M>.tensor[i];
    if (t.role != Role::buffer) continue;
    const std::size_t bytes = static_cast<std::size_t>(t.count) * size_of(t.dtype);
    if (back) std::memcpy(block + t.offset, beside, bytes);
    else std::memcpy(beside, block + t.offset, bytes);
    beside += bytes;
  }
}

/// Loss and gradient: input slot 0 is the block, then the inputs; output 0 the loss, output 1 the gradient block.
template <class M, class F, class... In>
struct GradientSpec {
  static constexpr int capacity = capacity_for<M>();
  static constexpr void trace(Builder& b) {
    b.training = true;
    const int slot = b.add_slot(SlotKind::block, parameter_dtype<M>(), Shape{});
    BoundModule<M> bound;
    bind_parameters<M>(b, slot, bound);
    Pack<typename In::tracer...> in{{{input_tracer<In>(b)}...}};
    finish(b, bound, in, std::index_sequence_for<In...>{});
  }
  template <class P, std::size_t... I>
  static constexpr void finish(Builder& b, const BoundModule<M>& bound, const P& in, std::index_sequence<I...>) {
#if defined(__clang__)
#pragma clang diagnostic push
#pragma clang diagnostic ignored "-Wundefined-var-template"
#endif
    const auto loss = F{}(prototype<M>, held<I>(in)...);
#if defined(__clang__)
#pragma clang diagnostic pop
#endif
    using Loss = std::remove_cvref_t<decltype(loss)>;
    if constexpr (is_tracer_v<Loss> && Loss::rank == 0) {  // TrainStep says so otherwise
      int wrt[BoundModule<M>::capacity]{}, gradient[BoundModule<M>::capacity]{};
      int count = 0;
      for (int i = 0; i < bound.inputs; ++i)
        if (bound.input[i].role == Role::parameter) wrt[count++] = bound.input[i].node;
      reverse(b, loss.id, b.constant(1, b.dtype(loss.id)), wrt, count, gradient);
      b.output(loss.id, 0);
      count = 0;
      for (int i = 0; i < bound.inputs; ++i)
        if (bound.input[i].role == Role::parameter) b.output(gradient[count++], 1, static_cast<std::int64_t>(bound.input[i].offset));
    }
  }
};

/// The optimizer over a flat block of N elements: slots p, g, states.., scalars..; outputs p, states.. in place.
template <class Optimizer, class T, int N>
struct UpdateSpec {
  static constexpr int states = Optimizer::states, scalars = Optimizer::scalars;
  static constexpr int capacity = 256;
  static constexpr void trace(Builder& b) {
    using Flat = Tracer<T, N>;
    const Shape flat{1, {N}};
    auto block = [&] { return Flat{&b, b.input(b.add_slot(SlotKind::tensor, dtype_of<T>, flat), 0, dtype_of<T>, flat)}; };
    Flat p = block(), g = block();
    Flat state[states > 0 ? states : 1]{};
    for (int i = 0; i < states; ++i) state[i] = block();
    Tracer<T> scalar[scalars > 0 ? scalars : 1]{};
    for (int i = 0; i < scalars; ++i) scalar[i] = Tracer<T>{&b, b.input(b.add_slot(SlotKind::scalar, dtype_of<T>, Shape{}), 0, dtype_of<T>, Shape{})};
    Optimizer::update(p, g, state, scalar);
    b.output(p.id, 0);
    for (int i = 0; i < states; ++i) b.output(state[i].id, 1 + i);
  }
};

}  // namespace detail

/// A training step bound to a model and an optimizer. Not for concurrent use.
template <class M, class F, class Optimizer, class... In>
class TrainStep {
  static_assert(std::is_empty_v<F>, "etch: train_step: the loss function must have no captures; pass values as arguments");
  static_assert(decltype(F{}(std::declval<M&>(), typename In::tracer{}...))::rank == 0, "etch: train_step: the loss must be one number; reduce it with mean or sum");
  static_assert(detail::one_dtype<M>(), "etch: train_step: all parameters must have one dtype");
  using T = type_of<detail::parameter_dtype<M>()>;
  static constexpr int count = static_cast<int>(sizeof(M) / sizeof(T));
  static constexpr int states = Optimizer::states, scalars = Optimizer::scalars;
  static constexpr std::size_t buffers = detail::buffer_bytes<M>();

 public:
  using Gradient = Compiled<detail::GradientSpec<M, F, In...>>;
  using Update = Compiled<detail::UpdateSpec<Optimizer, T, count>>;
  /// Memory for intermediate values, known to `static_assert`.
  static constexpr std::int64_t arena_bytes = Gradient::arena_bytes + Update::arena_bytes;

  TrainStep(Model<M> model, Optimizer optimizer, std::uint64_t seed = 0)
      : model_(model), optimizer_(optimizer), gradient_machine_(Gradient::view()), update_machine_(Update::view()), gradient_(sizeof(M)), random_{seed, 0} {
    for (int i = 0; i < states; ++i) state_[i] = Storage(sizeof(M));
    if constexpr (buffers > 0) beside_ = Storage(buffers);
  }

  /// One step on one batch; the loss before the update.
  T operator()(const In&... x) {
    const T loss = backward(x...);
    update();
    return loss;
  }
  /// The loss of a batch and its gradient, which stays in `gradient()` until the next call.
  T backward(const In&... x) {
    Bindings in;
    in.bind(model_.data());
    (in.bind(x.data(), x.sizes()), ...);
    T loss{};
    void* out[] = {&loss, gradient_.data()};
    gradient_machine_.run(in, out, &random_);
    ++random_.step;
    return loss;
  }
  /// The optimizer's step with the gradient of the last `backward`.
  void update() {
    double prepared[scalars > 0 ? scalars : 1]{};
    optimizer_.prepare(++steps_, prepared);
    T scalar[scalars > 0 ? scalars : 1]{};
    for (int i = 0; i < scalars; ++i) scalar[i] = static_cast<T>(prepared[i]);
    Bindings in;
    in.bind(model_.data());
    in.bind(gradient_.data());
    for (int i = 0; i < states; ++i) in.bind(state_[i].data());
    for (int i = 0; i < scalars; ++i) in.bind(&scalar[i]);
    void* out[1 + (states > 0 ? states : 1)] = {model_.data()};
    for (int i = 0; i < states; ++i) out[1 + i] = state_[i].data();
    if constexpr (buffers > 0) detail::copy_buffers<M>(static_cast<char*>(model_.data()), static_cast<char*>(beside_.data()), false);
    update_machine_.run(in, out);
    if constexpr (buffers > 0) detail::copy_buffers<M>(static_cast<char*>(model_.data()), static_cast<char*>(beside_.data()), true);
  }

  /// The optimizer, to change its learning rate or any other number: nothing is compiled again.
  Optimizer& optimizer() { return optimizer_; }
  const Model<M>& model() const { return model_; }
  /// The gradient of the last step, as another object of the model's type.
  const M& gradient() const { return *static_cast<const M*>(gradient_.data()); }
  /// The optimizer's state `i` (momentum, second moment, ...), likewise.
  M& state(int i) { return *static_cast<M*>(state_[i].data()); }
  std::int64_t steps() const { return steps_; }
  /// Continues from a saved run.
  void set_steps(std::int64_t n) {
    steps_ = n;
    random_.step = static_cast<std::uint64_t>(n);
  }

 private:
  Model<M> model_;
  Optimizer optimizer_;
  cpu::Machine gradient_machine_, update_machine_;
  Storage gradient_, beside_;  // the gradient block; buffers while the optimizer runs
  Storage state_[states > 0 ? states : 1];
  cpu::RandomState random_;
  std::int64_t steps_ = 0;
};

/// `train_step<In...>(model, loss, optimizer)`: loss is a captureless `(auto& model, auto x...)` that returns a number.
template <class... In, class M, class F, class Optimizer>
  requires(sizeof...(In) > 0)
TrainStep<M, F, Optimizer, In...> train_step(const Model<M>& model, F, Optimizer optimizer) {
  return {model, optimizer};
}
/// The same with the types taken from example inputs.
template <class M, class F, class Optimizer, class X, class... In>
TrainStep<M, F, Optimizer, X, In...> train_step(const Model<M>& model, F, Optimizer optimizer, const X&, const In&...) {
  return {model, optimizer};
}

}  // namespace ETCH_ABI
}  // namespace etch

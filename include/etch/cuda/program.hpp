// What runs on a GPU: assigned expressions, compiled functions and models, training steps. The plan is the CPU's.
#pragma once

#include <etch/cuda/code.hpp>
#include <etch/cuda/tensor.hpp>
#include <etch/run/train_step.hpp>

namespace etch {
inline namespace ETCH_ABI {
namespace detail {

/// One machine for each kind of expression and thread: made on first use, kept, never shared.
template <class Spec>
device::Machine& gpu_machine_of() {
  thread_local device::Machine machine(device::Code<Compiled<Spec>>::view());
  return machine;
}

template <class E>
void evaluate_on_gpu(const E& e, void* to, std::size_t bytes) {
  using Spec = EvalSpec<E>;
  Bindings in;
  e.bind(in);
  device::Machine& m = gpu_machine_of<Spec>();
  if (overlaps(in, device::Code<Compiled<Spec>>::view().plan, to, bytes, overwritable<Compiled<Spec>>)) {  // written elsewhere first: x = t(x) * 2
    device::Block other(bytes, "an expression that reads what it is assigned to");
    void* out[] = {other.data()};
    m.run(in, out);
    device::copy_across(to, other.data(), bytes);
    device::synchronize();
  } else {
    void* out[] = {to};
    m.run(in, out);
  }
}

}  // namespace detail

template <class T, auto... D>
template <Operand E>
GpuTensor<T, D...>& GpuTensor<T, D...>::operator=(const E& e) {
  if constexpr (!std::is_same_v<E, Poison>) {
    auto x = detail::as_expression(e);
    using X = decltype(x);
    using Rule = detail::assignable<host, X>;
    using Held = detail::result_dtype_for<T, typename X::value_type>;
    constexpr bool here = (detail::places<X>() & on_cpu) == 0;
    static_assert(here, "etch: device: the result of an expression must be on the device of its operands; x.to(gpu) copies it there");
    static_assert(Rule::sizes_agree, "etch: assign: the sizes of the expression must be the tensor's");
    static_assert(Held::can_be_held, "etch: assign: the expression's kind (bool, integer, floating, complex) must not be above the tensor's; to<T>(x) converts");
    if constexpr (here && Rule::sizes_agree && Held::can_be_held) {
      if constexpr (!std::is_same_v<typename X::value_type, T>) {
        return *this = apply<cast_fn<T>>(x);
      } else {
        detail::evaluate_on_gpu(x, data(), bytes);
        detail::resize_result<Compiled<detail::EvalSpec<X>>>(detail::gpu_machine_of<detail::EvalSpec<X>>().host(), *this);
      }
    }
  }
  return *this;
}

/// A function of tensors on a GPU as a program.
template <class F, class... In>
class GpuProgram {
  using OnCpu = Program<F, typename In::host...>;
  using Result = typename detail::on_gpu_of<typename OnCpu::Result>::type;

 public:
  using Code = typename OnCpu::Code;
  static constexpr std::int64_t arena_bytes = OnCpu::arena_bytes;

  GpuProgram() : machine_(device::Code<Code>::view()) {}
  /// The result is the program's own: it stays until the next call. Nothing waits for it.
  const Result& operator()(const In&... x) {
    Bindings in;
    (in.bind(x.data(), x.sizes()), ...);
    void* out[detail::max_results]{};
    detail::collect_results(result_, out);
    machine_.run(in, out, &random);
    ++random.step;
    detail::resize_results<Code>(machine_.host(), result_);
    return result_;
  }
  cpu::RandomState random;  ///< seed and step of what is drawn in the program

 private:
  device::Machine machine_;
  Result result_;
};

/// A model as a program over inputs of these types on a GPU, in eval mode.
template <class M, class... In>
class GpuModelProgram {
  using OnCpu = ModelProgram<M, typename In::host...>;
  using Result = typename detail::on_gpu_of<typename OnCpu::Result>::type;

 public:
  using Code = typename OnCpu::Code;
  static constexpr std::int64_t arena_bytes = OnCpu::arena_bytes;

  explicit GpuModelProgram(Model<M, Gpu> model) : model_(model), machine_(device::Code<Code>::view()) {}
  const Result& operator()(const In&... x) {
    Bindings in;
    in.bind(model_.data());
    (in.bind(x.data(), x.sizes()), ...);
    void* out[] = {result_.data()};
    machine_.run(in, out, &random);
    ++random.step;
    detail::resize_result<Code>(machine_.host(), result_);
    return result_;
  }
  cpu::RandomState random;  ///< seed and step of what is drawn in the program

 private:
  Model<M, Gpu> model_;
  device::Machine machine_;
  Result result_;
};

template <class... In, class F>
  requires(detail::is_gpu_tensor<In> && ... && (sizeof...(In) > 0))
GpuProgram<F, In...> compile(F) {
  return {};
}
template <class... In, class M>
  requires(sizeof...(In) > 0)
GpuModelProgram<M, In...> compile(const Model<M, Gpu>& model) {
  return GpuModelProgram<M, In...>(model);
}

/// A training step on a GPU: as TrainStep, with parameters, gradients and states there.
template <class M, class F, class Optimizer, class... In>
class GpuTrainStep {
  using T = type_of<detail::parameter_dtype<M>()>;
  static constexpr int count = static_cast<int>(sizeof(M) / sizeof(T)), states = Optimizer::states, scalars = Optimizer::scalars;
  static_assert(std::is_same_v<typename detail::EngineOf<M, Optimizer>::type, detail::BlockUpdate<M, Optimizer>>, "etch: train_step: on a GPU the optimizer must be one pass over the parameters; this one runs on the CPU only");
  using OnCpu = TrainStep<M, F, Optimizer, typename In::host...>;
  using Update = Compiled<detail::UpdateSpec<Optimizer, T, count>>;

 public:
  using Gradient = typename OnCpu::Gradient;
  static constexpr std::int64_t arena_bytes = OnCpu::arena_bytes;

  GpuTrainStep(Model<M, Gpu> model, Optimizer optimizer, std::uint64_t seed = 0)
      : model_(model),
        optimizer_(optimizer),
        gradient_machine_(device::Code<Gradient>::view()),
        update_machine_(device::Code<Update>::view()),
        gradient_(sizeof(M), "gradients"),
        loss_(sizeof(T), "a loss"),
        beside_(detail::buffer_bytes<M>(), "the buffers of a model"),
        random_{seed, 0} {
    optimizer_.check();
    for (int i = 0; i < states; ++i) state_[i] = device::Block(sizeof(M), "the state of an optimizer");
  }

  /// One step on one batch; the loss before the update. Waits for it.
  T operator()(const In&... x) {
    launch(x...);
    return loss();
  }
  /// The same without waiting for anything.
  void launch(const In&... x) {
    Bindings in;
    in.bind(model_.data());
    (in.bind(x.data(), x.sizes()), ...);
    void* out[] = {loss_.data(), gradient_.data()};
    gradient_machine_.run(in, out, &random_);
    ++random_.step;
    update();
  }
  /// The loss of the last step.
  T loss() {
    gradient_machine_.settle();
    T value{};
    device::copy_out(&value, loss_.data(), sizeof value);
    return value;
  }
  Optimizer& optimizer() { return optimizer_; }
  const Model<M, Gpu>& model() const { return model_; }
  /// The gradient of the last step as a model on the CPU.
  Model<M> gradient() const { return Model<M, Gpu>(gradient_).cpu(); }
  /// The optimizer's state `i`, likewise.
  Model<M> state(int i) const { return Model<M, Gpu>(state_[i]).cpu(); }
  std::int64_t steps() const { return steps_; }

 private:
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
    copy_buffers(false);
    update_machine_.run(in, out);
    copy_buffers(true);
  }
  /// The optimizer must not touch them.
  void copy_buffers(bool back) {
    std::size_t at = 0;
    for (int i = 0; i < layout<M>.tensors; ++i) {
      const TensorInfo& t = layout<M>.tensor[i];
      if (t.role != Role::buffer) continue;
      const std::size_t bytes = static_cast<std::size_t>(t.count) * size_of(t.dtype);
      char* const there = static_cast<char*>(model_.data()) + t.offset;
      device::copy_across(back ? there : beside_.data() + at, back ? beside_.data() + at : there, bytes);
      at += bytes;
    }
  }

  Model<M, Gpu> model_;
  Optimizer optimizer_;
  device::Machine gradient_machine_, update_machine_;
  device::Block gradient_, loss_, beside_;
  device::Block state_[states > 0 ? states : 1];
  cpu::RandomState random_;
  std::int64_t steps_ = 0;
};

template <class... In, class M, class F, class Optimizer>
  requires(sizeof...(In) > 0)
GpuTrainStep<M, F, Optimizer, In...> train_step(const Model<M, Gpu>& model, F, Optimizer optimizer) {
  return {model, optimizer};
}
template <class M, class F, class Optimizer, class X, class... In>
GpuTrainStep<M, F, Optimizer, X, In...> train_step(const Model<M, Gpu>& model, F, Optimizer optimizer, const X&, const In&...) {
  return {model, optimizer};
}

}  // namespace ETCH_ABI
}  // namespace etch

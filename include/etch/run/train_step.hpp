// Forward, loss, backward and the optimizer as one compiled program: no allocation a step.
//
//   loss, gradients = program(parameters, inputs)        one plan
//   parameters, states = optimizer(parameters, gradients, states, scalars)   one pointwise pass over the block
#pragma once

#include <etch/run/update.hpp>

namespace etch {
inline namespace ETCH_ABI {
namespace detail {

/// Loss and gradient: input slot 0 is the block, then the inputs, then what the gradient is scaled by, if it is; output 0 the loss,
/// output 1 the gradient block.
template <bool Scales, class M, class F, class... In>
struct ScaledGradientSpec {
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
    if constexpr (requires { F{}(prototype<M>, held<I>(in)...); }) differentiate(b, bound, F{}(prototype<M>, held<I>(in)...));  // a mistake in F is told once
#if defined(__clang__)
#pragma clang diagnostic pop
#endif
  }
  template <class Loss>
  static constexpr void differentiate(Builder& b, const BoundModule<M>& bound, const Loss& loss) {
    if constexpr (is_tracer_v<Loss> && Loss::rank == 0) {  // TrainStep says so otherwise
      int wrt[BoundModule<M>::capacity]{}, gradient[BoundModule<M>::capacity]{};
      int count = 0;
      for (int i = 0; i < bound.inputs; ++i)
        if (bound.input[i].role == Role::parameter) wrt[count++] = bound.input[i].node;
      const int seed = Scales ? b.input(b.add_slot(SlotKind::scalar, b.dtype(loss.id), Shape{}), 0, b.dtype(loss.id), Shape{}) : b.constant(1, b.dtype(loss.id));
      reverse(b, loss.id, seed, wrt, count, gradient);
      b.output(loss.id, 0);
      count = 0;
      for (int i = 0; i < bound.inputs; ++i)
        if (bound.input[i].role == Role::parameter) b.output(gradient[count++], 1, static_cast<std::int64_t>(bound.input[i].offset));
    }
  }
};

template <class M, class F, class... In>
using GradientSpec = ScaledGradientSpec<false, M, F, In...>;

/// a + b of as many numbers as a gradient has.
template <class T, int N>
struct GradientSum {
  static constexpr int capacity = 16;
  static constexpr void trace(Builder& b) {
    const Shape s{1, {N}};
    auto read = [&] { return b.input(b.add_slot(SlotKind::tensor, dtype_of<T>, s), 0, dtype_of<T>, s); };
    const int x = read(), y = read();
    b.output(b.map(Op::add, dtype_of<T>, x, y), 0);
  }
};

}  // namespace detail

/// A training step bound to a model and an optimizer, where the model and the inputs are. Not for concurrent use.
template <class M, class F, class Optimizer, class... In>
class TrainStep {
  static_assert(std::is_empty_v<F>, "etch: train_step: the loss function must have no captures; pass values as arguments");
  static_assert(decltype(F{}(std::declval<M&>(), typename In::tracer{}...))::rank == 0, "etch: train_step: the loss must be one number; reduce it with mean or sum");
  static_assert(detail::one_dtype<M>(), "etch: train_step: all parameters must have one dtype");
  using T = type_of<detail::parameter_dtype<M>()>;
  using Place = detail::inputs_place<In...>;
  using Handle = Model<M, typename Place::Device>;
  static constexpr bool here = Place::place == on_cpu;

 public:
  using value_type = T;
  static constexpr bool scales = requires(Optimizer& o) { o.scaler.get_scale(); };
  using Gradient = Compiled<detail::ScaledGradientSpec<scales, M, F, typename Place::template traced<In>...>>;
  using Engine = typename detail::EngineOf<M, Optimizer, Place>::type;
  /// Memory for intermediate values, known to `static_assert`.
  static constexpr std::int64_t arena_bytes = Gradient::arena_bytes + Engine::arena_bytes;

  ETCH_COLD TrainStep(Handle model, Optimizer optimizer, std::uint64_t seed = 0)
      : model_(model),
        optimizer_(optimizer),
        gradient_machine_(Place::template gradient_view<Gradient, Engine>()),
        engine_(optimizer_, Place::parameters(model_)),
        gradient_(Place::allocate(sizeof(M), "gradients")),
        loss_(Place::allocate(sizeof(T), "a loss")),
        random_{seed, 0} {
    optimizer_.check();
    Place::template join<Gradient>(gradient_machine_, engine_);
  }

  /// One step on one batch; the loss before the update.
  T operator()(const In&... x) {
    if constexpr (requires { Engine::closure; }) {
      ++steps_;
      return engine_.template minimize<T>(optimizer_, model_.data(), gradient_.data(), [&] { return backward(x...); });
    } else {
      launch(x...);
      return loss();
    }
  }
  /// One step without its loss: on a GPU nothing waits for it.
  void launch(const In&... x) {
    if constexpr (requires { gradient_machine_.hold(); }) gradient_machine_.hold();  // where both are one launch
    run(gradient_, x...);
    update();
  }
  /// The loss of the last batch. On a GPU it waits for it.
  T loss() {
    Place::settle(gradient_machine_);
    T value{};
    Place::read(&value, loss_.data(), sizeof value);
    return value;
  }
  /// The loss of the last batch, as it is now: on a GPU `get()` waits for it alone, and not for what is launched after this call. What kernels find
  /// wrong is thrown by the next `loss()`.
  ///   step.launch(a, b);  const auto first = step.loss_later();  step.launch(c, d);  first.get()
  typename Place::template Later<T> loss_later() { return {loss_.data(), "a loss"}; }
  /// The loss of a batch and its gradient, which stays in `gradient()` until the next call.
  T backward(const In&... x) {
    run(gradient_, x...);
    return loss();
  }
  /// The same, but its gradient is added to the one there is: `zero_grad(); accumulate(a); accumulate(b); update();`.
  T accumulate(const In&... x) {
    if (!part_) part_ = Place::allocate(sizeof(M), "gradients");
    run(part_, x...);
    if constexpr (here) {
      T* const all = static_cast<T*>(gradient_.data());
      const T* const part = static_cast<const T*>(part_.data());
      for (std::size_t i = 0; i < sizeof(M) / sizeof(T); ++i) all[i] += part[i];
    } else {
      Bindings in;
      in.bind(gradient_.data());
      in.bind(part_.data());
      void* out[] = {gradient_.data()};
      detail::machine_of<detail::GradientSum<T, static_cast<int>(sizeof(M) / sizeof(T))>, Place>().run(in, out);
    }
    return loss();
  }
  void zero_grad() { Place::zero(gradient_.data(), sizeof(M)); }
  /// The optimizer's step with the gradient there is.
  void update() {
    static_assert(!requires { Engine::closure; }, "etch: train_step: this optimizer evaluates the loss itself; call the step");
    engine_(optimizer_, ++steps_, model_.data(), gradient_.data());
  }

  /// The optimizer, to change its learning rate or any other number: nothing is compiled again.
  Optimizer& optimizer() { return optimizer_; }
  const Handle& model() const { return model_; }
  /// The gradient of the last step, as another object of the model's type; on a GPU as a copy here.
  decltype(auto) gradient() const {
    if constexpr (here) return *static_cast<const M*>(gradient_.data());
    else return Handle(gradient_).cpu();
  }
  decltype(auto) gradient() {
    if constexpr (here) return *static_cast<M*>(gradient_.data());
    else return Handle(gradient_).cpu();
  }
  /// The optimizer's state `i` (momentum, second moment, ...), likewise.
  decltype(auto) state(int i) {
    if constexpr (here) return *static_cast<M*>(engine_.state(i));
    else return Handle(engine_.memory(i)).cpu();
  }
  Engine& engine() { return engine_; }
  std::int64_t steps() const { return steps_; }
  /// Continues from a saved run.
  void set_steps(std::int64_t n) {
    steps_ = n;
    random_.step = static_cast<std::uint64_t>(n);
  }

 private:
  void run(typename Place::Memory& gradient, const In&... x) {
    Bindings in;
    in.bind(model_.data());
    (in.bind(x.data(), x.sizes()), ...);
    [[maybe_unused]] T scale{};
    if constexpr (scales) in.bind(&(scale = static_cast<T>(optimizer_.scaler.get_scale())));
    void* out[] = {loss_.data(), gradient.data()};
    gradient_machine_.run(in, out, &random_);
    ++random_.step;
  }

  Handle model_;
  Optimizer optimizer_;
  typename Place::Machine gradient_machine_;
  Engine engine_;
  typename Place::Memory gradient_, part_, loss_;  // the gradient, one that is added to it, the loss
  cpu::RandomState random_;
  std::int64_t steps_ = 0;
};

/// `train_step<In...>(model, loss, optimizer)`: loss is a captureless `(auto& model, auto x...)` that returns a number.
template <class... In, class M, class Device, class F, class Optimizer>
  requires(sizeof...(In) > 0)
TrainStep<M, F, Optimizer, In...> train_step(const Model<M, Device>& model, F, Optimizer optimizer) {
  static_assert(std::is_same_v<Device, typename detail::inputs_place<In...>::Device>, "etch: device: operands must be on one device; x.to(gpu) and x.to(Cpu{}) copy");
  return {model, optimizer};
}
/// The same with the types taken from example inputs.
template <class M, class Device, class F, class Optimizer, class X, class... In>
TrainStep<M, F, Optimizer, X, In...> train_step(const Model<M, Device>& model, F f, Optimizer optimizer, const X&, const In&...) {
  return train_step<X, In...>(model, f, optimizer);
}
template <class... In, class F, class Optimizer, class... X>
constexpr Poison train_step(Poison, F, Optimizer, const X&...) { return {}; }

}  // namespace ETCH_ABI
}  // namespace etch

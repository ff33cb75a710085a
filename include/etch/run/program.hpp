// A compiled function or model: made once, called often, allocating nothing.
#pragma once

#include <etch/model/make.hpp>
#include <etch/run/several.hpp>

namespace etch {
inline namespace ETCH_ABI {

namespace detail {

/// A new input of X's shape.
template <class X>
constexpr auto input_tracer(Builder& b) {
  return decltype(std::declval<X>().leaf())::trace(b);
}

/// A function of inputs of these types.
template <class F, class... In>
struct FunctionSpec {
  static constexpr int capacity = 2048;
  static constexpr void trace(Builder& b) {
    Pack<typename In::tracer...> in{{{input_tracer<In>(b)}...}};
    trace(b, in, std::index_sequence_for<In...>{});
  }
  template <class P, std::size_t... I>
  static constexpr void trace(Builder& b, const P& in, std::index_sequence<I...>) {
    trace_results(b, F{}, held<I>(in)...);
  }
};
/// A model of inputs of these types, in eval mode.
template <class M, class... In>
struct ModelSpec {
  static constexpr int capacity = capacity_for<M>();
  static constexpr void trace(Builder& b) {
    const auto m = ModelLeaf<M>::trace(b);
    Pack<typename In::tracer...> in{{{input_tracer<In>(b)}...}};
    trace(b, m, in, std::index_sequence_for<In...>{});
  }
  template <class P, std::size_t... I>
  static constexpr void trace(Builder& b, ModelTracer<M> m, const P& in, std::index_sequence<I...>) {
    trace_results(b, call_model_fn<M>{}, m, held<I>(in)...);
  }
};

/// The same of a model that stays as it is.
template <class M, class... In>
struct FrozenSpec : ModelSpec<M, In...> {
  static constexpr void trace(Builder& b) {
    ModelSpec<M, In...>::trace(b);
    b.set_constant(0);
  }
};

/// A program with its results, where its inputs are.
template <class Spec, class Results, class Place>
class ProgramBase {
 public:
  using Result = typename Place::template result<Results>;
  using Code = Compiled<Spec>;
  static constexpr std::int64_t arena_bytes = Code::arena_bytes;
  cpu::RandomState random;  ///< seed and step of what is drawn in the program

  ETCH_COLD ProgramBase() : machine_(Place::template view<Code>()) {}

 protected:
  /// On tensors at these addresses, the model's first; null where they, or the results, are others than in the last run, or it cannot be known.
  template <class... P>
  ETCH_INLINE const Result* again(const P*... in) {
    if constexpr (std::is_same_v<typename Place::Machine, cpu::Machine>) {
      int i = 0, k = 0;
      bool same = machine_.repeats() && (machine_.has_input(i++, in) && ...);
      for_each_value(result_, [&](auto& v) { same = same && machine_.has_result(k++, v.data()); });
      if (__builtin_expect(same, 1)) {
        machine_.repeat();
        ++random.step;
        return &result_;
      }
    }
    return nullptr;
  }
  /// On any.
  template <class... X>
  ETCH_NOINLINE const Result& run(const void* model, const X&... x) {
    Bindings in;
    if (model != nullptr) in.bind(model);
    (in.bind(x.data(), x.sizes()), ...);
    void* out[max_results];
    collect_results(result_, out);
    machine_.run(in, out, &random);
    ++random.step;
    resize_results<Code>(Place::sizes(machine_), result_);
    return result_;
  }

 private:
  typename Place::Machine machine_;
  Result result_;
};
/// In place of one after a mistake.
struct NoProgram {};
template <class Place, class F, class... In>
using FunctionProgram = std::conditional_t<std::is_empty_v<F>, ProgramBase<FunctionSpec<F, typename Place::template traced<In>...>, results_of<decltype(std::declval<F>()(typename In::tracer{}...))>, Place>, NoProgram>;
template <template <class, class...> class Spec, class Place, class M, class... In>
using ModuleProgram = ProgramBase<Spec<M, typename Place::template traced<In>...>, results_of<decltype(call_model_fn<M>{}(ModelTracer<M>{}, typename In::tracer{}...))>, Place>;

}  // namespace detail

/// A function of tensors as a program; `F` is captureless.
template <class F, class... In>
class Program : public detail::FunctionProgram<detail::inputs_place<In...>, F, In...> {
  static_assert(std::is_empty_v<F>, "etch: compile: a traced function must have no captures; pass values as arguments");

 public:
  /// The result is the program's own tensor: it stays until the next call. On a GPU nothing waits for it.
  const auto& operator()(const In&... x) {
    if (const auto* y = this->again(x.data()...)) return *y;
    return this->run(nullptr, x...);
  }
};

namespace detail {

/// A model with its program.
template <template <class, class...> class Spec, class M, class... In>
class BoundProgram : public ModuleProgram<Spec, inputs_place<In...>, M, In...> {
  using Handle = Model<M, typename inputs_place<In...>::Device>;

 public:
  explicit BoundProgram(Handle model) : model_(model) {}
  const auto& operator()(const In&... x) {
    if (const auto* y = this->again(model_.data(), x.data()...)) return *y;
    return this->run(model_.data(), x...);
  }

 private:
  Handle model_;
};

}  // namespace detail

/// A model as a program over inputs of these types, in eval mode.
template <class M, class... In>
class ModelProgram : public detail::BoundProgram<detail::ModelSpec, M, In...> {
 public:
  using detail::BoundProgram<detail::ModelSpec, M, In...>::BoundProgram;
};
/// The same of a frozen model, whose program keeps its weights in the order that its products want.
template <class M, class... In>
class FrozenProgram : public detail::BoundProgram<detail::FrozenSpec, M, In...> {
 public:
  using detail::BoundProgram<detail::FrozenSpec, M, In...>::BoundProgram;
};

/// A model as it is when it is frozen, for programs that answer: its parameters are a copy that nothing changes.
template <class M>
class FrozenModel {
 public:
  explicit FrozenModel(const Model<M>& model) : model_(model.clone()) {}
  const Model<M>& model() const { return model_; }

 private:
  Model<M> model_;
};
/// `compile<In...>(freeze(model))`: a program that lays out weights once, when it first runs; PyTorch's torch.jit.freeze.
template <class M>
FrozenModel<M> freeze(const Model<M>& model) {
  return FrozenModel<M>(model);
}

/// `compile<In...>(f)`: a captureless function over tensors of these types as a program.
template <class... In, class F>
Program<F, In...> compile(F) {
  return Program<F, In...>{};
}
/// `compile(f, x...)`: the same with the types taken from example inputs.
template <class F, class X, class... In>
Program<F, X, In...> compile(F, const X&, const In&...) {
  return Program<F, X, In...>{};
}
/// `compile<In...>(model)`: a model over tensors of these types as a program, in eval mode.
template <class... In, class M, class Device>
ModelProgram<M, In...> compile(const Model<M, Device>& model) {
  static_assert(std::is_same_v<Device, typename detail::inputs_place<In...>::Device>, "etch: device: operands must be on one device; x.to(gpu) and x.to(Cpu{}) copy");
  return ModelProgram<M, In...>(model);
}
/// `compile<In...>(freeze(model))`: the same of a frozen model.
template <class... In, class M>
FrozenProgram<M, In...> compile(const FrozenModel<M>& model) {
  return FrozenProgram<M, In...>(model.model());
}
/// `compile(model, x...)`: the same with the types taken from example inputs.
template <class M, class Device, class X, class... In>
ModelProgram<M, X, In...> compile(const Model<M, Device>& model, const X&, const In&...) {
  return compile<X, In...>(model);
}

}  // namespace ETCH_ABI
}  // namespace etch

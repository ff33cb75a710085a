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

}  // namespace detail

/// A function of tensors as a program; `F` is captureless.
template <class F, class... In>
class Program {
  static_assert(std::is_empty_v<F>, "etch: compile: a traced function must have no captures; pass values as arguments");
  struct Spec {
    static constexpr int capacity = 2048;
    static constexpr void trace(detail::Builder& b) {
      Pack<typename In::tracer...> in{{{detail::input_tracer<In>(b)}...}};
      trace(b, in, std::index_sequence_for<In...>{});
    }
    template <class P, std::size_t... I>
    static constexpr void trace(detail::Builder& b, const P& in, std::index_sequence<I...>) {
      detail::trace_results(b, F{}, detail::held<I>(in)...);
    }
  };

 public:
  using Result = detail::results_of<decltype(F{}(typename In::tracer{}...))>;
  using Code = Compiled<Spec>;
  static constexpr std::int64_t arena_bytes = Code::arena_bytes;

  Program() : machine_(Code::view()) {}
  /// The result is the program's own tensor: it stays until the next call.
  const Result& operator()(const In&... x) {
    Bindings in;
    (in.bind(x.data(), x.sizes()), ...);
    void* out[detail::max_results]{};
    detail::collect_results(result_, out);
    machine_.run(in, out, &random);
    ++random.step;
    detail::resize_results<Code>(machine_, result_);
    return result_;
  }
  cpu::RandomState random;  ///< seed and step of what is drawn in the program

 private:
  cpu::Machine machine_;
  Result result_;
};

/// A model as a program over inputs of these types, in eval mode.
template <class M, class... In>
class ModelProgram {
  struct Spec {
    static constexpr int capacity = detail::capacity_for<M>();
    static constexpr void trace(detail::Builder& b) {
      const auto m = detail::ModelLeaf<M>::trace(b);
      Pack<typename In::tracer...> in{{{detail::input_tracer<In>(b)}...}};
      trace(b, m, in, std::index_sequence_for<In...>{});
    }
    template <class P, std::size_t... I>
    static constexpr void trace(detail::Builder& b, detail::ModelTracer<M> m, const P& in, std::index_sequence<I...>) {
      detail::trace_results(b, detail::call_model_fn<M>{}, m, detail::held<I>(in)...);
    }
  };

 public:
  using Result = detail::results_of<decltype(detail::call_model_fn<M>{}(detail::ModelTracer<M>{}, typename In::tracer{}...))>;
  using Code = Compiled<Spec>;
  static constexpr std::int64_t arena_bytes = Code::arena_bytes;

  explicit ModelProgram(Model<M> model) : model_(model), machine_(Code::view()) {}
  const Result& operator()(const In&... x) {
    Bindings in;
    in.bind(model_.data());
    (in.bind(x.data(), x.sizes()), ...);
    void* out[detail::max_results]{};
    detail::collect_results(result_, out);
    machine_.run(in, out, &random);
    ++random.step;
    detail::resize_results<Code>(machine_, result_);
    return result_;
  }
  cpu::RandomState random;  ///< seed and step of what is drawn in the program

 private:
  Model<M> model_;
  cpu::Machine machine_;
  Result result_;
};

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
template <class... In, class M>
ModelProgram<M, In...> compile(const Model<M>& model) {
  return ModelProgram<M, In...>(model);
}
/// `compile(model, x...)`: the same with the types taken from example inputs.
template <class M, class X, class... In>
ModelProgram<M, X, In...> compile(const Model<M>& model, const X&, const In&...) {
  return ModelProgram<M, X, In...>(model);
}

}  // namespace ETCH_ABI
}  // namespace etch

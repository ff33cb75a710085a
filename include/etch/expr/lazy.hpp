// A lazy expression: a type that says what to compute, and handles of the tensors to compute it from.
//
//   relu(matmul(x, w) + b)  ->  Lazy<relu, Lazy<add, Lazy<matmul, Leaf, Leaf>, Leaf>>
//
// Every operation, from `+` to a whole model, is one functor on tracers; `apply` calls it at once when it is given
// tracers, and otherwise remembers it. So operations are written once, and the type grows by one node a call.
#pragma once

#include <etch/expr/tracer.hpp>

#include <utility>

namespace etch {
inline namespace ETCH_ABI {

namespace detail {

/// Arguments by position, without std::tuple.
template <std::size_t I, class A>
struct Held {
  A value;
};
template <class I, class... A>
struct HeldPack;
template <std::size_t... I, class... A>
struct HeldPack<std::index_sequence<I...>, A...> : Held<I, A>... {};
template <std::size_t I, class A>
constexpr const A& held(const Held<I, A>& h) {
  return h.value;
}
template <std::size_t I, class A>
constexpr A& held(Held<I, A>& h) {
  return h.value;
}

}  // namespace detail

/// Arguments of one call.
template <class... A>
struct Pack : detail::HeldPack<std::index_sequence_for<A...>, A...> {
  static constexpr int size = sizeof...(A);
};

/// What a program's inputs are bound to at run time, in the order in which tracing met them.
struct Bindings {
  // Only the first `count` of each are set.
  void* data[detail::max_slots];
  const int* sizes[detail::max_slots];  ///< actual sizes where a dim is bounded, else null
  void* gradient[detail::max_slots];    ///< where a variable collects its gradient, else null
  int count = 0;
  void bind(const void* p, const int* s = nullptr) {
    data[count] = const_cast<void*>(p);
    gradient[count] = nullptr;
    sizes[count++] = s;
  }
};

/// Where operands live, as bits: numbers anywhere, tensors on the CPU, and what <etch/cuda.hpp> brings on a GPU.
inline constexpr int on_cpu = 1, on_gpu = 2;

/// The most operations one expression may hold; deeper code belongs in a function, where sharing is exact.
inline constexpr int max_lazy_nodes = 64;

namespace detail {
/// Nodes that an operation may add beyond an ordinary one's: a derivative's.
template <class F>
constexpr int extra_nodes() {
  if constexpr (requires { F::extra_nodes; }) return F::extra_nodes;
  else return 0;
}
}  // namespace detail

namespace detail {
/// The places of a leaf or an expression; what does not say is on the CPU.
template <class A>
constexpr int places() {
  if constexpr (requires { A::places; }) return A::places;
  else return on_cpu;
}
}  // namespace detail

/// F applied to arguments later. `trace` adds its nodes to a builder; `bind` lists the memory they read.
template <class F, class Args, class T, auto... D>
class Lazy;
template <class F, class... A, class T, auto... D>
class Lazy<F, Pack<A...>, T, D...> {
 public:
  using value_type = T;
  using tracer = Tracer<T, D...>;
  static constexpr int rank = sizeof...(D);
  static constexpr int nodes = (1 + ... + A::nodes);
  static constexpr int places = (0 | ... | detail::places<A>());
  static constexpr int extra_nodes = (detail::extra_nodes<F>() + ... + detail::extra_nodes<A>());
  static constexpr Dims dims(int source = 0) { return dims_of<D...>(source); }

  Pack<A...> arguments;

  constexpr explicit Lazy(Pack<A...> a) : arguments(static_cast<Pack<A...>&&>(a)) {}
  constexpr Lazy(const Lazy&) = default;
  constexpr Lazy(Lazy&&) = default;
  /// Writes through a view, `t(x) = y` or `x(every, 1) = 0`: the value, broadcast to the view's shape, is computed first.
  template <class E>
  Lazy& operator=(const E& e);  // run/write.hpp
  Lazy& operator=(const Lazy& e);

  /// Traces with every leaf a new input, in order.
  static constexpr tracer trace(detail::Builder& b) { return trace_in_order(b, std::index_sequence_for<A...>{}); }
  /// Traces with the leaves this object holds: parameters, by address.
  constexpr tracer lower(detail::Builder& b) const { return lower_in_order(b, std::index_sequence_for<A...>{}); }
  void bind(Bindings& to) const { bind_in_order(to, std::index_sequence_for<A...>{}); }
  /// The value of a single number; evaluates the expression.
  T item() const;

 private:
  template <std::size_t... I>
  static constexpr tracer trace_in_order(detail::Builder& b, std::index_sequence<I...>) {
    Pack<typename A::tracer...> in{{{A::trace(b)}...}};  // braces: left to right
    return F{}(detail::held<I>(in)...);
  }
  template <std::size_t... I>
  constexpr tracer lower_in_order(detail::Builder& b, std::index_sequence<I...>) const {
    Pack<typename A::tracer...> in{{{detail::held<I>(arguments).lower(b)}...}};
    return F{}(detail::held<I>(in)...);
  }
  template <std::size_t... I>
  void bind_in_order(Bindings& to, std::index_sequence<I...>) const {
    (detail::held<I>(arguments).bind(to), ...);
  }
};

template <class... X>
struct Values;

namespace detail {
template <class F, class Args, class R>
struct lazy_of;
/// Result I of F.
template <class F, std::size_t I>
struct result_fn {
  static constexpr int extra_nodes = detail::extra_nodes<F>();
  template <class... X>
  constexpr auto operator()(X... x) const {
    return F{}(x...).template get<I>();
  }
};
template <class F, class Args, class T, auto... D>
struct lazy_of<F, Args, Tracer<T, D...>> {
  using type = Lazy<F, Args, T, D...>;
};
template <class F, class Args>
struct lazy_of<F, Args, Poison> {
  using type = Poison;
};
}  // namespace detail

/// A number given at run time to a lazy expression: a rank-0 input.
template <class S>
struct ScalarLeaf {
  using tracer = WeakTracer<S>;
  static constexpr int nodes = 0, places = 0;
  S value;
  static constexpr tracer trace(detail::Builder& b) {
    const int slot = b.add_slot(detail::SlotKind::scalar, dtype_of<S>, detail::Shape{});
    tracer t;
    t.builder = &b;
    t.id = b.input(slot, 0, dtype_of<S>, detail::Shape{});
    return t;
  }
  /// While tracing, a number is a constant.
  constexpr tracer lower(detail::Builder& b) const {
    tracer t;
    t.builder = &b;
    if constexpr (detail::is_complex_type<S>) t.id = b.pair(b.constant(static_cast<double>(value.re), real_dtype(dtype_of<S>)), b.constant(static_cast<double>(value.im), real_dtype(dtype_of<S>)));
    else if constexpr (std::is_same_v<S, std::int64_t>) t.id = b.integer(value, dtype_of<S>);
    else t.id = b.constant(static_cast<double>(value), dtype_of<S>);
    return t;
  }
  void bind(Bindings& to) const { to.bind(&value); }
};

/// How a type takes part in expressions; specialised or given by members `leaf()`.
namespace detail {
template <class A> inline constexpr bool is_number = std::is_arithmetic_v<A> || is_half<A> || is_complex_type<A>;
template <class S>
using scalar_type = std::conditional_t<std::is_same_v<S, bool> || std::is_same_v<S, double> || is_complex_type<S>, S, std::conditional_t<std::is_integral_v<S>, std::int64_t, float>>;

template <class A>
constexpr auto leaf(const A& a) {
  if constexpr (is_number<A>) {
    return ScalarLeaf<scalar_type<A>>{static_cast<scalar_type<A>>(a)};
  } else if constexpr (requires { a.arguments; }) {
    return a;
  } else {
    return a.leaf();
  }
}

template <class A>
constexpr auto lower(Builder* b, const A& a) {
  if constexpr (is_tracer_v<A>) {
    (void)b;
    return a;
  } else if constexpr (is_number<A>) {
    return ScalarLeaf<scalar_type<A>>{static_cast<scalar_type<A>>(a)}.lower(*b);
  } else if constexpr (requires { a.arguments; }) {
    return a.lower(*b);
  } else if constexpr (requires { decltype(a.leaf())::lower(*b); }) {
    return decltype(a.leaf())::lower(*b);  // a tensor is not read: it is a mistake here, and told once
  } else {
    return a.leaf().lower(*b);
  }
}

constexpr Builder* builder_of() { return nullptr; }
template <class A, class... R>
constexpr Builder* builder_of(const A& a, const R&... rest) {
  if constexpr (is_tracer_v<A>) {
    return a.builder;
  } else {
    return builder_of(rest...);
  }
}
}  // namespace detail

/// What operations accept beside numbers: tracers, tensors, parameters, lazy expressions. Enumerators, which every `==` asks
/// about, are dismissed first.
template <class A>
concept Operand = __is_class(A) && (detail::is_tracer_v<A> || __is_same(A, Poison) || requires(const A& a) { a.arguments; } || requires(const A& a) { a.leaf(); });
template <class A>
concept OperandOrNumber = Operand<A> || (!__is_enum(A) && detail::is_number<A>);

/// Several results: an expression for each.
template <class F, class... R, class... A>
constexpr auto each_result(const Values<R...>*, const A&... a);

/// F on these arguments: now, if one of them is a tracer; when it is assigned, if not.
template <class F, class... A>
constexpr auto apply(const A&... a) {
  if constexpr ((std::is_same_v<A, Poison> || ...)) {
    return Poison{};
  } else if constexpr ((detail::is_tracer_v<A> || ...)) {
    detail::Builder* b = detail::builder_of(a...);
    return F{}(detail::lower(b, a)...);
  } else {
    using Args = Pack<decltype(detail::leaf(a))...>;
    using R = decltype(F{}(typename decltype(detail::leaf(a))::tracer{}...));
    constexpr int nodes = (1 + ... + decltype(detail::leaf(a))::nodes);
    static_assert(nodes <= max_lazy_nodes, "etch: lazy: more than 64 operations in one expression; write it as a function");
    constexpr bool one_place = (0 | ... | detail::places<decltype(detail::leaf(a))>()) != (on_cpu | on_gpu);
    static_assert(one_place, "etch: device: operands must be on one device; x.to(gpu) and x.to(Cpu{}) copy");
    if constexpr (std::is_same_v<R, Poison> || nodes > max_lazy_nodes || !one_place) {
      return Poison{};
    } else if constexpr (requires(const R& r) { r.template get<0>(); } || requires(const R& r) { r.indices; }) {
      return each_result<F>(static_cast<const R*>(nullptr), a...);
    } else {
      return typename detail::lazy_of<F, Args, R>::type{Args{{{detail::leaf(a)}...}}};
    }
  }
}

}  // namespace ETCH_ABI
}  // namespace etch

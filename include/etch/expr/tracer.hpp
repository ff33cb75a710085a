// A node with its shape in its type: what functions and modules are called with while they are traced.
#pragma once

#include <etch/graph/value.hpp>

#include <type_traits>

namespace etch {
inline namespace ETCH_ABI {

namespace detail {
template <class X, class... I>
constexpr auto item_of(const X& x, const I&... i);  // expr/pick.hpp
}

/// A symbolic tensor: reading it computes nothing, operations on it add nodes to its builder.
template <class T, auto... D>
struct Tracer {
  detail::Builder* builder = nullptr;
  int id = -1;

  using value_type = T;
  static constexpr int rank = sizeof...(D);
  static constexpr Dims dims(int source = 0) { return dims_of<D...>(source); }
  /// Whether the program being traced trains: what Dropout and normalisation with running statistics ask.
  constexpr bool training() const { return builder->training; }
  /// A part, as of a tensor: `x(every, 1)`.
  template <class... I>
  constexpr auto operator()(const I&... i) const {
    return detail::item_of(*this, i...);
  }
};

/// A number known only at run time; like a literal, it takes the dtype of what it meets.
template <class T>
struct WeakTracer : Tracer<T> {};

/// The result of a mistake that was already reported; every operation on it is silent.
struct Poison {
  static constexpr int rank = 0;
  using value_type = float;
  template <class... X> constexpr Poison operator()(const X&...) const { return {}; }
  template <class Stream>
    requires requires(Stream& s) { s.flush(); }
  friend Stream& operator<<(Stream& out, const Poison&) { return out; }
};

namespace detail {
template <class T, auto... D>
constexpr Tracer<T, D...> tracer_base(const Tracer<T, D...>&);
template <class A>
constexpr bool is_tracer_v = requires(const A& a) { detail::tracer_base(a); };
template <class A>
using tracer_of = decltype(tracer_base(static_cast<const A&>(*static_cast<const A*>(nullptr))));
template <class>
inline constexpr bool is_weak = false;
template <class T>
inline constexpr bool is_weak<WeakTracer<T>> = true;

// The result type: named dims are looked up among the dims of all operands, in order.
template <class T, class Rule, class... A>
struct result;
template <class T, class Rule>
struct result<T, Rule> {
  using type = from_dims<Tracer, T, Rule>;
};
template <class T, class Rule, class A, auto... DA>
struct result<T, Rule, Tracer<A, DA...>> {
  using type = from_dims<Tracer, T, Rule, DA...>;
};
template <class T, class Rule, class A, auto... DA, class B, auto... DB>
struct result<T, Rule, Tracer<A, DA...>, Tracer<B, DB...>> {
  using type = from_dims<Tracer, T, Rule, DA..., DB...>;
};
template <class T, class Rule, class A, auto... DA, class B, auto... DB, class C, auto... DC>
struct result<T, Rule, Tracer<A, DA...>, Tracer<B, DB...>, Tracer<C, DC...>> {
  using type = from_dims<Tracer, T, Rule, DA..., DB..., DC...>;
};
template <class T, class Rule, class A, auto... DA, class B, auto... DB, class C, class D, class... More>
struct result<T, Rule, Tracer<A, DA...>, Tracer<B, DB...>, C, D, More...> : result<T, Rule, Tracer<A, DA..., DB...>, C, D, More...> {};
}  // namespace detail

/// The tracer of dtype T whose shape is `Rule::value`, named dims taken from the operands.
template <class T, class Rule, class... A>
using result_of = typename detail::result<T, Rule, detail::tracer_of<A>...>::type;

}  // namespace ETCH_ABI
}  // namespace etch

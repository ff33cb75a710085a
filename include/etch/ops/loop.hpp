// A function called once for each row, each time with what it returned before: one node of the graph, however many rows.
//
//   c[0] = init;   c[i+1], y[i] = f(c[i], x[i], constants...)
#pragma once

#include <etch/expr/values.hpp>
#include <etch/graph/builder.hpp>

namespace etch {
inline namespace ETCH_ABI {
namespace detail {

/// One row of X, and the type of all rows Y, as many as X has.
template <class X>
struct row_of {
  using type = X;
};
template <class T, auto N, auto... D>
struct row_of<Tracer<T, N, D...>> {
  using type = Tracer<T, D...>;
};
template <class Y, class X>
struct rows_of;
template <class T, auto... D, class U, auto N, auto... E>
struct rows_of<Tracer<T, D...>, Tracer<U, N, E...>> {
  using type = Tracer<T, N, D...>;
};
template <class... Y, class X>
struct rows_of<Values<Y...>, X> {
  using type = Values<typename rows_of<Y, X>::type...>;
};

/// What the operands of a scan are: so many carried, so many scanned, then constants.
struct LoopOperands {
  int carried = 1, stacked = 1;
  bool carries_several = false, stacks_several = false;  ///< f gets them as `several`
  bool reversed = false;
};

/// f as the body of a loop; X are the tracers of one iteration.
template <class F, LoopOperands O, class... X>
struct loop_body {
  static constexpr auto c = static_cast<std::size_t>(O.carried), s = static_cast<std::size_t>(O.stacked);
  template <std::size_t From, bool Several, std::size_t... I>
  static constexpr auto argument(const Pack<X...>& p, std::index_sequence<I...>) {
    if constexpr (Several) return several(held<From + I>(p)...);
    else return held<From>(p);
  }
  static constexpr auto carry(const Pack<X...>& p) { return argument<0, O.carries_several>(p, std::make_index_sequence<c>{}); }
  template <std::size_t... K>
  static constexpr auto call(const Pack<X...>& p, std::index_sequence<K...>) {
    return F{}(carry(p), argument<c, O.stacks_several>(p, std::make_index_sequence<s>{}), held<c + s + K>(p)...);
  }
  static constexpr auto call(const Pack<X...>& p) { return call(p, std::make_index_sequence<sizeof...(X) - c - s>{}); }
  static constexpr void trace(Builder& b, const int* in, int* out) {
    int i = 0, n = 0;
    const Pack<X...> p{{{X{&b, in[i++]}}...}};
    const auto result = call(p);
    for_each_value(result, [&](const auto& v) { out[n++] = v.id; });
  }
};

/// Carries what a scan's function is given and what it returns.
template <class In, class Out>
struct loop_carry {
  static constexpr bool same = std::is_same_v<In, Out>;
};

template <class>
inline constexpr bool is_pair_of_values = false;
template <class A, class B>
inline constexpr bool is_pair_of_values<Values<A, B>> = true;

template <class F, LoopOperands O>
struct loop_fn {
  template <class... X>
  constexpr auto operator()(X... x) const {
    return checked(std::index_sequence_for<X...>{}, tracer_of<X>{x.builder, x.id}...);
  }

 private:
  static constexpr bool is_stacked_operand(std::size_t i) { return static_cast<int>(i) >= O.carried && static_cast<int>(i) < O.carried + O.stacked; }
  template <std::size_t I, class X>
  using in_body = typename std::conditional_t<is_stacked_operand(I), row_of<X>, std::type_identity<X>>::type;
  /// Rows of all that is scanned; 0 where they differ or are not known.
  template <class... X>
  static constexpr int rows() {
    const Dims d[] = {X::dims(0)...};
    const int n = d[O.carried].rank > 0 ? d[O.carried][0].size : 0;
    for (int i = O.carried; i < O.carried + O.stacked; ++i)
      if (d[i].rank == 0 || d[i][0].bounded || d[i][0].size != n) return 0;
    return n;
  }
  template <std::size_t... I, class... X>
  static constexpr auto checked(std::index_sequence<I...>, X... x) {
    constexpr bool axis = rows<X...>() > 0, real = !(is_complex_type<typename X::value_type> || ...);
    if constexpr (!axis || !real) {
      static_assert(axis, "etch: scan: all that is scanned must have the same first axis, of a known size above 0");
      static_assert(real, "etch: scan: values must be real");
      return Poison{};
    } else {
      using Body = loop_body<F, O, in_body<I, X>...>;
      using Row = Pack<in_body<I, X>...>;
      using Result = decltype(Body::call(Row{}));
      constexpr bool two = is_pair_of_values<Result>;
      if constexpr (!two) {
        static_assert(two, "etch: scan: the function must return several(carry, y)");
        return Poison{};
      } else {
        using Out = decltype(held<0>(Result{}.value));
        using Keeps = loop_carry<decltype(Body::carry(Row{})), std::remove_cvref_t<Out>>;
        static_assert(Keeps::same, "etch: scan: what is carried must keep its shape and dtype");
        if constexpr (!Keeps::same) return Poison{};
        else return loop<Body, Result, rows<X...>(), first_scanned<X...>>(x...);
      }
    }
  }
  template <class Body, class Result, int N, class Like, class... X>
  static constexpr auto loop(X... x) {
    Builder& b = *builder_of(x...);
    using Carry = std::remove_cvref_t<decltype(held<0>(Result{}.value))>;
    using Row = std::remove_cvref_t<decltype(held<1>(Result{}.value))>;
    Values<Carry, typename rows_of<Row, Like>::type> result;
    Loop l{};
    l.body = &Body::trace;
    l.of = -1;
    l.iterations = N;
    l.carried = O.carried;
    l.stacked = O.stacked;
    l.constants = static_cast<int>(sizeof...(X)) - O.carried - O.stacked;
    for_each_value(held<1>(result.value), [&](auto&) { ++l.rows; });
    l.stream = b.streams++;
    l.reversed = O.reversed;
    l.training = b.training;
    l.autocast = b.autocast;
    l.saves = -1;
    const int operand[] = {x.id...};
    int node = -1, which = 0;
    for_each_value(result, [&]<class Y>(Y& y) {
      const Shape s = b.shape_of(Y::dims(0));
      const DType d = dtype_of<typename Y::value_type>;
      y.builder = &b;
      y.id = which == 0 ? node = b.add_loop(l, operand, d, s) : b.result(node, which, d, s);
      ++which;
    });
    return result;
  }
  template <class... X>
  using first_scanned = std::remove_cvref_t<decltype(held<static_cast<std::size_t>(O.carried)>(Pack<X...>{}))>;
};

/// A value alone, or `several`, as operands one after another: f(operands...).
template <class X, class F>
constexpr auto spread(const X& x, const F& f) {
  return f(x);
}
template <class... X, class F>
constexpr auto spread(const Values<X...>& v, const F& f) {
  return [&]<std::size_t... I>(std::index_sequence<I...>) { return f(held<I>(v.value)...); }(std::index_sequence_for<X...>{});
}
template <class X>
inline constexpr int value_count = 1;
template <class... X>
inline constexpr int value_count<Values<X...>> = sizeof...(X);

}  // namespace detail
}  // namespace ETCH_ABI
}  // namespace etch

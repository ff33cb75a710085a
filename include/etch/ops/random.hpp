// Random numbers inside a traced function: counter-based, computed in the fused kernel and again in the backward pass.
//
//   value = Philox(seed, step, stream, element index): the same bits on any number of threads, and never stored
#pragma once

#include <etch/core/error.hpp>
#include <etch/ops/create.hpp>
#include <etch/ops/declare.hpp>

namespace etch {
inline namespace ETCH_ABI {

namespace detail {
/// The random state of a program: two numbers it is given at each call.
constexpr void bind_random(Builder& b) {
  if (b.seed >= 0) return;
  b.seed = b.input(b.add_slot(SlotKind::random, DType::int64, Shape{}), 0, DType::int64, Shape{});
  b.step = b.input(static_cast<int>(b[b.seed].arg >> 48), 8, DType::int64, Shape{});
}
struct rand_like_fn {
  template <class X>
  constexpr X operator()(X x) const {
    Builder& b = *x.builder;
    bind_random(b);
    X r = x;
    r.id = b.uniform(b.shape(x.id), b.dtype(x.id));
    return r;
  }
};
struct randn_like_fn {  // Box-Muller; both parts of a complex number have half the variance
  template <class X>
  constexpr auto operator()(X x) const {
    if constexpr (is_complex_type<typename X::value_type>) {
      const auto part = [&] { return (*this)(real_fn{}(x)) * 0.70710678118654752440; };
      const auto re = part(), im = part();
      return X{x.builder, x.builder->pair(re.id, im.id)};
    } else {
      const auto u = rand_like_fn{}(x), v = rand_like_fn{}(x);
      return sqrt(log(1 - u) * -2) * cos(v * 6.283185307179586476925);
    }
  }
};

/// What numbers for a tensor of T are computed in: whole ones in double, which is exact below 2^53.
template <class T>
using drawn_in = std::conditional_t<is_complex_type<T>, T, std::conditional_t<is_floating(dtype_of<T>) && sizeof(T) <= 4, float, double>>;
template <class T>
inline constexpr bool draws_fractions = is_floating(dtype_of<T>) || is_complex_type<T>;
/// Uniform and normal numbers of x's shape to compute with.
template <class T, auto... D>
constexpr auto uniform_for(Tracer<T, D...> x) {
  return rand_like_fn{}(Tracer<drawn_in<T>, D...>{x.builder, x.builder->cast(x.id, dtype_of<drawn_in<T>>)});
}
template <class T, auto... D>
constexpr auto normal_for(Tracer<T, D...> x) {
  return randn_like_fn{}(Tracer<drawn_in<T>, D...>{x.builder, x.builder->cast(x.id, dtype_of<drawn_in<T>>)});
}
template <class X, class E>
constexpr auto like(X, E e) {
  return cast_fn<typename X::value_type>{}(e);
}

template <class T, class F>
struct like_as_fn {
  constexpr auto operator()(auto x) const { return F{}(cast_fn<T>{}(x)); }
};
struct uniform_fn {  // of a complex number both parts
  template <class X>
  constexpr auto operator()(X x, auto from, auto to) const {
    if constexpr (is_complex_type<typename X::value_type>) {
      const auto re = (*this)(real_fn{}(x), from, to), im = (*this)(real_fn{}(x), from, to);
      return X{x.builder, x.builder->pair(re.id, im.id)};
    } else {
      return like(x, uniform_for(x) * (to - from) + from);
    }
  }
};
struct normal_fn {
  constexpr auto operator()(auto x, auto mean, auto deviation) const { return like(x, normal_for(x) * deviation + mean); }
};
struct log_normal_fn {
  constexpr auto operator()(auto x, auto mean, auto deviation) const { return like(x, exp(normal_for(x) * deviation + mean)); }
};
struct exponential_fn {
  constexpr auto operator()(auto x, auto rate) const { return like(x, -log(1 - uniform_for(x)) / rate); }
};
struct cauchy_fn {
  constexpr auto operator()(auto x, auto median, auto scale) const { return like(x, tan((uniform_for(x) - 0.5) * 3.14159265358979323846) * scale + median); }
};
struct geometric_fn {  // #trials until the first success
  constexpr auto operator()(auto x, auto p) const { return like(x, larger(ceil(log(1 - uniform_for(x)) / log(1 - p)), 1)); }
};
/// 1 with probability p.
struct bernoulli_fn {
  constexpr auto operator()(auto x, auto p) const { return like(x, uniform_for(x) < p); }
  constexpr auto operator()(auto x) const { return like(x, uniform_for(x) < x); }
};
/// What is to be drawn from [low, high) must exist and have a place in T.
template <class T>
constexpr void check_integers(double low, double high) {
  const auto said = [&] { return Message{} << "got " << static_cast<long>(low) << " and " << static_cast<long>(high); };
  if (!(low < high)) fail("randint", "high must be greater than low", said());
  if constexpr (is_integral(dtype_of<T>) && sizeof(T) < 8) {
    constexpr int bits = std::is_same_v<T, bool> ? 1 : 8 * static_cast<int>(sizeof(T)) - (T(-1) < T(0) ? 1 : 0);
    constexpr double above = static_cast<double>(std::int64_t{1} << bits), below = !std::is_same_v<T, bool> && T(-1) < T(0) ? -above : 0;
    if (low < below || high > above) fail("randint", "low and high - 1 must be numbers of the dtype", said());
  }
}
template <class T>
struct randint_like_fn {
  constexpr auto operator()(auto x, auto low, auto high) const {
    const auto u = rand_like_fn{}(cast_fn<double>{}(x));
    return cast_fn<type_or_like<T, decltype(x)>>{}(floor(u * (high - low)) + low);
  }
};
template <class S>
constexpr bool complex_operand() {
  if constexpr (Operand<S>) return is_complex_type<typename S::value_type>;
  else return is_complex_type<S>;
}
template <class S>
inline constexpr bool is_complex_operand = complex_operand<S>();
/// A normal number about each element of `mean`, or `deviation`, whichever has dimensions.
struct normal_about_fn {
  template <class M, class S>
  constexpr auto operator()(M mean, S deviation) const {
    const auto shape = mean * 0 + deviation * 0;
    return randn_like_fn{}(shape) * deviation + mean;
  }
};
}  // namespace detail

/// Uniform in [0, 1), of x's shape and dtype, or T.
template <class T, Operand X>
constexpr auto rand_like(const X& x) {
  constexpr bool fractions = detail::draws_fractions<T>;
  static_assert(fractions, "etch: rand_like: the dtype must be floating or complex");
  return detail::apply_if<fractions, detail::like_as_fn<T, detail::rand_like_fn>>(x);
}
template <Operand X> constexpr auto rand_like(const X& x) { return rand_like<typename X::value_type>(x); }
/// Normal with mean 0 and deviation 1, of x's shape and dtype, or T.
template <class T, Operand X>
constexpr auto randn_like(const X& x) {
  constexpr bool fractions = detail::draws_fractions<T>;
  static_assert(fractions, "etch: randn_like: the dtype must be floating or complex");
  return detail::apply_if<fractions, detail::like_as_fn<T, detail::randn_like_fn>>(x);
}
template <Operand X> constexpr auto randn_like(const X& x) { return randn_like<typename X::value_type>(x); }

// Draws of x's shape and dtype; x's elements do not matter. Parameters are numbers or tensors that broadcast with x; numbers
// are checked.

/// Uniform in [from, to); of complex numbers both parts are.
template <Operand X, OperandOrNumber A = double, OperandOrNumber B = double>
constexpr auto uniform(const X& x, const A& from = 0, const B& to = 1) {
  if constexpr (std::is_arithmetic_v<A> && std::is_arithmetic_v<B>) {
    if (static_cast<double>(from) > static_cast<double>(to)) fail("uniform", "from must be at most to");
  }
  constexpr bool fractions = detail::draws_fractions<typename X::value_type>;
  static_assert(fractions, "etch: uniform: the dtype must be floating or complex");
  return detail::apply_if<fractions, detail::uniform_fn>(x, from, to);
}
/// exp of a normal number.
template <Operand X, OperandOrNumber A = double, OperandOrNumber B = double>
constexpr auto log_normal(const X& x, const A& mean = 1, const B& deviation = 2) {
  detail::must([](double d) { return d > 0; }, "log_normal", "the deviation must be positive", deviation);
  constexpr bool floats = is_floating(dtype_of<typename X::value_type>);
  static_assert(floats, "etch: log_normal: the dtype must be floating");
  return detail::apply_if<floats, detail::log_normal_fn>(x, mean, deviation);
}
/// Density rate exp(-rate t).
template <Operand X, OperandOrNumber A = double>
constexpr auto exponential(const X& x, const A& rate = 1) {
  detail::must([](double d) { return d > 0; }, "exponential", "the rate must be positive", rate);
  constexpr bool floats = is_floating(dtype_of<typename X::value_type>);
  static_assert(floats, "etch: exponential: the dtype must be floating");
  return detail::apply_if<floats, detail::exponential_fn>(x, rate);
}
template <Operand X, OperandOrNumber A = double, OperandOrNumber B = double>
constexpr auto cauchy(const X& x, const A& median = 0, const B& scale = 1) {
  detail::must([](double d) { return d > 0; }, "cauchy", "the scale must be positive", scale);
  constexpr bool floats = is_floating(dtype_of<typename X::value_type>);
  static_assert(floats, "etch: cauchy: the dtype must be floating");
  return detail::apply_if<floats, detail::cauchy_fn>(x, median, scale);
}
/// The number of trials until the first success of probability p.
template <Operand X, OperandOrNumber P>
constexpr auto geometric(const X& x, const P& p) {
  detail::must([](double d) { return d > 0 && d < 1; }, "geometric", "p must lie between 0 and 1", p);
  constexpr bool numbers = !detail::is_complex_type<typename X::value_type> && !detail::holds_bools<X>;
  static_assert(numbers, "etch: geometric: the dtype must be real and not bool");
  return detail::apply_if<numbers, detail::geometric_fn>(x, p);
}
/// 1 with the probability that x's element is, or p is; else 0.
template <Operand X>
constexpr auto bernoulli(const X& x) {
  constexpr bool floats = is_floating(dtype_of<typename X::value_type>);
  static_assert(floats, "etch: bernoulli: probabilities must be floating");
  return detail::apply_if<floats, detail::bernoulli_fn>(x);
}
template <Operand X, OperandOrNumber P>
constexpr auto bernoulli(const X& x, const P& p) {
  detail::must([](double d) { return d >= 0 && d <= 1; }, "bernoulli", "p must lie between 0 and 1", p);
  constexpr bool real = !detail::is_complex_type<typename X::value_type>;
  static_assert(real, "etch: bernoulli: the dtype must be real");
  return detail::apply_if<real, detail::bernoulli_fn>(x, p);
}
/// Whole numbers in [low, high), or [0, high), of x's dtype, or T.
template <class T = void, Operand X, OperandOrNumber A, OperandOrNumber B>
constexpr auto randint_like(const X& x, const A& low, const B& high) {
  if constexpr (std::is_arithmetic_v<A> && std::is_arithmetic_v<B>) {
    detail::check_integers<detail::type_or_like<T, X>>(static_cast<double>(low), static_cast<double>(high));
  }
  constexpr bool real = !detail::is_complex_type<detail::type_or_like<T, X>>;
  static_assert(real, "etch: randint_like: the dtype must be real");
  return detail::apply_if<real, detail::randint_like_fn<T>>(x, low, high);
}
template <class T = void, Operand X, OperandOrNumber B>
constexpr auto randint_like(const X& x, const B& high) {
  return randint_like<T>(x, 0, high);
}
/// A normal number of this mean and deviation for each element; one of them may be a number.
template <OperandOrNumber M, OperandOrNumber S = double>
  requires(Operand<M> || Operand<S>)
constexpr auto normal(const M& mean, const S& deviation = 1) {
  detail::must([](double d) { return d >= 0; }, "normal", "the deviation must not be negative", deviation);
  constexpr bool real = !detail::is_complex_operand<S>;
  static_assert(real, "etch: normal: the deviation must be real");
  return detail::apply_if<real, detail::normal_about_fn>(mean, deviation);
}

}  // namespace ETCH_ABI
}  // namespace etch

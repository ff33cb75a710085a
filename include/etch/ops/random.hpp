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
struct randn_like_fn {  // Box-Muller
  constexpr auto operator()(auto x) const {
    const auto u = rand_like_fn{}(x), v = rand_like_fn{}(x);
    return sqrt(log(1 - u) * -2) * cos(v * 6.283185307179586476925);
  }
};

/// What numbers for a tensor of T are computed in: whole ones in double, which is exact below 2^53.
template <class T>
using drawn_in = std::conditional_t<is_floating(dtype_of<T>) && sizeof(T) <= 4, float, double>;
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
struct uniform_fn {
  constexpr auto operator()(auto x, auto from, auto to) const { return like(x, uniform_for(x) * (to - from) + from); }
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
template <class T>
struct randint_like_fn {
  constexpr auto operator()(auto x, auto low, auto high) const {
    const auto u = rand_like_fn{}(cast_fn<double>{}(x));
    return cast_fn<type_or_like<T, decltype(x)>>{}(floor(u * (high - low)) + low);
  }
};
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
template <Operand X> constexpr auto rand_like(const X& x) { return apply<detail::rand_like_fn>(x); }
template <class T, Operand X> constexpr auto rand_like(const X& x) { return apply<detail::like_as_fn<T, detail::rand_like_fn>>(x); }
/// Normal with mean 0 and deviation 1, of x's shape and dtype, or T.
template <Operand X> constexpr auto randn_like(const X& x) { return apply<detail::randn_like_fn>(x); }
template <class T, Operand X> constexpr auto randn_like(const X& x) { return apply<detail::like_as_fn<T, detail::randn_like_fn>>(x); }

// Draws of x's shape and dtype; x's elements do not matter. Parameters are numbers or tensors that broadcast with x; numbers
// are checked.

/// Uniform in [from, to).
template <Operand X, OperandOrNumber A = double, OperandOrNumber B = double>
constexpr auto uniform(const X& x, const A& from = 0, const B& to = 1) {
  if constexpr (std::is_arithmetic_v<A> && std::is_arithmetic_v<B>) {
    if (static_cast<double>(from) > static_cast<double>(to)) fail("uniform", "from must be at most to");
  }
  return apply<detail::uniform_fn>(x, from, to);
}
/// exp of a normal number.
template <Operand X, OperandOrNumber A = double, OperandOrNumber B = double>
constexpr auto log_normal(const X& x, const A& mean = 1, const B& deviation = 2) {
  detail::must([](double d) { return d > 0; }, "log_normal", "the deviation must be positive", deviation);
  return apply<detail::log_normal_fn>(x, mean, deviation);
}
/// Density rate exp(-rate t).
template <Operand X, OperandOrNumber A = double>
constexpr auto exponential(const X& x, const A& rate = 1) {
  detail::must([](double d) { return d > 0; }, "exponential", "the rate must be positive", rate);
  return apply<detail::exponential_fn>(x, rate);
}
template <Operand X, OperandOrNumber A = double, OperandOrNumber B = double>
constexpr auto cauchy(const X& x, const A& median = 0, const B& scale = 1) {
  detail::must([](double d) { return d > 0; }, "cauchy", "the scale must be positive", scale);
  return apply<detail::cauchy_fn>(x, median, scale);
}
/// The number of trials until the first success of probability p.
template <Operand X, OperandOrNumber P>
constexpr auto geometric(const X& x, const P& p) {
  detail::must([](double d) { return d > 0 && d < 1; }, "geometric", "p must lie between 0 and 1", p);
  return apply<detail::geometric_fn>(x, p);
}
/// 1 with the probability that x's element is, or p is; else 0.
template <Operand X> constexpr auto bernoulli(const X& x) { return apply<detail::bernoulli_fn>(x); }
template <Operand X, OperandOrNumber P>
constexpr auto bernoulli(const X& x, const P& p) {
  detail::must([](double d) { return d >= 0 && d <= 1; }, "bernoulli", "p must lie between 0 and 1", p);
  return apply<detail::bernoulli_fn>(x, p);
}
/// Whole numbers in [low, high), or [0, high), of x's dtype, or T.
template <class T = void, Operand X, OperandOrNumber A, OperandOrNumber B>
constexpr auto randint_like(const X& x, const A& low, const B& high) {
  if constexpr (std::is_arithmetic_v<A> && std::is_arithmetic_v<B>) {
    if (static_cast<double>(low) >= static_cast<double>(high)) fail("randint", "high must be greater than low");
  }
  return apply<detail::randint_like_fn<T>>(x, low, high);
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
  return apply<detail::normal_about_fn>(mean, deviation);
}

}  // namespace ETCH_ABI
}  // namespace etch

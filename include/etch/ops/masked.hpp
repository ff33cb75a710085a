// torch.masked: reductions, scans and normalisations of the elements whose mask is true.
//
//   masked::sum<1>(x, m) = sum<1>(where(m, x, 0))         each operation leaves out an element by its neutral value
//
// A mask broadcasts to the input. Without a mask these are the plain operations.
#pragma once

#include <etch/ops/arithmetic.hpp>
#include <etch/ops/extremum.hpp>
#include <etch/ops/norm.hpp>
#include <etch/ops/quantile.hpp>
#include <etch/ops/scan.hpp>

namespace etch {
inline namespace ETCH_ABI {
namespace detail {

/// Whether a mask broadcasts to the shape of X.
template <class X, class M>
struct mask_sizes {
  using Rule = broadcast<X, M>;
  static constexpr bool check() {
    const Dims x = X::dims(M::rank);
    if (!Rule::agree_or_are_one || Rule::value.rank != x.rank) return false;
    for (int i = 0; i < x.rank; ++i)
      if (!agree(Rule::value[i], x[i])) return false;
    return true;
  }
  static constexpr bool fit = check();
};

/// x where the mask is true, elsewhere what changes no result of the reduction.
template <Op O>
struct masked_by_fn {
  template <class X, class M>
  constexpr auto operator()(X x, M mask) const {
    using T = typename X::value_type;
    static_assert(std::is_same_v<typename M::value_type, bool>, "etch: masked: the mask must be a bool tensor");
    using Sizes = mask_sizes<tracer_of<X>, tracer_of<M>>;
    if constexpr (!Sizes::fit) {
      static_assert(Sizes::fit, "etch: masked: the mask must broadcast to the sizes of the input");
      return Poison{};
    } else {
      Builder& b = *x.builder;
      constexpr DType d = dtype_of<T>;
      int neutral = 0;
      if (is_floating(d) || is_complex(d) || O == Op::sum || O == Op::prod) {
        neutral = b.constant(of_nothing(O, true), d);
      } else {  // of int64 no double holds the largest, so it is computed: -1 - lowest
        const double lowest = d == DType::boolean || d == DType::uint8 ? 0 : d == DType::int8 ? -128 : d == DType::int16 ? -32768 : d == DType::int32 ? -2147483648.0 : -9223372036854775808.0;
        if (O == Op::amax) neutral = b.constant(lowest, d);
        else if (d != DType::int64) neutral = b.constant(d == DType::boolean ? 1 : d == DType::uint8 ? 255 : -1 - lowest, d);
        else neutral = b.map(Op::sub, d, b.map(Op::sub, d, b.reshape(b.iota(1, d), Shape{}), b.constant(1, d)), b.constant(lowest, d));
      }
      return where_fn{}(mask, x, Tracer<T>{&b, neutral});
    }
  }
};
template <Op O>
constexpr auto masked_by(const auto& x, const auto& mask) {
  return apply<masked_by_fn<O>>(x, mask);
}
/// Computed on the masked elements.
template <Op O, class F>
struct masked_fn {
  template <class X, class M>
  constexpr auto operator()(X x, M mask) const {
    if constexpr (!mask_sizes<tracer_of<X>, tracer_of<M>>::fit) return masked_by_fn<O>{}(x, mask);
    else return F{}(masked_by_fn<O>{}(x, mask));
  }
};

template <auto... Option>
struct masked_mean_fn {
  template <class X, class M>
  constexpr auto operator()(X x, M mask) const {
    if constexpr (!mask_sizes<tracer_of<X>, tracer_of<M>>::fit) {
      return masked_by_fn<Op::sum>{}(x, mask);
    } else {
      using T = std::conditional_t<is_integral(dtype_of<typename X::value_type>), float, typename X::value_type>;
      const auto y = cast_fn<T>{}(x);
      return reduce_fn<Op::sum, Option...>{}(masked_by_fn<Op::sum>{}(y, mask)) / reduce_fn<Op::sum, Option...>{}(where(mask, ones_like(y), 0));
    }
  }
};
template <auto... Option>
struct masked_var_fn {
  template <class X, class M>
  constexpr auto operator()(X x, M mask) const {
    using T = std::conditional_t<is_integral(dtype_of<typename X::value_type>), float, typename X::value_type>;
    constexpr bool numbers = !holds_bools<X>;
    if constexpr (!mask_sizes<tracer_of<X>, tracer_of<M>>::fit) {
      return masked_by_fn<Op::sum>{}(x, mask);
    } else if constexpr (!numbers) {
      static_assert(numbers, "etch: masked: the variance of bools is none");
      return Poison{};
    } else if constexpr (is_complex_type<T>) {  // of both parts, and complex, as in PyTorch
      return cast_fn<T>{}((*this)(real_fn{}(x), mask) + (*this)(imag_fn{}(x), mask));
    } else {
      const auto y = cast_fn<T>{}(x);
      const auto centred = y - masked_mean_fn<Option..., keepdim>{}(y, mask);
      const auto count = reduce_fn<Op::sum, Option...>{}(where(mask, ones_like(y), 0));
      constexpr auto less = axes<tracer_of<X>, Option...>::options.correction;
      return reduce_fn<Op::sum, Option...>{}(masked_by_fn<Op::sum>{}(centred * centred, mask)) / larger(count - less, 0);
    }
  }
};
template <auto... Option>
struct masked_std_fn {
  template <class X>
  constexpr auto operator()(X x, auto mask) const {
    using T = typename X::value_type;
    const auto variance = masked_var_fn<Option...>{}(x, mask);
    if constexpr (std::is_same_v<std::remove_const_t<decltype(variance)>, Poison>) return variance;
    else if constexpr (is_complex_type<T>) return cast_fn<T>{}(root_of_squares(real_fn{}(variance)));
    else return root_of_squares(variance);
  }
};
/// Left out: what has no part in the norm of this order.
template <auto... Option>
struct masked_norm_fn {
  template <class X, class M>
  constexpr auto operator()(X x, M mask) const {
    constexpr double order = axes<tracer_of<X>, Option...>::options.order;
    using T = std::conditional_t<is_integral(dtype_of<typename X::value_type>), float, typename X::value_type>;
    if constexpr (!mask_sizes<tracer_of<X>, tracer_of<M>>::fit) return masked_by_fn<Op::sum>{}(x, mask);
    else return norm_fn<Option...>{}(where(mask, cast_fn<T>{}(x), order < 0 ? inf : 0.0));
  }
};
/// x over its norm along an axis, at least eps.
template <int Axis, auto... Option>
struct masked_normalize_fn {
  constexpr auto operator()(auto x, auto mask, auto eps) const { return masked_by_fn<Op::sum>{}(x, mask) / larger(masked_norm_fn<Axis, keepdim, Option...>{}(x, mask), eps); }
};
struct masked_logaddexp_fn {
  constexpr auto operator()(auto a, auto b, auto a_mask, auto b_mask) const { return logaddexp(masked_by_fn<Op::amax>{}(a, a_mask), masked_by_fn<Op::amax>{}(b, b_mask)); }
};

}  // namespace detail

namespace masked {
// clang-format off
template <auto... Option, Operand X, Operand M> constexpr auto sum(const X& x, const M& mask) { return etch::sum<Option...>(detail::masked_by<detail::Op::sum>(x, mask)); }
template <auto... Option, Operand X, Operand M> constexpr auto prod(const X& x, const M& mask) { return etch::prod<Option...>(detail::masked_by<detail::Op::prod>(x, mask)); }
template <auto... Option, Operand X, Operand M> constexpr auto amax(const X& x, const M& mask) { return etch::amax<Option...>(detail::masked_by<detail::Op::amax>(x, mask)); }
template <auto... Option, Operand X, Operand M> constexpr auto amin(const X& x, const M& mask) { return etch::amin<Option...>(detail::masked_by<detail::Op::amin>(x, mask)); }
/// The index of the largest, in the dtype of x, as torch.masked.argmax.
template <auto... Option, Operand X, Operand M> constexpr auto argmax(const X& x, const M& mask) { return to<typename X::value_type>(etch::argmax<Option...>(detail::masked_by<detail::Op::amax>(x, mask))); }
template <auto... Option, Operand X, Operand M> constexpr auto argmin(const X& x, const M& mask) { return to<typename X::value_type>(etch::argmin<Option...>(detail::masked_by<detail::Op::amin>(x, mask))); }
template <auto... Option, Operand X, Operand M> constexpr auto logsumexp(const X& x, const M& mask) { return etch::logsumexp<Option...>(detail::masked_by<detail::Op::amax>(x, mask)); }
template <auto... Option, Operand X, Operand M> constexpr auto mean(const X& x, const M& mask) { return apply<detail::masked_mean_fn<Option...>>(x, mask); }
/// The variance of what the mask leaves, over its number less the correction (1).
template <auto... Option, Operand X, Operand M> constexpr auto var(const X& x, const M& mask) { return apply<detail::masked_var_fn<Option...>>(x, mask); }
template <auto... Option, Operand X, Operand M> constexpr auto std(const X& x, const M& mask) { return apply<detail::masked_std_fn<Option...>>(x, mask); }
/// Running sums and products, in the dtype of x, as torch.masked.
template <int Axis, Operand X, Operand M> constexpr auto cumsum(const X& x, const M& mask) { return to<typename X::value_type>(etch::cumsum<Axis>(detail::masked_by<detail::Op::sum>(x, mask))); }
template <int Axis, Operand X, Operand M> constexpr auto cumprod(const X& x, const M& mask) { return to<typename X::value_type>(etch::cumprod<Axis>(detail::masked_by<detail::Op::prod>(x, mask))); }
template <int Axis, Operand X, Operand M> constexpr auto softmax(const X& x, const M& mask) { return etch::softmax<Axis>(detail::masked_by<detail::Op::amax>(x, mask)); }
template <int Axis, Operand X, Operand M> constexpr auto log_softmax(const X& x, const M& mask) { return etch::log_softmax<Axis>(detail::masked_by<detail::Op::amax>(x, mask)); }
template <int Axis, Operand X, Operand M> constexpr auto softmin(const X& x, const M& mask) { return etch::softmax<Axis>(-detail::masked_by<detail::Op::amin>(x, mask)); }
/// The norm of order 2: `masked::norm<1, ord<inf>>(x, mask)`.
template <auto... Option, Operand X, Operand M> constexpr auto norm(const X& x, const M& mask) { return apply<detail::masked_norm_fn<Option...>>(x, mask); }
/// x over its norm along an axis, which is taken to be at least eps.
template <int Axis, auto... Option, Operand X, Operand M, OperandOrNumber E> constexpr auto normalize(const X& x, const M& mask, const E& eps) { return apply<detail::masked_normalize_fn<Axis, Option...>>(x, mask, eps); }
template <int Axis, auto... Option, Operand X> constexpr auto normalize(const X& x) { return etch::normalize<Axis, Option...>(x); }
/// The median of what the mask leaves along an axis, the lower of two; NaN where it leaves nothing.
template <int Axis, auto... Option, Operand X, Operand M> constexpr auto median(const X& x, const M& mask) { return etch::nanmedian<Axis, Option...>(where(mask, x, __builtin_nan(""))).values; }
/// log(exp(a) + exp(b)), each with a mask of its own.
template <Operand A, Operand B, Operand MA, Operand MB> constexpr auto logaddexp(const A& a, const B& b, const MA& a_mask, const MB& b_mask) { return apply<detail::masked_logaddexp_fn>(a, b, a_mask, b_mask); }
// clang-format on
}  // namespace masked

}  // namespace ETCH_ABI
}  // namespace etch

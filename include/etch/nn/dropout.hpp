// Dropout: in training, each element is 0 with probability P and x / (1 - P) otherwise; in evaluation, x.
//
//   alpha dropout: a dropped element is alpha' = -1.7581, then y = a x + b keeps mean 0 and variance 1
//
// Masks are never stored: their random numbers are computed again where the gradient needs them.
#pragma once

#include <etch/model/module.hpp>
#include <etch/ops/attention.hpp>
#include <etch/ops/random.hpp>

namespace etch {
inline namespace ETCH_ABI {

namespace detail {

template <auto P>
constexpr bool is_probability = static_cast<double>(P) >= 0 && static_cast<double>(P) <= 1;

/// The shape of x with 1 behind the first `Kept` axes.
template <class X, int Kept>
struct leading_shape {
  static constexpr Dims make() {
    Dims r = X::dims(0);
    for (int i = Kept; i < r.rank; ++i) r[i] = static_dim(1);
    return r;
  }
  static constexpr Dims value = make();
};
/// Uniform numbers, one for each index of the first `Kept` axes of x.
template <int Kept, class X>
constexpr auto uniform_leading(X x) {
  using Rule = leading_shape<X, Kept>;
  Builder& b = *x.builder;
  bind_random(b);
  using T = drawn_in<typename X::value_type>;
  return result_of<T, Rule, X>{&b, b.uniform(b.shape_of(Rule::value), dtype_of<T>)};
}

/// How many leading axes share no draw: all of them, or up to the channels.
enum class Dropped { elements, channels };
template <Dropped D, int Spatial, class X>
constexpr int kept_axes() {
  if (D == Dropped::elements) return X::rank;
  return Spatial > 0 && X::rank == Spatial + 1 ? 1 : 2;  // [C, ..] without a batch, or [N, C, ..]
}

template <auto P, Dropped D = Dropped::elements, int Spatial = 0>
struct dropout_fn {
  template <class X>
  constexpr X operator()(X x) const {
    constexpr double p = static_cast<double>(P);
    static_assert(is_probability<P>, "etch: dropout: the probability must lie between 0 and 1");
    constexpr int kept = kept_axes<D, Spatial, X>();
    static_assert(kept <= X::rank, "etch: dropout: the input must have channels");
    if constexpr (kept <= X::rank && is_floating(dtype_of<typename X::value_type>)) {
      if (x.training() && p > 0) {
        const X dropped = where(uniform_leading<kept>(x) >= p, x * (p < 1 ? 1 / (1 - p) : 0.0), 0);
        return dropped;
      }
    }
    return x;
  }
};
template <auto P, Dropped D = Dropped::elements>
struct alpha_dropout_fn {
  template <class X>
  constexpr X operator()(X x) const {
    constexpr double p = static_cast<double>(P), alpha = -1.7580993408473766;
    static_assert(is_probability<P>, "etch: dropout: the probability must lie between 0 and 1");
    constexpr int kept = kept_axes<D, 0, X>();
    if constexpr (kept <= X::rank && is_floating(dtype_of<typename X::value_type>)) {
      if (x.training() && p > 0) {
        constexpr double a = p < 1 ? 1 / square_root((alpha * alpha * p + 1) * (1 - p)) : 0.0, b = p < 1 ? -a * alpha * p : 0.0;
        const X dropped = where(uniform_leading<kept>(x) >= p, x * a + b, a * alpha + b);
        return dropped;
      }
    }
    return x;
  }
};
}  // namespace detail

// The program being traced says whether it trains.

/// torch.nn.functional.dropout: single elements.
template <auto P = 0.5, Operand X> constexpr auto dropout(const X& x) { return apply<detail::dropout_fn<P>>(x); }
/// Whole channels, of [N, C, L] or [C, L].
template <auto P = 0.5, Operand X> constexpr auto dropout1d(const X& x) { return apply<detail::dropout_fn<P, detail::Dropped::channels, 1>>(x); }
/// Whole channels, of [N, C, ..]: with three axes these are [N, C, L], as PyTorch takes them.
template <auto P = 0.5, Operand X> constexpr auto dropout2d(const X& x) { return apply<detail::dropout_fn<P, detail::Dropped::channels>>(x); }
/// Whole channels, of [N, C, D, H, W] or [C, D, H, W].
template <auto P = 0.5, Operand X> constexpr auto dropout3d(const X& x) { return apply<detail::dropout_fn<P, detail::Dropped::channels, 3>>(x); }
/// Single elements, keeping mean and variance of what SELU gives.
template <auto P = 0.5, Operand X> constexpr auto alpha_dropout(const X& x) { return apply<detail::alpha_dropout_fn<P>>(x); }
/// Whole channels of [N, C, ..], in the same way.
template <auto P = 0.5, Operand X> constexpr auto feature_alpha_dropout(const X& x) { return apply<detail::alpha_dropout_fn<P, detail::Dropped::channels>>(x); }

namespace nn {

// What is asserted stands last: clang instantiates nothing of a class behind what fails.
#define ETCH_DROPOUT(name, function)                                \
  template <auto P = 0.5>                                           \
  struct name {                                                     \
    ETCH_MODULE()                                                   \
    constexpr auto forward(auto x) const { return function<P>(x); } \
    static_assert(etch::detail::is_probability<P>, "etch: dropout: the probability must lie between 0 and 1"); \
  };
ETCH_DROPOUT(Dropout, dropout)  // `Dropout<0.1>`
ETCH_DROPOUT(Dropout1d, dropout1d)
ETCH_DROPOUT(Dropout2d, dropout2d)
ETCH_DROPOUT(Dropout3d, dropout3d)
ETCH_DROPOUT(AlphaDropout, alpha_dropout)
ETCH_DROPOUT(FeatureAlphaDropout, feature_alpha_dropout)
#undef ETCH_DROPOUT

}  // namespace nn
}  // namespace ETCH_ABI
}  // namespace etch

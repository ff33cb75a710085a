// Products that are added to something: beta input + alpha a b, for matrices, vectors and batches.
//
// A beta of 0 leaves the input out, whatever it holds; for integers beta and alpha lose their fraction, as in PyTorch.
#pragma once

#include <etch/ops/contract.hpp>
#include <etch/ops/einsum.hpp>
#include <etch/ops/reduce.hpp>

namespace etch {
inline namespace ETCH_ABI {
namespace detail {

/// x * factor in x's dtype.
template <class X, class S>
constexpr auto scaled(X x, S factor) {
  return x * cast_fn<typename X::value_type>{}(Tracer<typename S::value_type>{factor.builder, factor.id});
}

/// Whether a product's result can take `input` as a summand: it broadcasts to the result's sizes.
template <class Input, class P>
struct added_sizes {
  using Rule = broadcast<Input, P>;
  static constexpr bool check() {
    const Dims p = P::dims(Input::rank);
    if (!Rule::agree_or_are_one || Rule::value.rank != p.rank) return false;
    for (int i = 0; i < p.rank; ++i)
      if (!agree(Rule::value[i], p[i])) return false;
    return true;
  }
  static constexpr bool fit = check();
};

struct plus_product {
  template <class I, class P>
  static constexpr auto unscaled(I input, P product) {
    using Sizes = added_sizes<I, P>;
    if constexpr (std::is_same_v<P, Poison>) {
      return Poison{};
    } else if constexpr (!Sizes::fit) {
      static_assert(Sizes::fit, "etch: addmm: the input must broadcast to the sizes of the product");
      return Poison{};
    } else {
      return input + product;
    }
  }
  template <class I, class P, class B, class A>
  static constexpr auto with(I input, P product, B beta, A alpha) {
    if constexpr (std::is_same_v<P, Poison>) {
      return Poison{};
    } else {
      const auto nothing = Tracer<typename B::value_type>{beta.builder, beta.id} == 0;
      double known = 1;
      const bool is_known = input.builder->is_constant(beta.id, known);
      auto part = scaled(input, beta);
      if (!is_known) part = cast_fn<typename decltype(part)::value_type>{}(where(nothing, 0, part));
      else if (known == 0) part.id = input.builder->constant(0, input.builder->dtype(input.id), input.builder->shape(input.id));
      return unscaled(part, scaled(product, alpha));
    }
  }
};

/// `input` + the product that `Product` makes of a and b.
template <class Product>
struct add_product_fn {
  template <class I, class A, class B, class... Factors>
  constexpr auto operator()(I input, A a, B b, Factors... factors) const {
    if constexpr (all_half<I, A, B>) {
      return rounded_once<typename I::value_type, add_product_fn>(input, a, b, factors...);
    } else {
      const Autocasting rounded(*input.builder);
      if constexpr (sizeof...(Factors) == 0) return rounded(plus_product::unscaled(rounded(input), Product{}(rounded(a), rounded(b))));
      else return rounded(plus_product::with(rounded(input), Product{}(rounded(a), rounded(b)), factors...));
    }
  }
};
/// The sum over a batch is one product with a longer inner axis. A complex alpha is applied before the sum: what it rounds is
/// then of the size of one product, as in PyTorch.
struct batch_sum_fn {
  template <class A, class B>
  constexpr auto operator()(A a, B b) const {
    if constexpr (std::is_same_v<decltype(product_of_ranks_fn<3, 3>{}(a, b)), Poison>) return Poison{};
    else return einsum_fn<"bij,bjk->ik">{}(a, b);
  }
};
struct add_batch_sum_fn {
  constexpr auto operator()(auto input, auto a, auto b) const { return add_product_fn<batch_sum_fn>{}(input, a, b); }
  template <class I, class A, class B, class S>
  constexpr auto operator()(I input, A a, B b, auto beta, S alpha) const {
    const auto products = product_of_ranks_fn<3, 3>{}(a, b);
    if constexpr (std::is_same_v<std::remove_const_t<decltype(products)>, Poison>) {
      return Poison{};
    } else if constexpr (is_complex_type<typename decltype(products)::value_type>) {
      return plus_product::with(input, reduce_fn<Op::sum, 0>{}(scaled(products, alpha)), beta, Tracer<std::int64_t>{input.builder, input.builder->constant(1, DType::int64)});
    } else {
      return add_product_fn<batch_sum_fn>{}(input, a, b, beta, alpha);
    }
  }
};

}  // namespace detail

#define ETCH_ADD_PRODUCT(name, ...)                                                                                              \
  template <Operand I, Operand A, Operand B> constexpr auto name(const I& input, const A& a, const B& b) {                       \
    return apply<__VA_ARGS__>(input, a, b);                                                                                      \
  }                                                                                                                              \
  template <Operand I, Operand A, Operand B, OperandOrNumber Beta, OperandOrNumber Alpha = int>                                  \
  constexpr auto name(const I& input, const A& a, const B& b, const Beta& beta, const Alpha& alpha = 1) {                        \
    return apply<__VA_ARGS__>(input, a, b, beta, alpha);                                                                         \
  }
/// beta input + alpha a b, of matrices a [M, K] and b [K, N].
ETCH_ADD_PRODUCT(addmm, detail::add_product_fn<detail::product_of_ranks_fn<2, 2>>)
/// beta input + alpha a b, of a matrix and a vector.
ETCH_ADD_PRODUCT(addmv, detail::add_product_fn<detail::product_of_ranks_fn<2, 1>>)
/// beta input + alpha sum over the batch of a b.
ETCH_ADD_PRODUCT(addbmm, detail::add_batch_sum_fn)
/// beta input + alpha a b, of batches a [B, M, K] and b [B, K, N].
ETCH_ADD_PRODUCT(baddbmm, detail::add_product_fn<detail::product_of_ranks_fn<3, 3>>)
/// beta input + alpha a b^T, of vectors a and b.
ETCH_ADD_PRODUCT(addr, detail::add_product_fn<detail::outer_fn>)
#undef ETCH_ADD_PRODUCT

}  // namespace ETCH_ABI
}  // namespace etch

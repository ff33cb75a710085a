// Scaled products and quotients added to a tensor: addcmul and addcdiv.
//
//   addcmul(x, a, b, v) = x + v a b        addcdiv(x, a, b, v) = x + v a / b
//
// Where a or b is float16 or bfloat16 among wider operands, v a (and v b, or v / b) is rounded to that dtype as a factor of
// the other's gradient, as in PyTorch.
#pragma once

#include <etch/ops/declare.hpp>
#include <etch/ops/pointwise.hpp>

namespace etch {
inline namespace ETCH_ABI {
namespace detail {

/// The gradients of v a b or v a / b, where a and b came from these dtypes.
template <bool Divide, DType A, DType B>
struct rounded_factors {
  static constexpr Value rounded(Value x, DType to) { return x.cast(to).cast(x.dtype()); }
  static constexpr void run(Builder& b, const Region& r, const int* dy, const bool*, int* dx) {
    const Value x{&b, r.in[0]}, y{&b, r.in[1]}, v{&b, r.in[2]}, g{&b, dy[0]};
    const Value left = rounded(v * x, A), right = rounded(Divide ? v / y : v * y, B);
    dx[0] = (g * right).id;
    dx[1] = (Divide ? -(g * left) / (y * y) : g * left).id;
    dx[2] = (Divide ? g * x / y : g * x * y).id;
  }
};

/// x + value a b or x + value a / b, in the dtype of all three.
template <bool Divide>
struct add_scaled_product_fn {
  template <class X, class A, class B>
  constexpr auto operator()(X x, A a, B b, auto... value) const {
    constexpr DType d = common_dtype<X, A, B>(), da = dtype_of<typename A::value_type>, db = dtype_of<typename B::value_type>;
    using T = type_of<d>;
    constexpr bool mixed = sizeof...(value) == 1 && !is_complex(d) && ((is_half<type_of<da>> && da != d) || (is_half<type_of<db>> && db != d));
    constexpr bool has_a_quotient = !Divide || !is_integral(da) || !is_integral(db);
    if constexpr (!has_a_quotient) {
      static_assert(has_a_quotient, "etch: addcdiv: one of what is divided must be floating");
      return Poison{};
    } else if constexpr (mixed) {
      return to<T>(x) + with_rounded_factors<da, db>(to<T>(a), to<T>(b), to<T>(value)...);
    } else {
      const auto scaled = (to<T>(value) * ... * to<T>(a));
      if constexpr (Divide) return to<T>(x) + scaled / to<T>(b);
      else return to<T>(x) + scaled * to<T>(b);
    }
  }
  template <DType DA, DType DB>
  static constexpr auto with_rounded_factors(auto a, auto b, auto value) {
    auto y = a * b;  // for its shape
    if constexpr (!std::is_same_v<decltype(y), Poison>) {
      Builder& builder = *y.builder;
      const Shape s = builder.shape(y.id);
      const DType d = builder.dtype(y.id);
      const int in[] = {a.id, b.id, value.id};
      Region r{};
      for (int id : in) r.in[r.inputs++] = builder.fresh(builder.expand(id, s));
      const int scaled = builder.map(Op::mul, d, r.in[2], r.in[0]);
      y.id = r.out[r.outputs++] = builder.fresh(builder.map(Divide ? Op::div : Op::mul, d, scaled, r.in[1]));
      r.transparent = true;
      r.rule = &rounded_factors<Divide, DA, DB>::run;
      builder.add_region(r);
    }
    return y;
  }
};
using addcmul_fn = add_scaled_product_fn<false>;
using addcdiv_fn = add_scaled_product_fn<true>;

}  // namespace detail

/// x + value a b
ETCH_OF_TENSORS3(3, addcmul, detail::addcmul_fn)
template <Operand X, OperandOrNumber A, OperandOrNumber B, OperandOrNumber V>
constexpr auto addcmul(const X& x, const A& a, const B& b, const V& value) {
  return detail::apply_to_tensors<detail::addcmul_fn, 3>(x, a, b, value);
}
/// x + value a / b
ETCH_OF_TENSORS3(3, addcdiv, detail::addcdiv_fn)
template <Operand X, OperandOrNumber A, OperandOrNumber B, OperandOrNumber V>
constexpr auto addcdiv(const X& x, const A& a, const B& b, const V& value) {
  return detail::apply_to_tensors<detail::addcdiv_fn, 3>(x, a, b, value);
}

}  // namespace ETCH_ABI
}  // namespace etch

// Products in lower precision: their float32 operands and results are rounded to bfloat16 or float16, and added up in float32.
//
//   y = round(sum over k of round(a[i, k]) round(b[k, j]))     and in the gradient the same, since a rounding rounds what flows back
//
// Values stay float32 outside, so everything else computes in float32, as PyTorch's autocast asks of norms, softmax, losses, exp and sums.
#pragma once

#include <etch/graph/builder.hpp>

namespace etch {
inline namespace ETCH_ABI {
namespace detail {

/// Rounds what goes into and comes out of an operation of `b`, as its autocast says. While it lives, what the operation is composed of rounds nothing.
class Autocasting {
 public:
  constexpr explicit Autocasting(Builder& b) : b_(b), to_(b.autocast) { b.autocast = DType::float32; }
  constexpr ~Autocasting() { b_.autocast = to_; }
  Autocasting(const Autocasting&) = delete;
  Autocasting& operator=(const Autocasting&) = delete;

  constexpr int operator()(int id) const { return to_ == DType::float32 || b_.dtype(id) != DType::float32 ? id : b_.cast(b_.cast(id, to_), DType::float32); }
  template <class X>
  constexpr X operator()(X x) const {
    if constexpr (requires { x.id; }) x.id = (*this)(x.id);
    return x;
  }

 private:
  Builder& b_;
  DType to_;
};

}  // namespace detail
}  // namespace ETCH_ABI
}  // namespace etch

// The operations a graph is made of. Everything else is composed of these, so it gets gradient and kernels for nothing.
#pragma once

#include <etch/core/config.hpp>

#include <cstdint>

namespace etch {
inline namespace ETCH_ABI {
namespace detail {

// One name for each pointwise operation; its row (value, derivative, dtype rule) is `op::NAME_row` in graph/table.hpp.
#define ETCH_UNARY_OPS(X)                                                                                            \
  X(neg) X(abs) X(sign) X(exp) X(exp2) X(expm1) X(log) X(log2) X(log10) X(log1p) X(sqrt) X(rsqrt) X(reciprocal)      \
  X(sin) X(cos) X(tan) X(asin) X(acos) X(atan) X(sinh) X(cosh) X(tanh) X(asinh) X(acosh) X(atanh) X(erf) X(erfc)     \
  X(sigmoid) X(gelu) X(gelu_grad) X(floor) X(ceil) X(round) X(trunc) X(logical_not) X(isnan)
#define ETCH_BINARY_OPS(X)                                                                                           \
  X(add) X(sub) X(mul) X(div) X(pow) X(fmod) X(atan2) X(maximum) X(minimum) X(eq) X(ne) X(lt) X(le) X(gt) X(ge)      \
  X(logical_and) X(logical_or) X(logical_xor)
#define ETCH_TERNARY_OPS(X) X(where)
// Pointwise functions that few programs use. They share two opcodes, `arg` says which; value and derivative are a
// `special_row` beside the function in ops/, so that a program which does without pays nothing.
#define ETCH_SPECIAL_OPS(X)                                                                                          \
  X(clamp_min) X(clamp_max) X(copysign) X(signbit) X(shift_left) X(shift_right) X(nextafter) X(gcd) X(hypot)         \
  X(logaddexp) X(logaddexp2)                                                                                         \
  X(lgamma) X(digamma) X(zeta) X(erfinv) X(erfcx) X(ndtri) X(log_ndtr) X(entr) X(logit) X(xlogy) X(xlog1py)          \
  X(i0) X(i0e) X(i1) X(i1e) X(igamma) X(igammac) X(bessel_j0) X(bessel_j1) X(bessel_y0) X(bessel_y1)                 \
  X(modified_bessel_k0) X(modified_bessel_k1) X(scaled_modified_bessel_k0) X(scaled_modified_bessel_k1)              \
  X(spherical_bessel_j0) X(airy_ai) X(chebyshev_t) X(chebyshev_u) X(chebyshev_v) X(chebyshev_w)                      \
  X(hermite_h) X(hermite_he) X(laguerre_l) X(legendre_p)
#define ETCH_MAP_OPS(X) ETCH_UNARY_OPS(X) ETCH_BINARY_OPS(X) ETCH_TERNARY_OPS(X)

/// Of an order, only the median is read, and the first that is not a number.
inline constexpr int middle_rank = -1;

/// What a node computes; the comment gives inputs -> shape, and what `arg` holds.
enum class Op : std::uint8_t {
  // leaves
  input,     ///< memory bound at run time: arg = slot << 48 | byte offset
  constant,  ///< rank 0: arg = bits of the value as a double
  iota,      ///< rank 1: 0, 1, 2, ...
  extent,    ///< rank 0: the actual size of a bounded dim: arg = symbol
  empty,     ///< uninitialised; only ever the base of `place`
#define ETCH_X(name) name,
  ETCH_MAP_OPS(ETCH_X)
#undef ETCH_X
  special1,  ///< a -> same shape: arg = a Special
  special2,  ///< (a, b) -> same shape: arg = a Special
  cast,  ///< a -> same shape, another dtype
  // random numbers
  uniform,  ///< (seed, step) -> [0, 1): counter-based; arg = stream
  // index maps: nothing is computed, an element is found elsewhere
  expand,   ///< a -> sizes of 1 repeated
  permute,  ///< a -> axes reordered: arg = one nibble an axis
  reshape,  ///< a -> same elements in row-major order
  window,   ///< a [.., n, ..] -> [.., count, size, ..], overlapping: y[i, k] = a[i step + k dilation]; arg = axis | step << 8 | dilation << 32
  slice,    ///< a -> every step-th element of one axis, backwards where negative: arg = axis | start << 8 | step << 40
  // movement
  place,  ///< (base, a) -> base with a written over one slice: arg as slice
  pair,   ///< (real, imaginary) -> complex: never computed, every operation on it works on the parts
  // contraction of an axis
  sum,   ///< a -> axes in the mask `arg` removed
  prod,
  amax,
  amin,
  dot,   ///< (a [B, M, K], b [B, K, N]) -> [B, M, N]
  // by index
  take,         ///< (table [V, ...], index [...]) -> table rows
  scatter_add,  ///< (index [...], rows [..., C]) -> [V, C], rows added where index says
  checked,      ///< (index) -> int64, negative ones counted from the end, outside is an error: arg = axis | wrap << 8 | size code << 16;
                ///< or any values as they are, of which each must keep a rule: arg = size code << 16 | Demand << 48 | Asker << 56
  gather,       ///< (a, index) -> shape of index, found along one axis: arg = axis
  scatter,      ///< (base, index, a) -> base with a written or reduced into it along one axis: arg = axis | Op << 8, `place` to write | back << 16
  // along one axis, a kernel of its own: arg = axis | reverse << 8 (from the last element; descending; right)
  cumsum,       ///< a -> running sums
  cumprod,      ///< a -> running products
  logcumsumexp, ///< a -> log of the running sum of exp(a)
  cummax,       ///< a -> int64: where the largest so far stands
  cummin,       ///< a -> int64: where the smallest so far stands
  recurrence,   ///< (a, b) -> y[i] = a[i] y[i-1] + b[i], y[0] = b[0]
  delay,        ///< a -> y[i] = a[i-1], y[0] = arg >> 9 (0 or 1)
  argsort,      ///< (a, ranks) -> int64: the stable order of the elements, NaN last; arg >> 9, or the ranks, say what is read of it (Builder::along)
  searchsorted, ///< (sorted [..., N], values [..., M]) -> int64 [..., M]: where a value belongs
  max_pool,       ///< (x [.., H, W], v) -> v's elements where the largest of each window of x stands, x's own without v: arg = a PoolWindow
  max_pool_back,  ///< (x, dy) -> what x receives: each dy where the largest of its window stands
  // factorisations, a kernel of their own: what belongs together lies in one result, row after row
  ctc,          ///< (x [T, N, C], targets, lengths [2, N]) -> losses [N], or d loss / dx [T, N, C]: arg = blank | zero infinite << 31 | gradient << 32
  svd,          ///< a [..., M, N] -> [..., M + 1 + N, K], K = min(M, N): U, the singular values, V; a = U diag(s) V^T
  // attention: softmax(q k^T scale + causal mask) v, scores never stored; q k v [B, H, T, D]
  attention,       ///< (q, k, v) -> out: arg = bits of scale (float) | causal << 32
  attention_lse,   ///< (attention) -> log-sum-exp of each row [B, H, T], by the same kernel
  attention_grad,  ///< (list of q, k, v, out, lse, dout) -> dq: arg = as attention
  attention_dk,    ///< (attention_grad) -> dk, by the same kernel
  attention_dv,    ///< (attention_grad) -> dv, by the same kernel
  // a body run again and again (ops/loop.hpp)
  list,    ///< (a, b, more) -> nothing: operands where there are more than three, `more` is the next list; arg = 1 where they need not be dense
  loop,    ///< (list) -> its first result: arg = number of the loop
  result,  ///< (loop) -> a further result of it: arg = which
  count
};

/// What `checked` demands of every value.
enum class Demand : std::uint8_t {
  index,        ///< it lies within its axis
  target,       ///< it is one of so many classes
  label,        ///< it is one of them, or -1
  probability,  ///< it lies in [0, 1]
  variance,     ///< it is not negative
  weights,      ///< neither is this
  length,       ///< it is that of a sequence of so many steps at most
  quantile,     ///< it lies in [0, 1], too
};

/// Who demands it, for the message.
enum class Asker : std::uint8_t { cov, pack_padded_sequence, binary_cross_entropy, cross_entropy, gaussian_nll_loss, multi_margin_loss, multilabel_margin_loss, nll_loss, quantile };
inline constexpr const char* asker_names[] = {"cov", "pack_padded_sequence", "binary_cross_entropy", "cross_entropy", "gaussian_nll_loss", "multi_margin_loss", "multilabel_margin_loss", "nll_loss", "quantile"};

/// What `special1` and `special2` compute.
enum class Special : std::uint8_t {
#define ETCH_X(name) name,
  ETCH_SPECIAL_OPS(ETCH_X)
#undef ETCH_X
  count
};
/// Whether it is a few instructions, where most are an iteration or a call.
constexpr bool is_cheap(Special s) { return s <= Special::shift_right; }

constexpr bool is_map(Op op) { return op >= Op::neg && op <= Op::cast; }
constexpr bool is_view(Op op) { return op >= Op::expand && op <= Op::slice; }
constexpr bool is_reduce(Op op) { return op >= Op::sum && op <= Op::amin; }
constexpr bool is_along(Op op) { return op >= Op::cumsum && op <= Op::searchsorted; }
constexpr bool is_leaf(Op op) { return op <= Op::empty; }
/// A second result of the kernel that computes its input.
constexpr bool is_part(Op op) { return op == Op::attention_lse || op == Op::attention_dk || op == Op::attention_dv || op == Op::result; }

constexpr const char* name_of(Op op) {
  constexpr const char* names[] = {"input", "constant", "iota", "extent", "empty",
#define ETCH_X(name) #name,
                                   ETCH_MAP_OPS(ETCH_X)
#undef ETCH_X
                                       "special1", "special2", "cast",
                                   "uniform", "expand", "permute", "reshape", "window", "slice", "place", "pair", "sum", "prod", "amax", "amin", "dot",
                                   "take", "scatter_add", "checked", "gather", "scatter", "cumsum", "cumprod", "logcumsumexp", "cummax", "cummin", "recurrence", "delay", "argsort", "searchsorted", "max_pool", "max_pool_back", "ctc", "svd",
                                   "attention", "attention_lse", "attention_grad", "attention_dk", "attention_dv", "list", "loop", "result"};
  return names[static_cast<int>(op)];
}

constexpr const char* name_of(Special s) {
  constexpr const char* names[] = {
#define ETCH_X(name) #name,
      ETCH_SPECIAL_OPS(ETCH_X)
#undef ETCH_X
  };
  return names[static_cast<int>(s)];
}

}  // namespace detail
}  // namespace ETCH_ABI
}  // namespace etch

// Muon: a matrix's momentum, made orthogonal by a few steps of Newton and Schulz, is the step.
//
//   m = lerp(m, g, 1 - momentum);   u = nesterov ? lerp(g, m, momentum) : m;   X = u / |u|
//   five times:  A = X X^T,  X = a X + (b A + c A A) X;   p -= lr weight_decay p + lr ratio X
//
// X is rounded to bfloat16 after each operation, as PyTorch's; products are float's.
#pragma once

#include <etch/ops/contract.hpp>
#include <etch/ops/dtype.hpp>
#include <etch/ops/permute.hpp>
#include <etch/ops/reduce.hpp>
#include <etch/optim/options.hpp>
#include <etch/optim/per_tensor.hpp>

namespace etch {
inline namespace ETCH_ABI {
namespace optim {

namespace detail {
template <class P>
struct MuonState {
  P momentum_buffer;
  template <class F>
  constexpr void each(F f) {
    f("momentum_buffer", momentum_buffer);
  }
};
/// Rounded to bfloat16, kept in float.
template <class X>
constexpr auto as_bfloat16(X x) {
  return to<float>(to<bfloat16>(x));
}
}  // namespace detail

struct Muon {
  enum AdjustLr { original, match_rms_adamw };

  double lr = 1e-3;
  double weight_decay = 0.1;
  double momentum = 0.95;
  bool nesterov = true;
  double ns_coefficients[3] = {3.4445, -4.7750, 2.0315};
  double eps = 1e-7;
  AdjustLr adjust_lr_fn = original;

  template <class M, class Place>
  using engine = detail::TensorUpdate<M, Muon, Place>;
  static constexpr int scalars = 9;
  static constexpr bool accepts(int rank) { return rank == 2; }
  template <class O, class F>
  static constexpr void options(O& o, F&& f) {
    f("lr", o.lr), f("weight_decay", o.weight_decay), f("momentum", o.momentum), f("nesterov", o.nesterov), f("ns_coefficients", o.ns_coefficients), f("eps", o.eps);
  }
  template <class P>
  using State = detail::MuonState<P>;

  void check() const {
    detail::not_negative("lr", lr);
    detail::not_negative("momentum", momentum);
    detail::not_negative("weight_decay", weight_decay);
  }
  void prepare(std::int64_t, double* s) const {
    s[0] = 1 - momentum;
    s[1] = nesterov ? 1 - momentum : 0;
    for (int i = 0; i < 3; ++i) s[2 + i] = ns_coefficients[i];
    s[5] = eps;
    s[6] = 1 - lr * weight_decay;
    s[7] = adjust_lr_fn == original ? lr : 0;
    s[8] = adjust_lr_fn == match_rms_adamw ? lr : 0;
  }
  template <int steps = 5, class P, class S>
  static constexpr void update(P& p, P g, detail::MuonState<P>& state, const S* s) {
    using T = typename P::value_type;
    constexpr double rows = P::dims()[0].size, columns = P::dims()[1].size;
    auto& m = state.momentum_buffer;
    m = m + (g - m) * s[0];
    const P x = P(to<T>(orthogonal<steps>(detail::as_bfloat16(m - (m - g) * s[1]), s)));
    const double high = root(rows > columns ? rows / columns : 1), wide = 0.2 * root(rows > columns ? rows : columns);
    p = p * s[6] - x * (s[7] * high + s[8] * wide);
  }

 private:
  template <int steps, class X, class S>
  static constexpr auto orthogonal(X u, const S* s) {
    if constexpr (X::dims()[0].size > X::dims()[1].size) {
      return t(orthogonal<steps>(t(u), s));
    } else {
      const auto norm = detail::as_bfloat16(sqrt(sum(u * u)));
      auto x = detail::as_bfloat16(u / maximum(norm, detail::as_bfloat16(s[5])));
      const auto a = to<float>(s[2]), b = to<float>(s[3]), c = to<float>(s[4]);
      for (int i = 0; i < steps; ++i) {
        const auto gram = detail::as_bfloat16(matmul(x, t(x)));
        const auto more = detail::as_bfloat16(b * gram + c * matmul(gram, gram));
        x = detail::as_bfloat16(a * x + matmul(more, x));
      }
      return x;
    }
  }
  /// A square root is no constant expression.
  static constexpr double root(double x) {
    double r = x > 1 ? x : 1;
    for (int i = 0; i < 100; ++i) r = 0.5 * (r + x / r);
    return r;
  }
};

/// Muon with another number of steps towards an orthogonal matrix, PyTorch's `ns_steps`: another program, so another type.
template <int Steps>
struct MuonSteps : Muon {
  template <class M, class Place>
  using engine = detail::TensorUpdate<M, MuonSteps, Place>;
  template <class P, class S>
  static constexpr void update(P& p, P g, detail::MuonState<P>& state, const S* s) {
    Muon::update<Steps>(p, g, state, s);
  }
};
/// `ns_steps<6>(Muon{.lr = 1e-3})`
template <int Steps>
constexpr MuonSteps<Steps> ns_steps(const Muon& inner) {
  static_assert(Steps >= 0 && Steps < 100, "etch: Muon: the number of steps must be below 100");
  return {inner};
}

}  // namespace optim
}  // namespace ETCH_ABI
}  // namespace etch

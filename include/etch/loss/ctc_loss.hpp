// Connectionist temporal classification: -log of the probability that log-probabilities [T, N, C] spell a target, with blanks
// and repetitions between its classes; its kernel and gradient are in cpu/ctc.hpp.
#pragma once

#include <etch/loss/reduction.hpp>
#include <etch/ops/arithmetic.hpp>
#include <etch/ops/shape.hpp>

namespace etch {
inline namespace ETCH_ABI {

/// Whether log-probabilities [T, N, C], targets [N, S] or [all], and lengths [N] fit; without N a single sequence.
template <class X, class Y, class I, class L>
struct ctc_shapes {
  static constexpr bool check() {
    const Dims x = X::dims(0), y = Y::dims(8), i = I::dims(16), l = L::dims(24);
    if (x.rank == 2) return y.rank == 1 && i.rank == 0 && l.rank == 0;
    return x.rank == 3 && (y.rank == 1 || (y.rank == 2 && agree(y[0], x[1]))) && i.rank == 1 && l.rank == 1 && agree(i[0], x[1]) && agree(l[0], x[1]);
  }
  static constexpr bool fit = check();
};

namespace detail {
template <class... A>
constexpr bool all_integers = (is_integral(dtype_of<typename A::value_type>) && ...);

template <Reduction R, int Blank, bool ZeroInfinity>
struct ctc_loss_fn {
  template <class X, class Y, class I, class L>
  constexpr auto operator()(X log_probs, Y targets, I input_lengths, L target_lengths) const {
    using Shapes = ctc_shapes<X, Y, I, L>;
    constexpr bool types = is_floating(dtype_of<typename X::value_type>) && all_integers<Y, I, L>;
    constexpr bool blank = X::rank == 0 || (Blank >= 0 && Blank < X::dims(0)[X::rank > 0 ? X::rank - 1 : 0].size);
    if constexpr (!Shapes::fit) {
      static_assert(Shapes::fit, "etch: ctc_loss: log-probabilities must be [T, N, C], targets [N, S] or [all], and lengths [N]");
      return Poison{};
    } else if constexpr (!types || !blank) {
      static_assert(types, "etch: ctc_loss: log-probabilities must be floating, targets and lengths integers");
      static_assert(blank, "etch: ctc_loss: the blank must be one of the classes");
      return Poison{};
    } else if constexpr (X::rank == 2) {
      const auto rows = ctc_loss_fn<Reduction::none, Blank, ZeroInfinity>{}(unsqueeze_fn<1>{}(log_probs), unsqueeze_fn<0>{}(targets), unsqueeze_fn<0>{}(input_lengths), unsqueeze_fn<0>{}(target_lengths));
      return reduced(select_fn<0, 0>{}(rows), target_lengths);
    } else {
      Builder& b = *log_probs.builder;
      const int n = b.shape(log_probs.id).size[1];
      const auto row = [&](int lengths) { return b.reshape(b.cast(lengths, DType::int64), Shape{2, {1, n}}); };
      const int lengths = b.place(b.place(b.empty(Shape{2, {2, n}}, DType::int64), row(input_lengths.id), 0, 0, 1), row(target_lengths.id), 0, 1, 1);
      using Rows = result_of<typename X::value_type, by_batch<X>, X>;
      return reduced(Rows{&b, b.ctc(log_probs.id, b.cast(targets.id, DType::int64), lengths, Blank, ZeroInfinity)}, target_lengths);
    }
  }

 private:
  template <class X>
  struct by_batch {
    static constexpr Dims make() {
      Dims r;
      r.push(X::dims(0)[1]);
      return r;
    }
    static constexpr Dims value = make();
  };
  /// The mean divides each loss by the length of its target first.
  template <class X>
  static constexpr auto reduced(X loss, auto lengths) {
    if constexpr (R == Reduction::mean) return reduce_loss<R>(loss / cast_fn<typename X::value_type>{}(clamp_min(lengths, 1)));
    else return reduce_loss<R>(loss);
  }
};
}  // namespace detail

/// torch.nn.functional.ctc_loss: log-probabilities [T, N, C] (or [T, C]), targets [N, S] or one behind another, lengths of both.
/// `ZeroInfinity`: a target that no alignment can spell costs nothing.
template <Reduction R = Reduction::mean, int Blank = 0, bool ZeroInfinity = false, Operand X, Operand Y, Operand I, Operand L>
constexpr auto ctc_loss(const X& log_probs, const Y& targets, const I& input_lengths, const L& target_lengths) {
  return apply<detail::ctc_loss_fn<R, Blank, ZeroInfinity>>(log_probs, targets, input_lengths, target_lengths);
}

}  // namespace ETCH_ABI
}  // namespace etch

// Connectionist temporal classification: the probability of all alignments of a target with the time steps, and its gradient.
//
//   alpha[t][s]: the steps up to t have said the first s of blank, y_1, blank, y_2, .., y_L, blank;  beta from the other end
//   loss = -log(alpha[T-1][2L] + alpha[T-1][2L-1]),   d loss / d x[t][c] = exp(x[t][c]) - P(step t says c)
#pragma once

#include <etch/cpu/machine.hpp>

namespace etch {
inline namespace ETCH_ABI {
namespace cpu {
namespace detail {

/// One sequence: log-probabilities x[t * step + c], in double, in a room for alpha of every time step and two rows of beta.
template <class T>
struct CtcLine {
  static constexpr double never = -__builtin_huge_val();
  const T* x;
  const std::int64_t* target;
  index_t step, steps, classes, length, blank;
  double* room;  ///< (steps + 2) (2 length + 1), then one for each class

  static std::size_t bytes(index_t steps, index_t classes, index_t length) { return aligned(static_cast<std::size_t>((steps + 2) * (2 * length + 1) + classes) * sizeof(double)); }

  index_t states() const { return 2 * length + 1; }
  index_t label(index_t s) const { return s % 2 == 0 ? blank : target[s / 2]; }
  bool skips(index_t s) const { return s % 2 != 0 && s > 1 && target[s / 2] != target[s / 2 - 1]; }
  double log_p(index_t t, index_t s) const { return static_cast<double>(x[t * step + label(s)]); }
  static double log_add(double a, double b) {
    if (a < b) return log_add(b, a);
    return b == never ? a : a + __builtin_log1p(__builtin_exp(b - a));
  }

  double loss() {
    if (steps == 0) return length == 0 ? 0 : -never;
    for (index_t t = 0; t < steps; ++t) {
      double* const now = room + t * states();
      const double* const last = now - states();
      for (index_t s = 0; s < states(); ++s) {
        double a = t == 0 ? (s < 2 ? 0 : never) : last[s];
        if (t > 0 && s > 0) a = log_add(a, last[s - 1]);
        if (t > 0 && skips(s)) a = log_add(a, last[s - 2]);
        now[s] = a == never ? never : a + log_p(t, s);
      }
    }
    const double* const end = room + (steps - 1) * states() + states() - 1;
    return -(length > 0 ? log_add(end[0], end[-1]) : end[0]);
  }
  /// After `loss`: writes to g[t * step + c].
  void gradient(double loss, T* g) {
    double* beta = room + steps * states();
    double* later = beta + states();
    double* const total = later + states();
    for (index_t t = steps - 1; t >= 0; --t) {
      for (index_t c = 0; c < classes; ++c) total[c] = never;
      for (index_t s = 0; s < states(); ++s) {
        double b = t == steps - 1 ? (s + 2 >= states() ? 0 : never) : later[s];
        if (t < steps - 1 && s + 1 < states()) b = log_add(b, later[s + 1]);
        if (t < steps - 1 && s + 2 < states() && skips(s + 2)) b = log_add(b, later[s + 2]);
        double& sum = total[label(s)];
        sum = log_add(sum, room[t * states() + s] + b);  // of which alpha alone has x[t]
        beta[s] = b == never ? never : b + log_p(t, s);
      }
      for (index_t c = 0; c < classes; ++c) {
        const double p = static_cast<double>(x[t * step + c]);
        g[t * step + c] = static_cast<T>(__builtin_exp(p) - __builtin_exp(total[c] + loss));
      }
      double* const swap = beta;
      beta = later;
      later = swap;
    }
  }
};

/// [T, N, C, numbers of targets, their columns or 0 where they stand one after another]; accesses x [T, N, C], targets, lengths
/// [2, N], and losses [N] or the gradient [T, N, C]. arg: blank | zero infinite losses << 31 | gradient << 32.
template <class T>
void run_ctc(Machine& machine, int s) {
  const Step& step = machine.step(s);
  const index_t steps = machine.size(step.dim[0]), batch = machine.size(step.dim[1]), classes = machine.size(step.dim[2]), numbers = machine.size(step.dim[3]), columns = machine.size(step.dim[4]);
  const T* const x = reinterpret_cast<const T*>(machine.pointer(step.access));
  const auto* const targets = reinterpret_cast<const std::int64_t*>(machine.pointer(step.access + 1));
  const auto* const lengths = reinterpret_cast<const std::int64_t*>(machine.pointer(step.access + 2));
  T* const y = reinterpret_cast<T*>(machine.pointer(step.access + 3));
  const bool zero = (step.arg >> 31 & 1) != 0, backward = (step.arg >> 32 & 1) != 0;
  const auto blank = static_cast<index_t>(step.arg & 0x7fffffff);
  if (backward) std::memset(static_cast<void*>(y), 0, static_cast<std::size_t>(steps * batch * classes) * sizeof(T));
  index_t begin = 0;
  for (index_t n = 0; n < batch; ++n) {
    const index_t time = lengths[n], length = lengths[batch + n], first = columns > 0 ? n * columns : begin, room = columns > 0 ? columns : numbers - begin;
    if (ETCH_CHECKS && (time < 0 || time > steps))
      fail("ctc_loss", "an input length must lie within the time steps", Message{} << "got " << static_cast<long>(time) << " at position " << static_cast<long>(n) << " for " << static_cast<long>(steps) << " steps");
    if (ETCH_CHECKS && (length < 0 || length > room))
      fail("ctc_loss", "a target length must lie within the targets", Message{} << "got " << static_cast<long>(length) << " at position " << static_cast<long>(n) << " for " << static_cast<long>(room) << " targets");
    for (index_t i = 0; ETCH_CHECKS && i < length; ++i)
      if (targets[first + i] < 0 || targets[first + i] >= classes)
        fail("loss", "a target must be one of the classes", Message{} << "got " << static_cast<long>(targets[first + i]) << " at position " << static_cast<long>(first + i) << " for " << static_cast<long>(classes) << " classes, in ctc_loss");
    begin += length;
    CtcLine<T> line{x + n * classes, targets + first, batch * classes, time, classes, length, blank, static_cast<double*>(machine.workspace())};
    const double loss = line.loss();
    const bool left_out = zero && loss == -CtcLine<T>::never;
    if (!backward) y[n] = static_cast<T>(left_out ? 0 : loss);
    else if (!left_out) line.gradient(loss, y + n * classes);
  }
}
template <class T>
std::size_t ctc_workspace(const Machine& machine, const Step& s) {
  const index_t columns = machine.capacity(s.dim[4]);
  return CtcLine<T>::bytes(machine.capacity(s.dim[0]), machine.capacity(s.dim[2]), columns > 0 ? columns : machine.capacity(s.dim[3]));
}

}  // namespace detail
}  // namespace cpu
}  // namespace ETCH_ABI
}  // namespace etch

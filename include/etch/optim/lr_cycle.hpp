// Schedules that raise the rate and lower it again, while the momentum goes the other way.
#pragma once

#include <etch/optim/scheduler.hpp>

namespace etch {
inline namespace ETCH_ABI {
namespace optim {

namespace detail {
inline double& momentum_of(const Rates& r) {
  if (r.momentum == nullptr) fail("schedule", "the optimizer must have a momentum or betas where cycle_momentum is on");
  return *r.momentum;
}
}  // namespace detail

/// From `base_lr` to `max_lr` in `step_size_up` epochs and back in `step_size_down`, again and again.
struct CyclicLR {
  enum Mode { triangular, triangular2, exp_range };
  enum ScaleMode { cycle, iterations };

  Each<double> base_lr = 1e-3;
  Each<double> max_lr = 1e-2;
  std::int64_t step_size_up = 2000;
  std::int64_t step_size_down = 0;  ///< 0: as long as up
  Mode mode = triangular;           ///< triangular2 halves the height each cycle, exp_range shrinks it by gamma each epoch
  double gamma = 1;
  double (*scale_fn)(double) = nullptr;  ///< a function of the cycle or of the epoch (`scale_mode`) in place of the mode
  ScaleMode scale_mode = cycle;
  bool cycle_momentum = true;
  Each<double> base_momentum = 0.8;
  Each<double> max_momentum = 0.9;

  void check() const { detail::positive("step_size_up", static_cast<double>(step_size_up)); }
  void attach(Rates& r) const {
    *r.lr = base_lr[r.group];
    if (cycle_momentum) detail::momentum_of(r) = max_momentum[r.group];
  }
  void set(Rates& r, std::int64_t epoch) const {
    const double height = height_of(epoch), base = base_lr[r.group];
    *r.lr = base + (max_lr[r.group] - base) * height;
    const double top = max_momentum[r.group];
    if (cycle_momentum) detail::momentum_of(r) = top - (top - base_momentum[r.group]) * height;
  }

 private:
  /// Between base (0) and max (1).
  double height_of(std::int64_t epoch) const {
    const double e = static_cast<double>(epoch), up = static_cast<double>(step_size_up), down = step_size_down > 0 ? static_cast<double>(step_size_down) : up;
    const double ratio = up / (up + down), number = __builtin_floor(1 + e / (up + down)), x = 1 + e / (up + down) - number;
    const double height = x <= ratio ? x / ratio : (x - 1) / (ratio - 1);
    if (scale_fn != nullptr) return height * scale_fn(scale_mode == cycle ? number : e);
    return height * (mode == triangular ? 1 : mode == triangular2 ? 1 / __builtin_pow(2.0, number - 1) : __builtin_pow(gamma, e));
  }
};

/// Up to `max_lr` and down to almost nothing, once, in `total_steps`.
struct OneCycleLR {
  static constexpr Anneal cos = Anneal::cos, linear = Anneal::linear;

  Each<double> max_lr = 1e-2;
  std::int64_t total_steps = 0;  ///< or epochs and steps_per_epoch
  std::int64_t epochs = 0;
  std::int64_t steps_per_epoch = 0;
  double pct_start = 0.3;
  Anneal anneal_strategy = Anneal::cos;
  bool cycle_momentum = true;
  Each<double> base_momentum = 0.85;
  Each<double> max_momentum = 0.95;
  double div_factor = 25;
  double final_div_factor = 1e4;
  bool three_phase = false;

  void check() const {
    if (total_steps <= 0 && (epochs <= 0 || steps_per_epoch <= 0)) fail("optim::OneCycleLR", "total_steps, or epochs and steps_per_epoch, must be positive");
    detail::fraction("pct_start", pct_start);
  }
  void attach(Rates& r) const {
    r.initial_lr = max_lr[r.group] / div_factor;
    r.started = true;
    if (cycle_momentum) detail::momentum_of(r) = max_momentum[r.group];
  }
  void set(Rates& r, std::int64_t epoch) const {
    const std::int64_t steps = total_steps > 0 ? total_steps : epochs * steps_per_epoch;
    if (epoch > steps) fail("optim::OneCycleLR", "there must be no more steps than total_steps", Message{} << "got step " << epoch << " of " << steps);
    const double n = static_cast<double>(steps), at = static_cast<double>(epoch), low = r.initial_lr, high = max_lr[r.group];
    const double first = pct_start * n - 1, second = three_phase ? 2 * pct_start * n - 2 : n - 1;
    const double base = base_momentum[r.group], top = max_momentum[r.group];
    if (at <= first) move(r, at / first, low, high, top, base);
    else if (at <= second || !three_phase) move(r, (at - first) / (second - first), high, three_phase ? low : low / final_div_factor, base, top);
    else move(r, (at - second) / (n - 1 - second), low, low / final_div_factor, top, top);
  }

 private:
  double between(double from, double to, double part) const {
    return anneal_strategy == Anneal::cos ? to + (from - to) / 2 * (__builtin_cos(detail::pi * part) + 1) : (to - from) * part + from;
  }
  void move(Rates& r, double part, double from, double to, double momentum_from, double momentum_to) const {
    *r.lr = between(from, to, part);
    if (cycle_momentum) detail::momentum_of(r) = between(momentum_from, momentum_to, part);
  }
};

}  // namespace optim
}  // namespace ETCH_ABI
}  // namespace etch

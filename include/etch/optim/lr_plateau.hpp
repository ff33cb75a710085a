// A schedule that lowers the rate when a measured number stops getting better.
#pragma once

#include <etch/optim/scheduler.hpp>

#include <limits>

namespace etch {
inline namespace ETCH_ABI {
namespace optim {

/// `scheduler.step(validation_loss)`: after `patience` epochs that are no better, the rate is multiplied by `factor`.
struct ReduceLROnPlateau {
  enum Mode { min, max };
  enum ThresholdMode { rel, abs };

  Mode mode = min;
  double factor = 0.1;
  std::int64_t patience = 10;
  double threshold = 1e-4;
  ThresholdMode threshold_mode = rel;
  std::int64_t cooldown = 0;  ///< epochs after a reduction that do not count
  Each<double> min_lr = 0;
  double eps = 1e-8;  ///< smaller reductions are left out
  // ---- no options: how far it has come ----
  double best = std::numeric_limits<double>::quiet_NaN();
  std::int64_t cooldown_counter = 0, num_bad_epochs = 0, last_epoch = 0;

  void start(Rates* r, int groups) {
    if (!(factor < 1)) fail("optim::ReduceLROnPlateau", "factor must be below 1", detail::option_text("factor", factor));
    for (int i = 0; i < groups; ++i) r[i].initial_lr = *r[i].lr;
    best = mode == min ? std::numeric_limits<double>::infinity() : -std::numeric_limits<double>::infinity();
    cooldown_counter = num_bad_epochs = last_epoch = 0;
  }
  void step(Rates* r, int groups, double metric) {
    ++last_epoch;
    if (better(metric)) {
      best = metric;
      num_bad_epochs = 0;
    } else {
      ++num_bad_epochs;
    }
    if (cooldown_counter > 0) {
      --cooldown_counter;
      num_bad_epochs = 0;
    }
    if (num_bad_epochs <= patience) return;
    for (int i = 0; i < groups; ++i) {
      const double lr = __builtin_fmax(*r[i].lr * factor, min_lr[i]);
      if (*r[i].lr - lr > eps) *r[i].lr = lr;
    }
    cooldown_counter = cooldown;
    num_bad_epochs = 0;
  }
  template <class F>
  void state(F&& f) {
    f("best", best), f("cooldown_counter", cooldown_counter), f("num_bad_epochs", num_bad_epochs), f("last_epoch", last_epoch);
  }

 private:
  bool better(double x) const {
    if (mode == min) return x < (threshold_mode == rel ? best * (1 - threshold) : best - threshold);
    return x > (threshold_mode == rel ? best * (1 + threshold) : best + threshold);
  }
};

}  // namespace optim
}  // namespace ETCH_ABI
}  // namespace etch

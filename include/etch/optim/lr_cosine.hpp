// Schedules along a cosine, once or with warm restarts.
//
//   eta_min + (lr - eta_min) (1 + cos(pi e / T)) / 2
#pragma once

#include <etch/optim/scheduler.hpp>

namespace etch {
inline namespace ETCH_ABI {
namespace optim {

/// Down to `eta_min` in `T_max` epochs, and up again.
struct CosineAnnealingLR {
  std::int64_t T_max = 1;
  double eta_min = 0;

  void check() const { detail::positive("T_max", static_cast<double>(T_max)); }
  double operator()(double initial_lr, std::int64_t epoch) const { return eta_min + (initial_lr - eta_min) * (1 + cosine(epoch)) / 2; }
  void set(Rates& r, std::int64_t epoch) const {
    if (epoch == 0) return;
    if ((epoch - 1 - T_max) % (2 * T_max) == 0) *r.lr += (r.initial_lr - eta_min) * (1 - cosine(1)) / 2;
    else *r.lr = (1 + cosine(epoch)) / (1 + cosine(epoch - 1)) * (*r.lr - eta_min) + eta_min;
  }

 private:
  double cosine(std::int64_t epoch) const { return __builtin_cos(detail::pi * static_cast<double>(epoch) / static_cast<double>(T_max)); }
};

/// Down to `eta_min` in `T_0` epochs, then from the top again, each time `T_mult` times as long.
struct CosineAnnealingWarmRestarts {
  std::int64_t T_0 = 1;
  std::int64_t T_mult = 1;
  double eta_min = 0;

  void check() const {
    detail::positive("T_0", static_cast<double>(T_0));
    detail::positive("T_mult", static_cast<double>(T_mult));
  }
  double operator()(double initial_lr, std::int64_t epoch) const {
    std::int64_t length = T_0;
    if (T_mult == 1) epoch %= length;
    for (; epoch >= length; length *= T_mult) epoch -= length;
    return eta_min + (initial_lr - eta_min) * (1 + __builtin_cos(detail::pi * static_cast<double>(epoch) / static_cast<double>(length))) / 2;
  }
  void set(Rates& r, std::int64_t epoch) const { *r.lr = (*this)(r.initial_lr, epoch); }
};

}  // namespace optim
}  // namespace ETCH_ABI
}  // namespace etch

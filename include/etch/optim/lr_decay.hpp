// Schedules that multiply the rate: by a function, by steps, by powers, by a ramp.
//
//   LambdaLR lr f(e)   StepLR lr gamma^(e / size)   ExponentialLR lr gamma^e   PolynomialLR lr (1 - e / n)^power   ...
#pragma once

#include <etch/optim/scheduler.hpp>

namespace etch {
inline namespace ETCH_ABI {
namespace optim {

namespace detail {
/// A function of the epoch, or of epoch and group.
template <class F>
double factor_of(const F& f, std::int64_t epoch, int group) {
  if constexpr (std::is_invocable_v<const F&, std::int64_t, int>) return static_cast<double>(f(epoch, group));
  else return static_cast<double>(f(epoch));
}
}  // namespace detail

/// The initial rate times `lr_lambda(epoch)`, or `lr_lambda(epoch, group)`.
template <class F>
struct LambdaLR {
  F lr_lambda;

  void check() const {}
  double operator()(double initial_lr, std::int64_t epoch, int group = 0) const { return initial_lr * detail::factor_of(lr_lambda, epoch, group); }
  void set(Rates& r, std::int64_t epoch) const { *r.lr = (*this)(r.initial_lr, epoch, r.group); }
  void restart(Rates& r) const { set(r, 0); }
};
template <class F>
LambdaLR(F) -> LambdaLR<F>;

/// The rate before times `lr_lambda(epoch)`, or `lr_lambda(epoch, group)`.
template <class F>
struct MultiplicativeLR {
  F lr_lambda;

  void check() const {}
  void set(Rates& r, std::int64_t epoch) const {
    if (epoch > 0) restart(r, epoch);
  }
  void restart(Rates& r, std::int64_t epoch = 0) const { *r.lr *= detail::factor_of(lr_lambda, epoch, r.group); }
};
template <class F>
MultiplicativeLR(F) -> MultiplicativeLR<F>;

/// Times gamma every `step_size` epochs.
struct StepLR {
  std::int64_t step_size = 1;
  double gamma = 0.1;

  void check() const { detail::positive("step_size", static_cast<double>(step_size)); }
  double operator()(double initial_lr, std::int64_t epoch) const { return initial_lr * __builtin_pow(gamma, static_cast<double>(epoch / step_size)); }
  void set(Rates& r, std::int64_t epoch) const {
    if (epoch > 0 && epoch % step_size == 0) *r.lr *= gamma;
  }
};

/// Times gamma at each milestone; twice at one that is there twice.
struct MultiStepLR {
  Milestones milestones;
  double gamma = 0.1;

  void check() const {}
  double operator()(double initial_lr, std::int64_t epoch) const { return initial_lr * __builtin_pow(gamma, milestones.reached(epoch)); }
  void set(Rates& r, std::int64_t epoch) const { *r.lr *= __builtin_pow(gamma, milestones.reached(epoch) - milestones.reached(epoch - 1)); }
};

/// Times `factor` until epoch `total_iters`.
struct ConstantLR {
  double factor = 1.0 / 3;
  std::int64_t total_iters = 5;

  void check() const { detail::fraction("factor", factor); }
  double operator()(double initial_lr, std::int64_t epoch) const { return epoch >= total_iters ? initial_lr : initial_lr * factor; }
  void set(Rates& r, std::int64_t epoch) const {
    if (epoch == 0) *r.lr *= factor;
    else if (epoch == total_iters) *r.lr *= 1 / factor;
  }
};

/// Times a factor that goes in a line from `start_factor` to `end_factor` in `total_iters` epochs.
struct LinearLR {
  double start_factor = 1.0 / 3;
  double end_factor = 1;
  std::int64_t total_iters = 5;

  void check() const {
    detail::positive("start_factor", start_factor);
    detail::fraction("start_factor", start_factor);
    detail::fraction("end_factor", end_factor);
  }
  double operator()(double initial_lr, std::int64_t epoch) const {
    const double n = static_cast<double>(total_iters), e = static_cast<double>(epoch < total_iters ? epoch : total_iters);
    return initial_lr * (start_factor + (end_factor - start_factor) * e / n);
  }
  void set(Rates& r, std::int64_t epoch) const {
    const double n = static_cast<double>(total_iters), rise = end_factor - start_factor;
    if (epoch == 0) *r.lr *= start_factor;
    else if (epoch <= total_iters) *r.lr *= 1 + rise / (n * start_factor + static_cast<double>(epoch - 1) * rise);
  }
};

/// Times gamma every epoch.
struct ExponentialLR {
  double gamma = 0.1;

  void check() const {}
  double operator()(double initial_lr, std::int64_t epoch) const { return initial_lr * __builtin_pow(gamma, static_cast<double>(epoch)); }
  void set(Rates& r, std::int64_t epoch) const {
    if (epoch > 0) *r.lr *= gamma;
  }
};

/// Times (1 - epoch / total_iters)^power, down to zero.
struct PolynomialLR {
  std::int64_t total_iters = 5;
  double power = 1;

  void check() const {}
  double operator()(double initial_lr, std::int64_t epoch) const {
    const double n = static_cast<double>(total_iters), e = static_cast<double>(epoch < total_iters ? epoch : total_iters);
    return initial_lr * __builtin_pow(1 - e / n, power);
  }
  void set(Rates& r, std::int64_t epoch) const {
    const double n = static_cast<double>(total_iters), e = static_cast<double>(epoch);
    if (epoch > 0 && epoch <= total_iters) *r.lr *= __builtin_pow((1 - e / n) / (1 - (e - 1) / n), power);
  }
};

}  // namespace optim
}  // namespace ETCH_ABI
}  // namespace etch

// A learning-rate schedule bound to an optimizer: `step()` after each epoch, as torch.optim.lr_scheduler's.
//
//   auto scheduler = optim::schedule(step.optimizer(), optim::StepLR{.step_size = 30});
//   for (...) { step(x, y);  scheduler.step(); }
//
// A schedule is a small struct of options. `set(rates, epoch)` makes epoch's rate of the one before, as PyTorch does, so that schedules chain;
// where there is a closed form, `schedule(initial_lr, epoch)` is it.
#pragma once

#include <etch/optim/options.hpp>

#include <cstdint>
#include <initializer_list>
#include <type_traits>

namespace etch {
inline namespace ETCH_ABI {
namespace optim {

/// The rates of one parameter group: pointers into its optimizer.
struct Rates {
  double* lr = nullptr;
  double* momentum = nullptr;  ///< its momentum, or the first of its betas; null where it has neither
  double initial_lr = 0;
  bool started = false;  ///< whether a schedule has said what the initial rate is
  int group = 0;
};

/// One value for all groups, or one for each: `.max_lr = 0.1`, `.max_lr = {0.1, 0.02}`.
template <class T, int N = 16>
class Each {
 public:
  constexpr Each() = default;
  template <class U>
    requires std::is_arithmetic_v<U>
  constexpr Each(U value) : value_{static_cast<T>(value)}, count_(1) {}
  constexpr Each(std::initializer_list<T> values) {
    for (const T& v : values)
      if (count_ < N) value_[count_++] = v;
  }
  constexpr int count() const { return count_; }
  constexpr T operator[](int i) const { return value_[count_ == 1 ? 0 : i]; }
  /// How many are at most `x`.
  constexpr int reached(std::int64_t x) const {
    int n = 0;
    for (int i = 0; i < count_; ++i) n += value_[i] <= x;
    return n;
  }

 private:
  T value_[N]{};
  int count_ = 0;
};
/// Epochs at which something happens, in any order.
using Milestones = Each<std::int64_t, 64>;

/// How a rate goes from one value to another.
enum class Anneal { cos, linear };

namespace detail {

inline constexpr double pi = 3.14159265358979323846;

/// A schedule and how far it has come.
template <class S>
class Clock {
 public:
  explicit Clock(const S& rule) : rule_(rule) {}

  void start(Rates* r, int groups) {
    rule_.check();
    for (int i = 0; i < groups; ++i) {
      if constexpr (requires { rule_.attach(r[i]); }) rule_.attach(r[i]);
      if (!r[i].started) r[i].initial_lr = *r[i].lr;
      r[i].started = true;
    }
    begin(r, groups);
  }
  void begin(Rates* r, int groups) {
    epoch_ = 0;
    for (int i = 0; i < groups; ++i) rule_.set(r[i], 0);
  }
  void step(Rates* r, int groups) {
    ++epoch_;
    for (int i = 0; i < groups; ++i) rule_.set(r[i], epoch_);
  }
  /// From the beginning, wherever the rate is now.
  void restart(Rates* r, int groups) {
    epoch_ = 0;
    for (int i = 0; i < groups; ++i) {
      if constexpr (requires { rule_.restart(r[i]); }) rule_.restart(r[i]);
      else if constexpr (requires { rule_(r[i].initial_lr, epoch_); }) *r[i].lr = rule_(r[i].initial_lr, 0);
      else rule_.set(r[i], 0);
    }
  }
  /// f(name, number) of everything that changes.
  template <class F>
  void state(F&& f) {
    f("last_epoch", epoch_);
  }

 private:
  S rule_;
  std::int64_t epoch_ = 0;
};

/// A schedule with a state of its own, or one that only needs a clock.
template <class S>
struct RunningOf {
  using type = Clock<S>;
};
template <class S>
  requires requires(S s, Rates* r) { s.start(r, 1); }
struct RunningOf<S> {
  using type = S;
};
template <class S>
using Running = typename RunningOf<S>::type;

/// f on each group's optimizer.
template <class O, class F>
void each_group(O& optimizer, F f) {
  if constexpr (requires { optimizer.groups; }) optimizer.each([&](int, auto& group) { f(group.optimizer); });
  else f(optimizer);
}

}  // namespace detail

/// A schedule that moves an optimizer's learning rates (and the momenta of some). It must not outlive the optimizer.
template <class S>
class Scheduler {
 public:
  static constexpr int max_groups = 16;

  template <class O>
  Scheduler(O& optimizer, const S& schedule) : schedule_(schedule) {
    detail::each_group(optimizer, [&](auto& o) {
      if (groups_ == max_groups) fail("schedule", "at most 16 parameter groups");
      Rates& r = rates_[groups_];
      r.lr = &o.lr;
      if constexpr (requires { o.momentum; }) r.momentum = &o.momentum;
      else if constexpr (requires { o.betas; }) r.momentum = &o.betas[0];
      r.group = groups_++;
    });
    schedule_.start(rates_, groups_);
  }
  /// The next epoch's rates.
  void step() { schedule_.step(rates_, groups_); }
  /// The same for a schedule that looks at a measured number.
  void step(double metric) { schedule_.step(rates_, groups_, metric); }
  double get_last_lr(int group = 0) const { return *rates_[group].lr; }

  /// f(name, number) of everything that a schedule that goes on later must know.
  template <class F>
  void state(F&& f) {
    for (int i = 0; i < groups_; ++i) {
      f("lr", *rates_[i].lr);
      f("initial_lr", rates_[i].initial_lr);
      if (rates_[i].momentum != nullptr) f("momentum", *rates_[i].momentum);
    }
    schedule_.state(f);
  }

 private:
  detail::Running<S> schedule_;
  Rates rates_[max_groups];
  int groups_ = 0;
};
/// Binds a schedule to an optimizer, or to the optimizers of its groups: the first rate is set at once.
template <class O, class S>
Scheduler<S> schedule(O& optimizer, const S& rule) {
  return {optimizer, rule};
}

}  // namespace optim
}  // namespace ETCH_ABI
}  // namespace etch

// Schedules made of schedules: one after another, or all at once.
#pragma once

#include <etch/expr/lazy.hpp>
#include <etch/optim/scheduler.hpp>

namespace etch {
inline namespace ETCH_ABI {
namespace optim {

namespace detail {
/// Several running schedules.
template <class... S>
class RunningAll {
 public:
  explicit RunningAll(const S&... s) : running_{{{Running<S>(s)}...}} {}
  /// f(number, schedule)
  template <class F>
  void each(F f) {
    [&]<std::size_t... I>(std::index_sequence<I...>) { (f(static_cast<int>(I), etch::detail::held<I>(running_)), ...); }(std::index_sequence_for<S...>{});
  }

 private:
  Pack<Running<S>...> running_;
};
}  // namespace detail

/// `SequentialLR({5}, LinearLR{}, ExponentialLR{.gamma = 0.9})`: the second begins at epoch 5.
template <class... S>
class SequentialLR {
  static_assert(sizeof...(S) > 0, "etch: SequentialLR: at least one schedule");

 public:
  SequentialLR(const Milestones& milestones, const S&... schedules) : milestones_(milestones), all_(schedules...) {}

  void start(Rates* r, int groups) {
    if (milestones_.count() != sizeof...(S) - 1)
      fail("optim::SequentialLR", "there must be one milestone less than schedules", Message{} << "got " << milestones_.count() << " for " << static_cast<int>(sizeof...(S)));
    all_.each([&](int, auto& s) { s.start(r, groups); });
    begin(r, groups);
  }
  void begin(Rates* r, int groups) {
    epoch_ = 0;
    for (int i = 0; i < groups; ++i) *r[i].lr = r[i].initial_lr;
    const int now = milestones_.reached(0);
    all_.each([&](int i, auto& s) {
      if (i == now) s.begin(r, groups);
    });
  }
  void step(Rates* r, int groups) {
    ++epoch_;
    const int now = milestones_.reached(epoch_);
    all_.each([&](int i, auto& s) {
      if (i != now) return;
      if (milestones_.reached(epoch_ - 1) < now) s.restart(r, groups);
      else s.step(r, groups);
    });
  }
  void restart(Rates* r, int groups) { begin(r, groups); }
  template <class F>
  void state(F&& f) {
    f("last_epoch", epoch_);
    all_.each([&](int, auto& s) { s.state(f); });
  }

 private:
  Milestones milestones_;
  detail::RunningAll<S...> all_;
  std::int64_t epoch_ = 0;
};

/// `ChainedScheduler(LinearLR{}, ExponentialLR{.gamma = 0.9})`: each changes what those before it have made.
template <class... S>
class ChainedScheduler {
  static_assert(sizeof...(S) > 0, "etch: ChainedScheduler: at least one schedule");

 public:
  explicit ChainedScheduler(const S&... schedules) : all_(schedules...) {}

  void start(Rates* r, int groups) {
    all_.each([&](int, auto& s) { s.start(r, groups); });
  }
  void begin(Rates* r, int groups) {
    all_.each([&](int, auto& s) { s.begin(r, groups); });
  }
  void step(Rates* r, int groups) {
    all_.each([&](int, auto& s) { s.step(r, groups); });
  }
  void restart(Rates* r, int groups) {
    for (int i = 0; i < groups; ++i) *r[i].lr = r[i].initial_lr;
    begin(r, groups);
  }
  template <class F>
  void state(F&& f) {
    all_.each([&](int, auto& s) { s.state(f); });
  }

 private:
  detail::RunningAll<S...> all_;
};

}  // namespace optim
}  // namespace ETCH_ABI
}  // namespace etch

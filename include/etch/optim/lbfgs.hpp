// L-BFGS: Newton's step with an inverse Hessian remembered as the last differences of points and gradients.
//
//   y = g - g before,  s = x - x before;   d = -H g by the two-loop recursion over (s, y);   x += t d
//
// A step evaluates loss and gradient up to max_eval times on its batch; t is lr, or found by a strong Wolfe line search.
#pragma once

#include <etch/optim/options.hpp>
#include <etch/optim/strong_wolfe.hpp>
#include <etch/run/update.hpp>

namespace etch {
inline namespace ETCH_ABI {
namespace optim {

namespace detail {
template <class M, class Place>
class LbfgsEngine;
}  // namespace detail

struct LBFGS {
  enum LineSearch { none, strong_wolfe };

  double lr = 1;
  int max_iter = 20;
  int max_eval = 0;  ///< 0: max_iter * 5 / 4
  double tolerance_grad = 1e-7;
  double tolerance_change = 1e-9;
  int history_size = 100;
  LineSearch line_search_fn = none;

  template <class M, class Place>
  using engine = detail::LbfgsEngine<M, Place>;
  template <class O, class F>
  static constexpr void options(O& o, F&& f) {
    f("lr", o.lr), f("max_iter", o.max_iter), f("max_eval", o.max_eval), f("tolerance_grad", o.tolerance_grad), f("tolerance_change", o.tolerance_change);
    f("history_size", o.history_size);
  }

  void check() const {
    detail::not_negative("lr", lr);
    detail::not_negative("max_iter", max_iter);
    detail::positive("history_size", history_size);
  }
};

namespace detail {

/// The memory of L-BFGS over a block of n numbers, and its step.
template <class T>
class Lbfgs {
 public:
  explicit Lbfgs(std::size_t n) : n_(n) {}

  /// One step: `evaluate()` is the loss at `x` and leaves its gradient in `g`. The loss before the step.
  template <class Evaluate>
  T step(const LBFGS& o, T* x, const T* g, Evaluate evaluate) {
    if (history_ == nullptr) allocate(o);
    const int most = o.max_eval > 0 ? o.max_eval : o.max_iter * 5 / 4;
    const T first = evaluate();
    double loss = static_cast<double>(first);
    int evaluations = 1;
    ++func_evals_;
    std::memcpy(gradient_[0].data(), g, n_ * sizeof(T));
    int now = 0;  // the gradient at x
    if (largest(g, n_) <= o.tolerance_grad) return first;
    T* const d = direction_.data();
    for (int iteration = 1; iteration <= o.max_iter; ++iteration) {
      ++iterations_;
      const T* const at = gradient_[now].data();
      if (iterations_ == 1) {
        for (std::size_t i = 0; i < n_; ++i) d[i] = -at[i];
        scale_ = 1;
      } else {
        remember(at, o);
        descend(at);
      }
      std::memcpy(before_.data(), at, n_ * sizeof(T));
      const double loss_before = loss;
      t_ = o.lr;
      if (iterations_ == 1) {
        double sum = 0;
        for (std::size_t i = 0; i < n_; ++i) sum += __builtin_fabs(static_cast<double>(at[i]));
        t_ = __builtin_fmin(1.0, 1 / sum) * o.lr;
      }
      const double slope = dot(at, d, n_);
      if (slope > -o.tolerance_change) break;

      int more = 0;
      if (o.line_search_fn == LBFGS::strong_wolfe) {
        std::memcpy(start_.data(), x, n_ * sizeof(T));
        const auto along = [&](double t) {
          add_scaled(x, t, d, n_);
          const double f = static_cast<double>(evaluate());
          std::memcpy(x, start_.data(), n_ * sizeof(T));
          return f;
        };
        if (now != 0) std::memcpy(gradient_[0].data(), at, n_ * sizeof(T));
        const WolfeResult r = detail::strong_wolfe(along, g, d, n_, t_, loss, slope, gradient_, o.tolerance_change, most - evaluations);
        loss = r.f, t_ = r.t, now = r.gradient, more = r.evaluations;
        add_scaled(x, t_, d, n_);
      } else {
        add_scaled(x, t_, d, n_);
        if (iteration != o.max_iter) {  // nobody would look at it after the last
          loss = static_cast<double>(evaluate());
          std::memcpy(gradient_[0].data(), g, n_ * sizeof(T));
          now = 0, more = 1;
        }
      }
      evaluations += more;
      func_evals_ += more;
      if (evaluations >= most || largest(gradient_[now].data(), n_) <= o.tolerance_grad) break;
      if (largest(d, n_) * __builtin_fabs(t_) <= o.tolerance_change || __builtin_fabs(loss - loss_before) < o.tolerance_change) break;
    }
    return first;
  }
  std::int64_t func_evals() const { return func_evals_; }

 private:
  struct Pair {
    Vector<T> y, s;
    double ro = 0, al = 0;
  };
  void allocate(const LBFGS& o) {
    size_ = o.history_size;
    history_ = new Pair[static_cast<std::size_t>(size_)];
    for (Vector<T>* v : {&direction_, &before_, &start_, &gradient_[0], &gradient_[1], &gradient_[2]}) *v = Vector<T>(n_);
  }
  Pair& pair(int i) { return history_[(first_ + i) % size_]; }  // 0 is the oldest

  /// Keeps the last step where the curvature along it is positive.
  void remember(const T* g, const LBFGS&) {
    Pair& p = count_ == size_ ? pair(0) : pair(count_);
    Vector<T> y(n_), s(n_);
    const T* const d = direction_.data();
    for (std::size_t i = 0; i < n_; ++i) {
      y.data()[i] = g[i] - before_.data()[i];
      s.data()[i] = d[i] * static_cast<T>(t_);
    }
    const double ys = dot(y.data(), s.data(), n_);
    if (!(ys > 1e-10)) return;
    if (count_ == size_) first_ = (first_ + 1) % size_;
    else ++count_;
    scale_ = ys / dot(y.data(), y.data(), n_);
    p = {y, s, 1 / ys, 0};
  }
  /// d = -H g
  void descend(const T* g) {
    T* const d = direction_.data();
    for (std::size_t i = 0; i < n_; ++i) d[i] = -g[i];
    for (int i = count_ - 1; i >= 0; --i) {
      Pair& p = pair(i);
      p.al = dot(p.s.data(), d, n_) * p.ro;
      add_scaled(d, -p.al, p.y.data(), n_);
    }
    for (std::size_t i = 0; i < n_; ++i) d[i] *= static_cast<T>(scale_);
    for (int i = 0; i < count_; ++i) {
      Pair& p = pair(i);
      add_scaled(d, p.al - dot(p.y.data(), d, n_) * p.ro, p.s.data(), n_);
    }
  }

 public:
  Lbfgs(const Lbfgs&) = delete;
  Lbfgs& operator=(const Lbfgs&) = delete;
  ~Lbfgs() { delete[] history_; }

 private:
  std::size_t n_;
  Pair* history_ = nullptr;
  int size_ = 0, first_ = 0, count_ = 0;
  Vector<T> direction_, before_, start_, gradient_[3];
  double t_ = 0, scale_ = 1;
  std::int64_t iterations_ = 0, func_evals_ = 0;
};

/// L-BFGS on a model's block; buffers and padding have no gradient, so they stay. Its vectors lie on the CPU, wherever loss and gradient
/// are computed.
template <class M, class Place>
class LbfgsEngine {
  using Number = type_of<etch::detail::parameter_dtype<M>()>;
  static constexpr bool here = Place::place == on_cpu;

 public:
  static constexpr bool closure = true;  ///< it asks for loss and gradient itself
  static constexpr std::int64_t arena_bytes = 0;
  template <class Parameters>
  LbfgsEngine(const LBFGS&, const Parameters&) {}
  template <class T, class Evaluate>
  T minimize(LBFGS& optimizer, void* block, void* gradient, Evaluate evaluate) {
    if constexpr (here) {
      return memory_.step(optimizer, static_cast<T*>(block), static_cast<const T*>(gradient), evaluate);
    } else {
      Place::read(x_.data(), block, sizeof(M));
      const T first = memory_.step(optimizer, x_.data(), g_.data(), [&] {
        Place::write(block, x_.data(), sizeof(M));
        const T loss = evaluate();
        Place::read(g_.data(), gradient, sizeof(M));
        return loss;
      });
      Place::write(block, x_.data(), sizeof(M));
      return first;
    }
  }
  /// How often loss and gradient were evaluated so far.
  std::int64_t func_evals() const { return memory_.func_evals(); }
  /// Its memory is in no file: a step after a load begins anew.
  template <class F>
  void each_state(const LBFGS&, F) {}
  template <class F>
  static void each_options(LBFGS& optimizer, F f) {
    for (int t = 0; t < layout<M>.tensors; ++t)
      if (layout<M>.tensor[t].role == Role::parameter) f(t, optimizer);
  }

 private:
  static constexpr std::size_t numbers = sizeof(M) / sizeof(Number);
  Lbfgs<Number> memory_{numbers};
  Vector<Number> x_{here ? 0 : numbers}, g_{here ? 0 : numbers};  // copies of what lies elsewhere
};

}  // namespace detail
}  // namespace optim
}  // namespace ETCH_ABI
}  // namespace etch

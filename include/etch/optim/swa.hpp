// Averages of a model along its training (SWA, EMA), and the schedule that goes with them.
//
//   SWA: mean += (p - mean) / (n + 1);   EMA: mean = lerp(mean, p, 1 - decay)
#pragma once

#include <etch/model/make.hpp>
#include <etch/optim/scheduler.hpp>

namespace etch {
inline namespace ETCH_ABI {
namespace optim {

/// From the rate there is to `swa_lr` in `anneal_epochs`, then constant.
struct SWALR {
  static constexpr Anneal cos = Anneal::cos, linear = Anneal::linear;

  Each<double> swa_lr = 0.05;
  std::int64_t anneal_epochs = 10;
  Anneal anneal_strategy = Anneal::cos;

  void check() const { detail::not_negative("anneal_epochs", static_cast<double>(anneal_epochs)); }
  void set(Rates& r, std::int64_t epoch) const {
    if (anneal_epochs == 0 && epoch < 1) epoch = 1;
    const double goal = swa_lr[r.group], before = part(epoch - 1), now = part(epoch);
    const double start = before == 1 ? goal : (*r.lr - before * goal) / (1 - before);
    *r.lr = goal * now + start * (1 - now);
  }

 private:
  double part(std::int64_t epoch) const {
    const double n = static_cast<double>(anneal_epochs > 1 ? anneal_epochs : 1), t = __builtin_fmax(0.0, __builtin_fmin(1.0, static_cast<double>(epoch) / n));
    return anneal_strategy == Anneal::cos ? (1 - __builtin_cos(detail::pi * t)) / 2 : t;
  }
};

/// The mean of a model's parameters: of all it is given, or with a decay the exponential moving one.
template <class M>
class AveragedModel {
 public:
  /// The plain mean (SWA).
  explicit AveragedModel(const Model<M>& model, bool use_buffers = false) : module_(model.clone()), use_buffers_(use_buffers) {}
  /// The exponential moving mean (EMA).
  AveragedModel(const Model<M>& model, double decay, bool use_buffers = false) : AveragedModel(model, use_buffers) {
    detail::fraction("decay", decay);
    decay_ = decay;
  }

  /// Takes the model as it is now into the mean; the first time it is the mean.
  void update_parameters(const Model<M>& model) {
    const double part = n_averaged_ == 0 ? 1 : decay_ >= 0 ? 1 - decay_ : 1 / (static_cast<double>(n_averaged_) + 1);
    for (int i = 0; i < layout<M>.tensors; ++i) {
      const TensorInfo& t = layout<M>.tensor[i];
      char* const to = static_cast<char*>(module_.data()) + t.offset;
      const char* const from = static_cast<const char*>(model.data()) + t.offset;
      const bool averaged = part != 1 && (t.role == Role::parameter || use_buffers_);
      if (averaged && t.dtype == DType::float32) mix(reinterpret_cast<float*>(to), reinterpret_cast<const float*>(from), t.count, part);
      else if (averaged && t.dtype == DType::float64) mix(reinterpret_cast<double*>(to), reinterpret_cast<const double*>(from), t.count, part);
      else if (averaged && t.dtype == DType::int64) mix(reinterpret_cast<std::int64_t*>(to), reinterpret_cast<const std::int64_t*>(from), t.count, part);
      else std::memcpy(to, from, static_cast<std::size_t>(t.count) * size_of(t.dtype));
    }
    ++n_averaged_;
  }

  /// The mean as a model: to call, to save, to go on from.
  const Model<M>& module() const { return module_; }
  template <Operand... X>
  auto operator()(const X&... x) const {
    return module_(x...);
  }
  std::int64_t n_averaged() const { return n_averaged_; }
  /// Continues from a saved mean, whose numbers were loaded into `module()`.
  void set_n_averaged(std::int64_t n) { n_averaged_ = n; }

 private:
  template <class T>
  static void mix(T* to, const T* from, int count, double part) {
    for (int i = 0; i < count; ++i) {
      if constexpr (std::is_integral_v<T>) to[i] = static_cast<T>(static_cast<double>(to[i]) + (static_cast<double>(from[i]) - static_cast<double>(to[i])) * part);
      else to[i] += (from[i] - to[i]) * static_cast<T>(part);
    }
  }

  Model<M> module_;
  double decay_ = -1;
  std::int64_t n_averaged_ = 0;
  bool use_buffers_;
};

}  // namespace optim
}  // namespace ETCH_ABI
}  // namespace etch

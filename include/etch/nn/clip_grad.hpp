// Gradients clipped between backward and update: by the norm of all together, or number by number.
//
//   step.backward(x, y);  nn::utils::clip_grad_norm_(step, 1.0);  step.update();
//
//   g *= min(1, max_norm / (|g| + 1e-6)),   |g| = (sum |g|^norm_type)^(1 / norm_type)
#pragma once

#include <etch/core/error.hpp>
#include <etch/core/dtype.hpp>

#include <cstddef>
#include <limits>
#include <type_traits>

namespace etch {
inline namespace ETCH_ABI {
namespace nn::utils {

/// Numbers of several gradients, in memory that stays where it is.
template <class T, int N>
struct Gradients {
  T* data[N];
  std::size_t count[N];
};
/// The gradients of a training step; tensors one by one are `gradients(a, b)`.
template <class Step>
  requires requires(Step& step) { step.gradient(), step.zero_grad(); }
constexpr auto gradients(Step& step) {
  using T = typename Step::value_type;
  auto& block = step.gradient();
  return Gradients<T, 1>{{reinterpret_cast<T*>(&block)}, {sizeof(block) / sizeof(T)}};  // nothing lies between the parameters but zeros
}
template <class X, class... More>
  requires requires(X& x) { x.data(), x.numel(); }
constexpr auto gradients(X& x, More&... more) {
  using T = typename X::value_type;
  return Gradients<T, 1 + sizeof...(More)>{{x.data(), more.data()...}, {static_cast<std::size_t>(x.numel()), static_cast<std::size_t>(more.numel())...}};
}

/// The norm of all gradients together.
template <class T, int N>
double get_total_norm(const Gradients<T, N>& all, double norm_type = 2) {
  double total = 0;
  for (int k = 0; k < N; ++k)
    for (std::size_t i = 0; i < all.count[k]; ++i) {
      const double g = __builtin_fabs(static_cast<double>(all.data[k][i]));
      if (norm_type == 2) total += g * g;
      else if (norm_type == 1) total += g;
      else if (__builtin_isinf(norm_type)) total = g > total || g != g ? g : total;
      else total += __builtin_pow(g, norm_type);
    }
  return norm_type == 1 || __builtin_isinf(norm_type) ? total : norm_type == 2 ? __builtin_sqrt(total) : __builtin_pow(total, 1 / norm_type);
}
/// Scales all gradients down to a norm of at most max_norm, where theirs is `total_norm`.
template <class T, int N>
void clip_grads_with_norm_(const Gradients<T, N>& all, double max_norm, double total_norm) {
  const double part = max_norm / (total_norm + 1e-6);
  const T factor = static_cast<T>(part >= 1 ? 1 : part);  // NaN stays NaN
  for (int k = 0; k < N; ++k)
    for (std::size_t i = 0; i < all.count[k]; ++i) all.data[k][i] *= factor;
}
/// Both; the norm before. With error_if_nonfinite a norm that is infinite or NaN is an error.
template <class T, int N>
double clip_grad_norm_(const Gradients<T, N>& all, double max_norm, double norm_type = 2, bool error_if_nonfinite = false) {
  const double norm = get_total_norm(all, norm_type);
  if (error_if_nonfinite && !__builtin_isfinite(norm)) fail("clip_grad_norm_", "the norm of the gradients must be finite");
  clip_grads_with_norm_(all, max_norm, norm);
  return norm;
}
/// Brings every number of the gradients between -clip_value and clip_value.
template <class T, int N>
void clip_grad_value_(const Gradients<T, N>& all, double clip_value) {
  const T most = static_cast<T>(clip_value);
  for (int k = 0; k < N; ++k)
    for (std::size_t i = 0; i < all.count[k]; ++i) {
      T& g = all.data[k][i];
      g = g > most ? most : g < -most ? -most : g;
    }
}

/// The same, of a training step.
template <class Step>
  requires requires(Step& step) { gradients(step); }
double clip_grad_norm_(Step& step, double max_norm, double norm_type = 2, bool error_if_nonfinite = false) {
  return clip_grad_norm_(gradients(step), max_norm, norm_type, error_if_nonfinite);
}
template <class Step>
  requires requires(Step& step) { gradients(step); }
void clip_grad_value_(Step& step, double clip_value) {
  clip_grad_value_(gradients(step), clip_value);
}
template <class Step>
  requires requires(Step& step) { gradients(step); }
double get_total_norm(Step& step, double norm_type = 2) {
  return get_total_norm(gradients(step), norm_type);
}

}  // namespace nn::utils
}  // namespace ETCH_ABI
}  // namespace etch

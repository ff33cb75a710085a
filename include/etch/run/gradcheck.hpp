// Gradients against differences: `gradcheck(f, x...)` compares the whole Jacobian of f with central differences in float64.
#pragma once

#include <etch/ops/shape.hpp>
#include <etch/run/gradient.hpp>

namespace etch {
inline namespace ETCH_ABI {

/// How close is close: |analytic - numeric| <= atol + rtol |numeric|, as torch.autograd.gradcheck.
struct GradcheckOptions {
  double eps = 1e-6;
  double atol = 1e-5;
  double rtol = 1e-3;
  bool raise_exception = true;  ///< else the answer is false
};

namespace detail {

/// All results of F as one vector.
template <class F>
struct flattened_fn {
  [[no_unique_address]] F f;
  constexpr auto operator()(auto... x) const {
    const auto y = as_values(f(x...));
    return [&]<std::size_t... I>(std::index_sequence<I...>) { return cat_fn<0>{}(reshape_fn<-1>{}(held<I>(y.value))...); }(std::make_index_sequence<std::tuple_size<std::remove_cvref_t<decltype(y)>>::value>{});
  }
};
/// The gradients of F, as a function of its arguments and of what arrives at its result.
template <class F>
struct gradients_fn {
  [[no_unique_address]] F f;
  constexpr auto operator()(auto... x) const {
    const auto r = vjp_fn<flattened_fn<F>>{{f}}(x...);
    return [&]<std::size_t... I>(std::index_sequence<I...>) { return one_or_several(held<I + 1>(r.value)...); }(std::make_index_sequence<std::tuple_size<std::remove_cvref_t<decltype(r)>>::value - 1>{});
  }
};

/// The Jacobian of one program (y, gradients) = vjp(x..., v) by both ways; `input` are the numbers of x..., one block each.
inline bool compare_jacobians(double* const* input, const std::int64_t* sizes, int inputs, double* v, const double* y, const double* const* gradient, std::int64_t results, void (*run)(void*),
                              void* program, const GradcheckOptions& o) {
  std::int64_t all = 0;
  for (int k = 0; k < inputs; ++k) all += sizes[k];
  Storage memory(static_cast<std::size_t>(results * (all + 1)) * sizeof(double) + sizeof(double));
  double* const analytic = static_cast<double*>(memory.data());
  double* const up = analytic + results * all;
  for (std::int64_t i = 0; i < results; ++i) {
    for (std::int64_t j = 0; j < results; ++j) v[j] = i == j ? 1 : 0;
    run(program);
    double* row = analytic + i * all;
    for (int k = 0; k < inputs; ++k)
      for (std::int64_t j = 0; j < sizes[k]; ++j) *row++ = gradient[k][j];
  }
  std::int64_t column = 0;
  for (int k = 0; k < inputs; ++k)
    for (std::int64_t j = 0; j < sizes[k]; ++j, ++column) {
      const double old = input[k][j];
      input[k][j] = old + o.eps;
      run(program);
      for (std::int64_t i = 0; i < results; ++i) up[i] = y[i];
      input[k][j] = old - o.eps;
      run(program);
      input[k][j] = old;
      for (std::int64_t i = 0; i < results; ++i) {
        const double numeric = (up[i] - y[i]) / (2 * o.eps), got = analytic[i * all + column];
        if (__builtin_fabs(got - numeric) <= o.atol + o.rtol * __builtin_fabs(numeric)) continue;
        if (o.raise_exception)
          fail("gradcheck", "the gradient must agree with differences",
               Message{} << "result " << static_cast<long long>(i) << " by element " << static_cast<long long>(j) << " of argument " << k << ": gradient " << static_cast<long long>(got * 1e6) << "e-6, differences "
                         << static_cast<long long>(numeric * 1e6) << "e-6");
        return false;
      }
    }
  return true;
}

template <class F, class... X>
struct Gradcheck {
  using Fn = vjp_fn<flattened_fn<F>>;
  using Result = decltype(flattened_fn<F>{}(typename X::tracer{}...));
  using Y = results_of<Result>;
  using Out = Values<Y, X...>;

  Pack<X...> in;
  Y v;
  Out out;

  explicit Gradcheck(const X&... x) : in{{{x}...}} {}
  template <std::size_t... I>
  bool check(const GradcheckOptions& o, std::index_sequence<I...>) {
    double* input[] = {held<I>(in).data()...};
    const std::int64_t sizes[] = {held<I>(in).numel()...};
    const double* gradient[] = {held<I + 1>(out.value).data()...};
    return compare_jacobians(input, sizes, sizeof...(X), v.data(), held<0>(out.value).data(), gradient, v.numel(), [](void* self) { static_cast<Gradcheck*>(self)->run(std::index_sequence<I...>{}); }, this, o);
  }
  template <std::size_t... I>
  void run(std::index_sequence<I...>) {
    const auto r = call<Fn>(held<I>(in)..., v);
    const auto copy = [](auto& to, const auto& from) { std::memcpy(static_cast<void*>(to.data()), from.data(), static_cast<std::size_t>(from.numel()) * sizeof(double)); };
    copy(held<0>(out.value), held<0>(r.value));
    (copy(held<I + 1>(out.value), held<I + 1>(r.value)), ...);
  }
};
}  // namespace detail

/// Whether the gradient of f at x... agrees with central differences; throws where it does not, unless told otherwise.
template <class F, class... X>
bool gradcheck(F, const GradcheckOptions& options, const X&... x) {
  static_assert(std::is_empty_v<F>, "etch: grad: a traced function must have no captures; pass values as arguments");
  constexpr bool doubles = (std::is_same_v<typename X::value_type, double> && ...);
  static_assert(doubles, "etch: gradcheck: arguments must be tensors of float64");
  return detail::Gradcheck<F, X...>(x...).check(options, std::index_sequence_for<X...>{});
}
template <class F, class X0, class... X>
  requires(!std::is_same_v<X0, GradcheckOptions>)
bool gradcheck(F f, const X0& x0, const X&... x) {
  return gradcheck(f, GradcheckOptions{}, x0, x...);
}
/// The same for the second derivatives: the gradients of f are checked as a function of x... and of what arrives at its result.
template <class F, class... X>
bool gradgradcheck(F, const GradcheckOptions& options, const X&... x) {
  typename detail::Gradcheck<F, X...>::Y v;
  for (std::int64_t i = 0; i < v.numel(); ++i) v.data()[i] = 0.5 + __builtin_sin(1.0 + 2.3 * static_cast<double>(i));
  return gradcheck(detail::gradients_fn<F>{}, options, x..., v);
}
template <class F, class X0, class... X>
  requires(!std::is_same_v<X0, GradcheckOptions>)
bool gradgradcheck(F f, const X0& x0, const X&... x) {
  return gradgradcheck(f, GradcheckOptions{}, x0, x...);
}

}  // namespace ETCH_ABI
}  // namespace etch

// Tensors made by the user's code: zeros, ones, full, eye, arange, linspace, logspace, indices of triangles.
#pragma once

#include <etch/core/vec.hpp>
#include <etch/expr/tensor.hpp>

namespace etch {
inline namespace ETCH_ABI {

namespace detail {
/// A tensor whose elements are written next; zero where its sizes are bounded, or written as other integers than int.
template <class R>
R unwritten() {
  if constexpr (requires { requires std::is_same_v<decltype(R::unwritten()), R>; }) return R::unwritten();
  else return R();
}
}  // namespace detail

/// `zeros<double, 2, 3>()`; `zeros<2, 3>()` of floats.
template <class T, auto... D>
Tensor<T, D...> zeros() {
  return {};
}
/// For what is written before it is read; zero all the same.
template <class T, auto... D>
Tensor<T, D...> empty() {
  return {};
}
template <class T, auto... D, class V>
Tensor<T, D...> full(V value) {
  auto r = detail::unwritten<Tensor<T, D...>>();
  const T element = static_cast<T>(value);
  for (std::int64_t i = 0; i < r.numel(); ++i) r.data()[i] = element;
  return r;
}
template <class T, auto... D>
Tensor<T, D...> ones() {
  return full<T, D...>(T(1));
}
// Sizes alone: of float, PyTorch's default dtype.
template <auto... D>
  requires(sizeof...(D) > 0)
Tensor<float, D...> zeros() { return {}; }
template <auto... D>
  requires(sizeof...(D) > 0)
Tensor<float, D...> empty() { return {}; }
template <auto... D, class V>
  requires(sizeof...(D) > 0)
Tensor<float, D...> full(V value) { return full<float, D...>(value); }
template <auto... D>
  requires(sizeof...(D) > 0)
Tensor<float, D...> ones() { return full<float, D...>(1); }
/// A tensor without dimensions.
template <class T>
Tensor<T> scalar_tensor(T value) {
  return Tensor<T>(value);
}
/// Ones on the diagonal of an N x M matrix, or a square one.
template <class T, auto N, auto M = N>
Tensor<T, N, M> eye() {
  Tensor<T, N, M> r;
  for (int i = 0; i < r.size(0) && i < r.size(1); ++i) r(i, i) = T(1);
  return r;
}
template <auto N, auto M = N>
Tensor<float, N, M> eye() { return eye<float, N, M>(); }

namespace detail {
/// start + i step: of whole numbers exactly, of others in double.
template <class T>
struct Progression {
  using Number = std::conditional_t<std::is_integral_v<T>, std::int64_t, double>;
  Number start, step;
  T operator[](std::int64_t i) const { return static_cast<T>(start + static_cast<Number>(i) * step); }
  /// The first n into memory. Whole ones that 32 bits hold are counted there, since vectors convert those.
  void write(T* to, int n) const {
    const double first = static_cast<double>(start), by = static_cast<double>(step), behind = first + by * n;
    const auto fits = [](double v) { return v >= -2147483648.0 && v <= 2147483647.0; };
    if (fits(first) && fits(by) && fits(behind) && first == __builtin_trunc(first) && by == __builtin_trunc(by)) {
      const auto from = static_cast<std::uint32_t>(static_cast<std::int32_t>(first)), more = static_cast<std::uint32_t>(static_cast<std::int32_t>(by));
      for (int i = 0; i < n; ++i) {
        const auto v = static_cast<std::int32_t>(from + static_cast<std::uint32_t>(i) * more);
        if constexpr (std::is_arithmetic_v<T>) to[i] = static_cast<T>(v);
        else to[i] = static_cast<T>(static_cast<Number>(v));
      }
    } else {
      for (int i = 0; i < n; ++i) to[i] = (*this)[i];
    }
  }
};
/// from + step (first + i by) for i < n, by = 1 or -1: by hand, since the compilers count in ints and convert each.
template <class T>
void write_line(T* to, double from, double step, int first, int by, int n) {
  constexpr int L = ETCH_VECTOR_BYTES / 8;
  const auto start = simd::splat<double, L>(from), slope = simd::splat<double, L>(step);
  auto i = simd::splat<double, L>(first) + simd::iota<double, L>(0) * simd::splat<double, L>(by);
  int k = 0;
  for (; k + 4 * L <= n; k += 4 * L, i = i + simd::splat<double, L>(4 * L * by))
    for (int j = 0; j < 4; ++j) simd::store(to + k + j * L, simd::convert<T>(start + slope * (i + simd::splat<double, L>(j * L * by))));
  for (; k < n; ++k) to[k] = static_cast<T>(from + step * (first + k * by));
}
/// An end of what T holds: cut off where that is whole numbers.
template <class T, class A>
double end_of(A a) {
  const auto v = static_cast<double>(a);
  return std::is_integral_v<T> ? __builtin_trunc(v) : v;
}
/// n numbers from start to end, each from the nearer end, so that both are exact, through `value`.
template <class T, class F>
void write_spaced(T* to, double start, double end, int n, F value) {
  const double step = n > 1 ? (end - start) / (n - 1) : 0;
  const int half = n > 1 ? n / 2 : n;
  for (int i = 0; i < half; ++i) to[i] = static_cast<T>(value(start + step * i));
  for (int i = half; i < n; ++i) to[i] = static_cast<T>(value(end - step * (n - 1 - i)));
}
template <class T>
void write_spaced(T* to, double start, double end, int n) {
  if constexpr (std::is_floating_point_v<T>) {
    const double step = n > 1 ? (end - start) / (n - 1) : 0;
    const int half = n > 1 ? n / 2 : n;
    write_line(to, start, step, 0, 1, half);
    write_line(to + half, end, -step, n - 1 - half, -1, n - half);
  } else {
    write_spaced(to, start, end, n, [](double v) { return v; });
  }
}
}  // namespace detail

/// start, start + step, ... into y, which exists; PyTorch's `out=y`. Throws where the step is zero.
template <class T, auto N, class S = int, class P = int>
  requires(std::is_arithmetic_v<S> && std::is_arithmetic_v<P>)
Tensor<T, N>& arange_out(Tensor<T, N>& y, S start = 0, P step = 1) {
  using Numbers = detail::Progression<T>;
  const Numbers numbers{static_cast<typename Numbers::Number>(start), static_cast<typename Numbers::Number>(step)};
  if (numbers.step == 0) fail("arange", "the step must not be zero");
  numbers.write(y.data(), y.size(0));
  return y;
}
/// start, start + step, ..., N of them.
template <class T, auto N, class S = int, class P = int>
  requires(std::is_arithmetic_v<S> && std::is_arithmetic_v<P>)
Tensor<T, N> arange(S start = 0, P step = 1) {
  auto r = detail::unwritten<Tensor<T, N>>();
  arange_out(r, start, step);
  return r;
}
/// As many numbers as y has from start to end, both included, evenly spaced, into y; whole numbers are cut off. PyTorch's `out=y`.
template <class T, auto N, class A, class B>
  requires(std::is_arithmetic_v<A> && std::is_arithmetic_v<B>)
Tensor<T, N>& linspace_out(Tensor<T, N>& y, A start, B end) {
  detail::write_spaced(y.data(), detail::end_of<T>(start), detail::end_of<T>(end), y.size(0));
  return y;
}
/// N numbers from start to end, both included, evenly spaced; whole numbers are cut off.
template <class T, auto N, class A, class B>
  requires(std::is_arithmetic_v<A> && std::is_arithmetic_v<B>)
Tensor<T, N> linspace(A start, B end) {
  auto r = detail::unwritten<Tensor<T, N>>();
  linspace_out(r, start, end);
  return r;
}
/// The powers of `base` whose exponents are `linspace(start, end)`, and the same into y; of whole powers both ends are cut off.
template <class T, auto N, class A, class B>
  requires(std::is_arithmetic_v<A> && std::is_arithmetic_v<B>)
Tensor<T, N>& logspace_out(Tensor<T, N>& y, A start, B end, double base = 10) {
  detail::write_spaced(y.data(), detail::end_of<T>(start), detail::end_of<T>(end), y.size(0), [base](double v) { return __builtin_pow(base, v); });
  return y;
}
template <class T, auto N, class A, class B>
  requires(std::is_arithmetic_v<A> && std::is_arithmetic_v<B>)
Tensor<T, N> logspace(A start, B end, double base = 10) {
  auto r = detail::unwritten<Tensor<T, N>>();
  logspace_out(r, start, end, base);
  return r;
}

namespace detail {
/// How many elements of row i of an R x C matrix lie on and below the diagonal `offset` columns to the right.
constexpr int lower_part(int i, int columns, int offset) {
  const int n = i + 1 + offset;
  return n < 0 ? 0 : n > columns ? columns : n;
}
template <bool Lower, int R, int C, int Offset>
constexpr int triangle_size() {
  int n = 0;
  for (int i = 0; i < R; ++i) n += Lower ? lower_part(i, C, Offset) : C - lower_part(i, C, Offset - 1);
  return n;
}
template <class T, bool Lower, int R, int C, int Offset>
auto triangle_indices() {
  constexpr bool possible = R >= 0 && C >= 0;
  static_assert(possible || !Lower, "etch: tril_indices: rows and columns must not be negative");
  static_assert(possible || Lower, "etch: triu_indices: rows and columns must not be negative");
  constexpr int n = triangle_size<Lower, R, C, Offset>();
  Tensor<T, 2, n> r;
  int at = 0;
  for (int i = 0; i < R; ++i) {
    const int begin = Lower ? 0 : lower_part(i, C, Offset - 1), end = Lower ? lower_part(i, C, Offset) : C;
    for (int j = begin; j < end; ++j, ++at) {
      r.data()[at] = static_cast<T>(i);
      r.data()[n + at] = static_cast<T>(j);
    }
  }
  return r;
}
}  // namespace detail

/// Rows and columns of what `tril` and `triu` keep of an R x C matrix, row by row.
template <int R, int C, int Offset = 0, class T = std::int64_t>
auto tril_indices() {
  return detail::triangle_indices<T, true, R, C, Offset>();
}
template <int R, int C, int Offset = 0, class T = std::int64_t>
auto triu_indices() {
  return detail::triangle_indices<T, false, R, C, Offset>();
}

}  // namespace ETCH_ABI
}  // namespace etch

// The oracle: evaluates a graph node by node in double over dense row-major arrays, with no plan and no kernel.
//
//   graph -> array of each node -> arrays of the outputs
#pragma once

#include <etch/core/rng.hpp>
#include <etch/core/vec.hpp>
#include <etch/expr/lazy.hpp>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <limits>
#include <numeric>
#include <vector>

namespace oracle {

using etch::DType;
using etch::detail::Node;
using etch::detail::Op;

/// Numbers of any dtype as doubles; int64 is exact below 2^53.
struct Array {
  std::vector<int> size;
  std::vector<double> value;
  DType dtype = DType::float64;
};

/// `x` as the dtype would hold it.
inline double rounded(DType t, double x) {
  switch (t) {
    case DType::float64: return x;
    case DType::float32: return static_cast<double>(static_cast<float>(x));
    case DType::boolean: return x != 0 ? 1 : 0;
    case DType::int64: return std::trunc(x);
    case DType::int32: return static_cast<double>(static_cast<std::int32_t>(static_cast<std::int64_t>(x)));
    case DType::int16: return static_cast<double>(static_cast<std::int16_t>(static_cast<std::int64_t>(x)));
    case DType::int8: return static_cast<double>(static_cast<std::int8_t>(static_cast<std::int64_t>(x)));
    case DType::uint8: return static_cast<double>(static_cast<std::uint8_t>(static_cast<std::int64_t>(x)));
    case DType::float16: return static_cast<double>(static_cast<float>(etch::half(x)));
    case DType::bfloat16: return static_cast<double>(static_cast<float>(etch::bfloat16(x)));
    default: return x;  // complex numbers are pairs of real nodes
  }
  return x;
}

template <class T>
double read_as(const char* p) {
  T v;
  std::memcpy(&v, p, sizeof v);
  return static_cast<double>(v);
}
inline double read(DType t, const char* p) {
  switch (t) {
    case DType::boolean:
    case DType::uint8: return read_as<std::uint8_t>(p);
    case DType::int8: return read_as<std::int8_t>(p);
    case DType::int16: return read_as<std::int16_t>(p);
    case DType::int32: return read_as<std::int32_t>(p);
    case DType::int64: return read_as<std::int64_t>(p);
    case DType::float32: return read_as<float>(p);
    case DType::float64: return read_as<double>(p);
    case DType::float16: return read_as<etch::half>(p);
    case DType::bfloat16: return read_as<etch::bfloat16>(p);
    default: return 0;
  }
  return 0;
}
inline std::vector<double> read_all(DType t, const void* p, std::int64_t count) {
  std::vector<double> r;
  for (std::int64_t i = 0; i < count; ++i) r.push_back(read(t, static_cast<const char*>(p) + i * static_cast<std::int64_t>(etch::size_of(t))));
  return r;
}

inline double unary(Op op, double x) {
  switch (op) {
    case Op::neg: return -x;
    case Op::abs: return std::abs(x);
    case Op::sign: return x > 0 ? 1 : x < 0 ? -1 : 0;
    case Op::exp: return std::exp(x);
    case Op::exp2: return std::exp2(x);
    case Op::expm1: return std::expm1(x);
    case Op::log: return std::log(x);
    case Op::log2: return std::log2(x);
    case Op::log10: return std::log10(x);
    case Op::log1p: return std::log1p(x);
    case Op::sqrt: return std::sqrt(x);
    case Op::rsqrt: return 1 / std::sqrt(x);
    case Op::reciprocal: return 1 / x;
    case Op::sin: return std::sin(x);
    case Op::cos: return std::cos(x);
    case Op::tan: return std::tan(x);
    case Op::asin: return std::asin(x);
    case Op::acos: return std::acos(x);
    case Op::atan: return std::atan(x);
    case Op::sinh: return std::sinh(x);
    case Op::cosh: return std::cosh(x);
    case Op::tanh: return std::tanh(x);
    case Op::asinh: return std::asinh(x);
    case Op::acosh: return std::acosh(x);
    case Op::atanh: return std::atanh(x);
    case Op::erf: return std::erf(x);
    case Op::erfc: return std::erfc(x);
    case Op::sigmoid: return 1 / (1 + std::exp(-x));
    case Op::gelu: return x * 0.5 * std::erfc(-x * std::sqrt(0.5));
    case Op::gelu_grad: return 0.5 * std::erfc(-x * std::sqrt(0.5)) + x * std::exp(-0.5 * x * x) / std::sqrt(2 * 3.14159265358979323846);
    case Op::floor: return std::floor(x);
    case Op::ceil: return std::ceil(x);
    case Op::round: return std::nearbyint(x);
    case Op::trunc: return std::trunc(x);
    case Op::logical_not: return x == 0;
    case Op::isnan: return std::isnan(x);
    default: return std::numeric_limits<double>::quiet_NaN();
  }
}
inline double binary(Op op, double x, double y) {
  const bool unordered = std::isnan(x) || std::isnan(y);
  switch (op) {
    case Op::add: return x + y;
    case Op::sub: return x - y;
    case Op::mul: return x * y;
    case Op::div: return x / y;
    case Op::pow: return std::pow(x, y);
    case Op::fmod: return std::fmod(x, y);
    case Op::atan2: return std::atan2(x, y);
    case Op::maximum: return unordered ? x + y : x > y ? x : y;
    case Op::minimum: return unordered ? x + y : x < y ? x : y;
    case Op::eq: return x == y;
    case Op::ne: return x != y;
    case Op::lt: return x < y;
    case Op::le: return x <= y;
    case Op::gt: return x > y;
    case Op::ge: return x >= y;
    case Op::logical_and: return x != 0 && y != 0;
    case Op::logical_or: return x != 0 || y != 0;
    case Op::logical_xor: return (x != 0) != (y != 0);
    default: return std::numeric_limits<double>::quiet_NaN();
  }
}

/// What computes the functions of special.hpp, in the tests that have them.
inline double (*other_special)(etch::detail::Special, double, double) = nullptr;

inline double binary_of_integers(Op op, double x, double y) {
  const auto a = static_cast<std::int64_t>(x), b = static_cast<std::int64_t>(y);
  switch (op) {
    case Op::logical_and: return static_cast<double>(a & b);
    case Op::logical_or: return static_cast<double>(a | b);
    case Op::logical_xor: return static_cast<double>(a ^ b);
    case Op::div: return b == 0 ? 0 : static_cast<double>(a / b);
    case Op::fmod: return b == 0 ? x : static_cast<double>(a % b);
    case Op::pow: return b < 0 && a == 0 ? 0 : std::trunc(std::pow(x, y));
    default: return binary(op, x, y);
  }
}
inline double special(etch::detail::Special s, double x, double y) {
  using S = etch::detail::Special;
  const auto a = static_cast<std::int64_t>(x), b = static_cast<std::int64_t>(y);
  switch (s) {
    case S::signbit: return std::signbit(x) && x == x;
    case S::clamp_min: return binary(Op::maximum, x, y);
    case S::clamp_max: return binary(Op::minimum, x, y);
    case S::copysign: return std::copysign(x, y);
    case S::nextafter: return std::nextafter(x, y);
    case S::shift_left: return b < 0 || b > 63 ? 0 : static_cast<double>(a << b);
    case S::shift_right: return static_cast<double>(a >> (b < 0 || b > 63 ? 63 : b));
    case S::gcd: return static_cast<double>(std::gcd(a, b));
    case S::hypot: return std::hypot(x, y);
    case S::logaddexp: return std::log(std::exp(x) + std::exp(y));
    case S::logaddexp2: return std::log2(std::exp2(x) + std::exp2(y));
    default: return other_special != nullptr ? other_special(s, x, y) : std::numeric_limits<double>::quiet_NaN();
  }
}

/// Row-major strides.
inline std::vector<std::int64_t> strides(const std::vector<int>& size) {
  std::vector<std::int64_t> r(size.size());
  std::int64_t p = 1;
  for (std::size_t i = size.size(); i-- > 0;) {
    r[i] = p;
    p *= size[i];
  }
  return r;
}
/// Calls f(flat index, multi-index) for each element of a shape.
template <class F>
void for_each(const std::vector<int>& size, F f) {
  std::int64_t n = 1;
  for (int s : size) n *= s;
  std::vector<int> at(size.size());
  for (std::int64_t i = 0; i < n; ++i) {
    f(static_cast<std::size_t>(i), at);
    for (std::size_t k = size.size(); k-- > 0;) {
      if (++at[k] < size[k]) break;
      at[k] = 0;
    }
  }
}

/// Evaluates one graph on one set of inputs.
class Interpreter {
 public:
  Interpreter(const etch::detail::GraphRef& graph, const etch::Bindings& inputs) : g(graph), in(inputs) {
    node.resize(static_cast<std::size_t>(g.nodes));
    for (int n = 0; n < g.nodes; ++n) evaluate(n);
  }
  const Array& operator[](int n) const { return node[static_cast<std::size_t>(n)]; }

  /// The actual value of a size: bounded dims as the inputs give them.
  int actual(int code) const {
    if (code >= 0) return code;
    const etch::detail::Symbol& s = g.symbol[-1 - code];
    int n = s.factor;
    for (int t = 0; t < s.tags; ++t) n *= size_of_tag(s.tag[t]);
    return n;
  }

 private:
  int size_of_tag(std::uint64_t tag) const {
    for (int i = 0; i < g.slots; ++i) {
      const etch::detail::Shape& s = g.shape[g.slot[i].shape];
      for (int k = 0; k < s.rank; ++k) {
        if (s.size[k] >= 0 || in.sizes[i] == nullptr) continue;
        const etch::detail::Symbol& y = g.symbol[-1 - s.size[k]];
        if (y.tags == 1 && y.factor == 1 && y.tag[0] == tag) return in.sizes[i][k];
      }
    }
    return 0;
  }
  const Array& operand(const Node& v, int k) const { return node[static_cast<std::size_t>(v.in[k])]; }

  void evaluate(int n) {
    const Node& v = g.node[n];
    Array& r = node[static_cast<std::size_t>(n)];
    r.dtype = v.dtype;
    const etch::detail::Shape& s = g.shape_of(n);
    std::int64_t count = 1;
    for (int i = 0; i < s.rank; ++i) {
      r.size.push_back(actual(s.size[i]));
      count *= r.size.back();
    }
    r.value.assign(static_cast<std::size_t>(count), std::numeric_limits<double>::quiet_NaN());
    if (etch::detail::is_map(v.op)) map(v, r);
    else if (etch::detail::is_reduce(v.op)) reduce(v, r);
    else move(n, v, r);
  }

  void map(const Node& v, Array& r) {
    const Array& a = operand(v, 0);
    for (std::size_t i = 0; i < r.value.size(); ++i) {
      double x = 0;
      if (v.op == Op::cast) x = a.value[i];
      else if (v.op == Op::where) x = a.value[i] != 0 ? operand(v, 1).value[i] : operand(v, 2).value[i];
      else if (v.op == Op::special1) x = special(static_cast<etch::detail::Special>(v.arg), a.value[i], 0);
      else if (v.op == Op::special2) x = special(static_cast<etch::detail::Special>(v.arg), a.value[i], operand(v, 1).value[i]);
      else if (v.in[1] >= 0 && !is_floating(a.dtype) && a.dtype != DType::boolean) x = binary_of_integers(v.op, a.value[i], operand(v, 1).value[i]);
      else if (v.in[1] >= 0) x = binary(v.op, a.value[i], operand(v, 1).value[i]);
      else x = unary(v.op, a.value[i]);
      r.value[i] = rounded(v.dtype, x);
    }
  }

  void reduce(const Node& v, Array& r) {
    const Array& a = operand(v, 0);
    const double inf = is_floating(v.dtype) ? std::numeric_limits<double>::infinity() : 9.3e18;
    for (double& x : r.value) x = v.op == Op::sum ? 0 : v.op == Op::prod ? 1 : v.op == Op::amax ? -inf : inf;
    const auto to = strides(r.size);
    for_each(a.size, [&](std::size_t i, const std::vector<int>& at) {
      std::size_t j = 0, kept = 0;
      for (std::size_t k = 0; k < at.size(); ++k)
        if ((v.arg >> k & 1) == 0) j += static_cast<std::size_t>(to[kept++] * at[k]);
      const double x = a.value[i];
      double& y = r.value[j];
      y = v.op == Op::sum ? y + x : v.op == Op::prod ? y * x : binary(v.op == Op::amax ? Op::maximum : Op::minimum, y, x);
    });
    for (double& x : r.value) x = rounded(v.dtype, x);
  }

  void move(int n, const Node& v, Array& r) {
    const auto arg = v.arg;
    switch (v.op) {
      case Op::input: {
        const char* p = static_cast<const char*>(in.data[arg >> 48]) + (arg & 0xffffffffffffULL);
        r.value = read_all(v.dtype, p, static_cast<std::int64_t>(r.value.size()));
        break;
      }
      case Op::constant: r.value[0] = __builtin_bit_cast(double, arg); break;
      case Op::iota:
        for (std::size_t i = 0; i < r.value.size(); ++i) r.value[i] = static_cast<double>(i);
        break;
      case Op::extent: r.value[0] = actual(-1 - static_cast<int>(arg)); break;
      case Op::empty: break;
      case Op::uniform: {
        const auto seed = static_cast<std::uint64_t>(operand(v, 0).value[0]) ^ (arg & 0xffffffffULL) * 0x9E3779B97F4A7C15ULL;
        const auto step = static_cast<std::uint64_t>(operand(v, 1).value[0]);
        for (std::size_t i = 0; i < r.value.size(); ++i)
          r.value[i] = v.dtype == DType::float64 ? etch::simd::uniform<double, 1>(seed, step, i)[0] : static_cast<double>(etch::simd::uniform<float, 1>(seed, step, i)[0]);
        break;
      }
      case Op::expand: {
        const Array& a = operand(v, 0);
        const auto from = strides(a.size);
        const std::size_t missing = r.size.size() - a.size.size();
        for_each(r.size, [&](std::size_t i, const std::vector<int>& at) {
          std::size_t j = 0;
          for (std::size_t k = 0; k < a.size.size(); ++k)
            if (a.size[k] == r.size[k + missing]) j += static_cast<std::size_t>(from[k] * at[k + missing]);
          r.value[i] = a.value[j];
        });
        break;
      }
      case Op::permute: {
        const Array& a = operand(v, 0);
        const auto from = strides(a.size);
        for_each(r.size, [&](std::size_t i, const std::vector<int>& at) {
          std::size_t j = 0;
          for (std::size_t k = 0; k < at.size(); ++k) j += static_cast<std::size_t>(from[arg >> (4 * k) & 15] * at[k]);
          r.value[i] = a.value[j];
        });
        break;
      }
      case Op::reshape: r.value = operand(v, 0).value; break;
      case Op::window: {
        const Array& from = operand(v, 0);
        const std::size_t axis = arg & 255;
        const auto step = static_cast<std::int64_t>(arg >> 8 & 0xffffff), dilation = static_cast<std::int64_t>(arg >> 32);
        const auto stride = strides(from.size);
        for_each(r.size, [&](std::size_t i, const std::vector<int>& at) {
          std::int64_t j = 0;
          for (std::size_t k = 0; k < from.size.size(); ++k) j += stride[k] * (k < axis ? at[k] : k == axis ? at[k] * step + at[k + 1] * dilation : at[k + 1]);
          r.value[i] = from.value[static_cast<std::size_t>(j)];
        });
        break;
      }
      case Op::slice:
      case Op::place: {
        const bool writes = v.op == Op::place;
        const Array& large = operand(v, 0);
        const Array& small = writes ? operand(v, 1) : r;
        const std::size_t axis = arg & 255;
        const auto start = static_cast<std::int64_t>(arg >> 8 & 0xffffffffULL);
        const auto step = etch::detail::slice_step(arg);
        const auto stride = strides(large.size);
        if (writes) r.value = large.value;
        for_each(small.size, [&](std::size_t i, const std::vector<int>& at) {
          std::int64_t j = 0;
          for (std::size_t k = 0; k < at.size(); ++k) j += stride[k] * (k == axis ? start + at[k] * step : at[k]);
          if (writes) r.value[static_cast<std::size_t>(j)] = small.value[i];
          else r.value[i] = large.value[static_cast<std::size_t>(j)];
        });
        break;
      }
      case Op::dot: {
        const Array &a = operand(v, 0), &b = operand(v, 1);
        const std::size_t rank = r.size.size();
        const auto M = static_cast<std::size_t>(r.size[rank - 2]), N = static_cast<std::size_t>(r.size[rank - 1]), K = static_cast<std::size_t>(a.size[rank - 1]);
        for (std::size_t i = 0; i < r.value.size(); ++i) {
          const std::size_t batch = i / (M * N), row = i / N % M, column = i % N;
          double x = 0;
          for (std::size_t k = 0; k < K; ++k) x += a.value[(batch * M + row) * K + k] * b.value[(batch * K + k) * N + column];
          r.value[i] = rounded(v.dtype, x);
        }
        break;
      }
      case Op::take:
      case Op::scatter_add: {
        const bool adds = v.op == Op::scatter_add;
        const Array& index = operand(v, adds ? 0 : 1);
        const Array& from = operand(v, adds ? 1 : 0);
        const std::size_t rows = index.value.size();
        const std::size_t columns = rows == 0 ? 0 : (adds ? from : r).value.size() / rows;
        if (adds) r.value.assign(r.value.size(), 0);
        for (std::size_t i = 0; i < rows; ++i)
          for (std::size_t c = 0; c < columns; ++c) {
            const std::size_t at = static_cast<std::size_t>(index.value[i]) * columns + c;
            if (adds) r.value[at] += from.value[i * columns + c];
            else r.value[i * columns + c] = from.value[at];
          }
        break;
      }
      case Op::checked: {
        const auto size = actual(static_cast<int>(static_cast<std::uint32_t>(arg >> 16)));
        for (std::size_t i = 0; i < r.value.size(); ++i) {
          const double k = operand(v, 0).value[i];
          r.value[i] = k < 0 && (arg >> 8 & 1) != 0 ? k + size : k;
        }
        break;
      }
      case Op::gather:
      case Op::scatter: {
        const bool writes = v.op == Op::scatter;
        const Array &index = operand(v, 1), &small = writes ? operand(v, 2) : r, &large = operand(v, 0);
        const auto stride = strides(large.size), from = strides(small.size);
        if (writes) r.value = large.value;
        for_each(index.size, [&](std::size_t i, const std::vector<int>& at) {
          std::int64_t j = 0, s = 0;
          for (std::size_t k = 0; k < at.size(); ++k) {
            j += stride[k] * (k == (arg & 255) ? static_cast<int>(index.value[i]) : at[k]);
            s += from[k] * at[k];
          }
          const auto to = static_cast<std::size_t>(j);
          if (!writes) {
            r.value[i] = large.value[to];
            return;
          }
          const double x = small.value[static_cast<std::size_t>(s)], y = r.value[to];
          const Op how = static_cast<Op>(arg >> 8 & 255);
          r.value[to] = rounded(v.dtype, how == Op::sum ? y + x : how == Op::prod ? y * x : how == Op::amax ? binary(Op::maximum, y, x) : how == Op::amin ? binary(Op::minimum, y, x) : x);
        });
        break;
      }
      case Op::cumsum: case Op::cumprod: case Op::logcumsumexp: case Op::cummax: case Op::cummin: case Op::recurrence: case Op::delay: case Op::argsort: along(v, r); break;
      case Op::searchsorted: {
        const Array &sorted = operand(v, 0), &x = operand(v, 1);
        const auto N = static_cast<std::size_t>(sorted.size.back()), M = static_cast<std::size_t>(x.size.back());
        for (std::size_t i = 0; i < r.value.size(); ++i) {
          r.value[i] = 0;
          for (std::size_t k = 0; k < N; ++k) {
            const double y = sorted.value[i / M * N + k];
            r.value[i] += !((v.arg >> 8 & 1) != 0 ? y > x.value[i] : y >= x.value[i]);
          }
        }
        break;
      }
      case Op::max_pool:
      case Op::max_pool_back: max_pool(v, r); break;
      case Op::svd: svd(v, r); break;
      case Op::attention: attention(n, v, r); break;
      case Op::attention_lse:
        r.value = lse[static_cast<std::size_t>(v.in[0])];
        break;
      case Op::attention_grad: attention_gradient(n, r); break;
      case Op::attention_dk: r.value = dk[static_cast<std::size_t>(v.in[0])]; break;
      case Op::attention_dv: r.value = dv[static_cast<std::size_t>(v.in[0])]; break;
      default: break;
    }
  }

  /// One window after another: the first of its largest elements, where there is any.
  void max_pool(const Node& v, Array& r) {
    const bool backward = v.op == Op::max_pool_back;
    const Array &x = operand(v, 0), &y = backward ? operand(v, 1) : r;
    const auto byte = [&](int axis, int i) { return static_cast<int>(v.arg >> (56 - 32 * axis - 8 * i) & 255); };  // kernel, stride, dilation, before
    const std::size_t rank = x.size.size();
    const int h = x.size[rank - 2], w = x.size[rank - 1], oh = y.size[rank - 2], ow = y.size[rank - 1];
    if (backward) r.value.assign(x.value.size(), 0);
    for (std::size_t e = 0; e < y.value.size(); ++e) {
      const int at = static_cast<int>(e) % (oh * ow);
      const std::size_t plane = e / static_cast<std::size_t>(oh * ow) * static_cast<std::size_t>(h * w);
      std::size_t best = x.value.size();
      for (int k = 0; k < byte(0, 0) * byte(1, 0); ++k) {
        const int i = at / ow * byte(0, 1) + k / byte(1, 0) * byte(0, 2) - byte(0, 3), j = at % ow * byte(1, 1) + k % byte(1, 0) * byte(1, 2) - byte(1, 3);
        if (i < 0 || i >= h || j < 0 || j >= w) continue;
        const std::size_t here = plane + static_cast<std::size_t>(i * w + j);
        if (best == x.value.size() || x.value[here] > x.value[best] || (std::isnan(x.value[here]) && !std::isnan(x.value[best]))) best = here;
      }
      if (best == x.value.size()) {  // only padding
        if (!backward) r.value[e] = -std::numeric_limits<double>::infinity();
      } else if (backward) r.value[best] += y.value[e];
      else r.value[e] = (v.in[1] >= 0 ? operand(v, 1) : x).value[best];
    }
  }
  /// Singular values and vectors from the eigenvectors of A^T A, by Jacobi's rotations of both sides: half the digits.
  void svd(const Node& v, Array& r) {
    const Array& in = operand(v, 0);
    const std::size_t rank = in.size.size(), M = static_cast<std::size_t>(in.size[rank - 2]), N = static_cast<std::size_t>(in.size[rank - 1]), K = std::min(M, N);
    const std::size_t count = in.value.size() / (M * N), rows = std::max(M, N);
    for (std::size_t matrix = 0; matrix < count; ++matrix) {
      auto a = [&](std::size_t i, std::size_t j) { return in.value[matrix * M * N + (M >= N ? i * N + j : j * N + i)]; };  // rows x K
      std::vector<double> g(K * K), z(K * K);
      for (std::size_t i = 0; i < K; ++i)
        for (std::size_t j = 0; j < K; ++j) {
          z[i * K + j] = i == j;
          for (std::size_t k = 0; k < rows; ++k) g[i * K + j] += a(k, i) * a(k, j);
        }
      for (int sweep = 0; sweep < 50; ++sweep)
        for (std::size_t p = 0; p < K; ++p)
          for (std::size_t q = p + 1; q < K; ++q) {
            if (g[p * K + q] == 0) continue;
            const double angle = 0.5 * std::atan2(2 * g[p * K + q], g[q * K + q] - g[p * K + p]), c = std::cos(angle), s = std::sin(angle);
            auto turn = [&](double& x, double& y) {
              const double t = c * x - s * y;
              y = s * x + c * y;
              x = t;
            };
            for (std::size_t k = 0; k < K; ++k) turn(g[k * K + p], g[k * K + q]);
            for (std::size_t k = 0; k < K; ++k) turn(g[p * K + k], g[q * K + k]);
            for (std::size_t k = 0; k < K; ++k) turn(z[k * K + p], z[k * K + q]);
          }
      std::vector<std::size_t> order(K);
      for (std::size_t k = 0; k < K; ++k) order[k] = k;
      std::sort(order.begin(), order.end(), [&](std::size_t i, std::size_t j) { return g[i * K + i] > g[j * K + j]; });
      double* const out = &r.value[matrix * (M + 1 + N) * K];
      for (std::size_t k = 0; k < K; ++k) {
        const std::size_t from = order[k];
        const double s = std::sqrt(std::max(0.0, g[from * K + from]));
        out[M * K + k] = s;
        for (std::size_t i = 0; i < rows; ++i) {
          double x = 0;
          for (std::size_t j = 0; j < K; ++j) x += a(i, j) * z[j * K + from];
          out[(M >= N ? i : M + 1 + i) * K + k] = s == 0 ? 0 : x / s;
        }
        for (std::size_t i = 0; i < K; ++i) out[(M >= N ? M + 1 + i : i) * K + k] = z[i * K + from];
      }
    }
  }
  /// Scans and orders, by their definitions.
  void along(const Node& v, Array& r) {
    const bool two = v.op == Op::recurrence, back = (v.arg >> 8 & 1) != 0;
    const Array& a = operand(v, two ? 1 : 0);
    const std::size_t axis = v.arg & 255;
    const auto step = static_cast<std::size_t>(strides(a.size)[axis]), size = static_cast<std::size_t>(a.size[axis]);
    for (std::size_t first = 0; first < a.value.size(); ++first) {
      if (first / step % size != 0) continue;
      if (v.op == Op::argsort) {
        std::vector<std::size_t> order(size);
        for (std::size_t i = 0; i < size; ++i) order[i] = i;
        std::sort(order.begin(), order.end(), [&](std::size_t i, std::size_t j) {
          const double x = a.value[first + i * step], y = a.value[first + j * step];
          if (std::isnan(x) || std::isnan(y) || x == y) return std::isnan(x) == std::isnan(y) ? i < j : std::isnan(back ? x : y);
          return back ? x > y : x < y;
        });
        for (std::size_t i = 0; i < size; ++i) r.value[first + i * step] = static_cast<double>(order[i]);
        continue;
      }
      double s = 0;
      std::size_t best = 0;
      for (std::size_t k = 0; k < size; ++k) {
        const std::size_t i = back ? size - 1 - k : k, e = first + i * step;
        const double x = a.value[e], y = a.value[first + best * step];
        if (k == 0 || (std::isnan(x) || (!std::isnan(y) && (v.op == Op::cummax ? x >= y : x <= y)))) best = i;
        switch (v.op) {
          case Op::cumsum: s = k == 0 ? x : s + x; break;
          case Op::cumprod: s = k == 0 ? x : s * x; break;
          case Op::logcumsumexp: s = k == 0 ? x : std::isinf(std::max(s, x)) ? std::max(s, x) : std::max(s, x) + std::log1p(std::exp(-std::abs(s - x))); break;
          case Op::recurrence: s = k == 0 ? x : s * operand(v, 0).value[e] + x; break;
          case Op::delay: s = k == 0 ? static_cast<double>(v.arg >> 9) : a.value[back ? e + step : e - step]; break;
          default: s = static_cast<double>(best);
        }
        r.value[e] = rounded(r.dtype, s);
      }
    }
  }

  /// softmax(q k^T scale + mask) for each row, and its log-sum-exp.
  std::vector<double> probabilities(const Node& v, std::vector<double>& row_lse) const {
    const Array &q = operand(v, 0), &k = operand(v, 1);
    const auto heads = static_cast<std::size_t>(q.size[0] * q.size[1]), T = static_cast<std::size_t>(q.size[2]), S = static_cast<std::size_t>(k.size[2]), D = static_cast<std::size_t>(q.size[3]);
    const double scale = static_cast<double>(__builtin_bit_cast(float, static_cast<std::uint32_t>(v.arg)));
    const bool causal = (v.arg >> 32 & 1) != 0;
    std::vector<double> p(heads * T * S);
    row_lse.assign(heads * T, 0);
    for (std::size_t h = 0; h < heads; ++h)
      for (std::size_t i = 0; i < T; ++i) {
        double* row = &p[(h * T + i) * S];
        const std::size_t last = causal && i + 1 < S ? i + 1 : S;
        double sum = 0;
        for (std::size_t j = 0; j < last; ++j) {
          for (std::size_t d = 0; d < D; ++d) row[j] += q.value[(h * T + i) * D + d] * k.value[(h * S + j) * D + d];
          row[j] = std::exp(row[j] * scale);
          sum += row[j];
        }
        for (std::size_t j = 0; j < last; ++j) row[j] /= sum;
        row_lse[h * T + i] = std::log(sum);
      }
    return p;
  }
  void attention(int n, const Node& v, Array& r) {
    lse.resize(node.size());
    const auto p = probabilities(v, lse[static_cast<std::size_t>(n)]);
    const Array& w = operand(v, 2);
    const auto T = static_cast<std::size_t>(r.size[2]), E = static_cast<std::size_t>(r.size[3]), S = static_cast<std::size_t>(w.size[2]);
    for (std::size_t i = 0; i < r.value.size(); ++i) {
      const std::size_t e = i % E, row = i / E, h = row / T;
      double x = 0;
      for (std::size_t j = 0; j < S; ++j) x += p[row * S + j] * w.value[(h * S + j) * E + e];
      r.value[i] = x;
    }
  }
  void attention_gradient(int n, Array& r) {
    dk.resize(node.size());
    dv.resize(node.size());
    int in[6] = {};
    g.operands(n, in);
    const Node& f = g.node[in[3]];
    std::vector<double> unused;
    const auto p = probabilities(f, unused);
    const Array &q = operand(f, 0), &k = operand(f, 1), &w = operand(f, 2), &dout = node[static_cast<std::size_t>(in[5])];
    const auto T = static_cast<std::size_t>(q.size[2]), S = static_cast<std::size_t>(k.size[2]), D = static_cast<std::size_t>(q.size[3]), E = static_cast<std::size_t>(w.size[3]);
    const auto rows = static_cast<std::size_t>(q.size[0] * q.size[1]) * T;
    const double scale = static_cast<double>(__builtin_bit_cast(float, static_cast<std::uint32_t>(f.arg)));
    auto& gk = dk[static_cast<std::size_t>(n)];
    auto& gv = dv[static_cast<std::size_t>(n)];
    gk.assign(k.value.size(), 0);
    gv.assign(w.value.size(), 0);
    r.value.assign(q.value.size(), 0);
    std::vector<double> dp(S);
    for (std::size_t i = 0; i < rows; ++i) {
      const std::size_t h = i / T;
      double mean = 0;
      for (std::size_t j = 0; j < S; ++j) {
        dp[j] = 0;
        for (std::size_t e = 0; e < E; ++e) {
          dp[j] += dout.value[i * E + e] * w.value[(h * S + j) * E + e];
          gv[(h * S + j) * E + e] += p[i * S + j] * dout.value[i * E + e];
        }
        mean += dp[j] * p[i * S + j];
      }
      for (std::size_t j = 0; j < S; ++j) {
        const double ds = p[i * S + j] * (dp[j] - mean) * scale;
        for (std::size_t d = 0; d < D; ++d) {
          r.value[i * D + d] += ds * k.value[(h * S + j) * D + d];
          gk[(h * S + j) * D + d] += ds * q.value[i * D + d];
        }
      }
    }
  }

  const etch::detail::GraphRef& g;
  const etch::Bindings& in;
  std::vector<Array> node;
  std::vector<std::vector<double>> lse, dk, dv;
};

}  // namespace oracle

// Printing tensors to a stream, as PyTorch prints them: `std::cout << x`; `set_printoptions` says how.
//
// Numbers get one width. Floats are written with as few digits as the largest and smallest need: whole numbers as `2.`, others
// with `precision` places, or in scientific notation where they lie far apart. Of large tensors the edges are shown.
#pragma once

#include <etch/expr/tensor.hpp>
#include <etch/run/assign.hpp>

#include <cmath>
#include <cstdio>
#include <limits>
#include <optional>
#include <ostream>
#include <string>
#include <vector>

namespace etch {
inline namespace ETCH_ABI {

/// Collections of settings for `PrintOptions::profile`.
enum class PrintProfile { standard, brief, full };
/// What `set_printoptions` changes; what is not given stays as it is.
struct PrintOptions {
  std::optional<PrintProfile> profile{};    ///< all of them first: as they are at the start, with two places and edges, or without a threshold
  std::optional<int> precision{};           ///< places behind the point: 4
  std::optional<std::int64_t> threshold{};  ///< the most elements that are shown without leaving out: 1000
  std::optional<int> edgeitems{};           ///< how many elements of an axis are shown at either end: 3
  std::optional<int> linewidth{};           ///< 80
  std::optional<bool> sci_mode{};           ///< always or never scientific; not given: where it is shorter
};

namespace detail {
struct PrintSettings {
  int precision = 4;
  std::int64_t threshold = 1000;
  int edgeitems = 3, linewidth = 80;
  std::optional<bool> sci_mode{};
};
inline PrintSettings& print_settings() {
  static PrintSettings settings;
  return settings;
}
}  // namespace detail

/// How tensors are printed from now on, in the whole program.
inline void set_printoptions(const PrintOptions& o) {
  detail::PrintSettings& s = detail::print_settings();
  if (o.profile) {
    s = {};
    if (*o.profile == PrintProfile::brief) s.precision = s.edgeitems = 2;
    if (*o.profile == PrintProfile::full) s.threshold = std::numeric_limits<std::int64_t>::max();
  }
  s.precision = o.precision.value_or(s.precision);
  s.threshold = o.threshold.value_or(s.threshold);
  s.edgeitems = o.edgeitems.value_or(s.edgeitems);
  s.linewidth = o.linewidth.value_or(s.linewidth);
  s.sci_mode = o.sci_mode;
}
/// What is set.
inline PrintOptions get_printoptions() {
  const detail::PrintSettings& s = detail::print_settings();
  return {{}, s.precision, s.threshold, s.edgeitems, s.linewidth, s.sci_mode};
}

namespace detail {

/// One number of a tensor: floats and the parts of complex numbers as double.
inline std::string text_of(const char* format, int precision, double value) {
  char text[400];
  std::snprintf(text, sizeof text, format, precision, value);
  return text;
}

/// How the numbers of one tensor are written.
class NumberFormat {
 public:
  explicit NumberFormat(const std::vector<double>& shown) {
    const PrintSettings& s = print_settings();
    precision_ = s.precision;
    double least = 0, most = 0;
    bool any = false;
    for (double v : shown) {
      if (!std::isfinite(v) || v == 0) continue;
      const double a = std::fabs(v);
      least = !any || a < least ? a : least;
      most = !any || a > most ? a : most;
      whole_ = whole_ && v == std::ceil(v);
      any = true;
    }
    if (!any) return;
    scientific_ = s.sci_mode.value_or(most / least > 1000 || most > 1e8 || least < 1e-4);
    for (double v : shown)
      if (std::isfinite(v) && v != 0) {
        const std::size_t w = plain(v).size();
        width_ = w > width_ ? w : width_;
      }
  }
  std::size_t width() const { return width_; }
  std::string operator()(double v) const {
    const std::string s = plain(v);
    return std::string(width_ > s.size() ? width_ - s.size() : 0, ' ') + s;
  }

 private:
  std::string plain(double v) const {
    if (std::isnan(v)) return "nan";
    if (std::isinf(v)) return v < 0 ? "-inf" : "inf";
    if (scientific_) return text_of("%.*e", precision_, v);
    return whole_ ? text_of("%.*f", 0, v) + "." : text_of("%.*f", precision_, v);
  }
  std::size_t width_ = 1;
  int precision_ = 4;
  bool whole_ = true, scientific_ = false;
};

/// Brackets, lines and gaps around the texts of a tensor's elements, which `element` makes.
class TensorText {
 public:
  TensorText(const int* sizes, int rank, bool summarize, std::size_t width, std::vector<std::string> texts) : sizes_(sizes), rank_(rank), summarize_(summarize), width_(width), texts_(std::move(texts)) {}
  std::string text(int indent) { return axis(0, indent); }

 private:
  std::string axis(int k, int indent) {
    if (k == rank_) return texts_[next_++];
    const int n = sizes_[k], edge = print_settings().edgeitems;
    const bool gap = summarize_ && n > 2 * edge;
    std::vector<std::string> parts;
    for (int i = 0; i < (gap ? 2 * edge : n); ++i) {
      if (gap && i == edge) parts.push_back(k + 1 == rank_ ? " ..." : "...");
      parts.push_back(axis(k + 1, indent + 1));
    }
    if (gap && edge == 0) parts.push_back("...");
    const std::string line = '\n' + std::string(static_cast<std::size_t>(indent) + 1, ' ');
    std::string r = "[";
    if (k + 1 == rank_) {
      const auto room = static_cast<std::size_t>(std::max(0, print_settings().linewidth - indent));
      const std::size_t in_a_line = std::max<std::size_t>(1, room / (width_ + 2));
      for (std::size_t i = 0; i < parts.size(); ++i) r += (i == 0 ? "" : i % in_a_line == 0 ? "," + line : ", ") + parts[i];
    } else {
      const std::string between = ',' + std::string(static_cast<std::size_t>(rank_ - k - 2), '\n') + line;
      for (std::size_t i = 0; i < parts.size(); ++i) r += (i == 0 ? "" : between) + parts[i];
    }
    return r + ']';
  }
  const int* sizes_;
  int rank_;
  bool summarize_;
  std::size_t width_, next_ = 0;
  std::vector<std::string> texts_;
};

/// Calls f with the place of every element that is shown, in order.
template <class F>
void for_each_shown(const int* sizes, int rank, bool summarize, std::int64_t at, const F& f) {
  if (rank == 0) return f(at);
  const int edge = print_settings().edgeitems;
  std::int64_t inner = 1;
  for (int k = 1; k < rank; ++k) inner *= sizes[k];
  for (int i = 0; i < sizes[0]; ++i) {
    if (summarize && sizes[0] > 2 * edge && i == edge) i = sizes[0] - edge;
    if (i < sizes[0]) for_each_shown(sizes + 1, rank - 1, summarize, at + i * inner, f);
  }
}

inline std::string tensor_text(const int* sizes, int rank, std::int64_t elements, DType dtype, std::size_t width, bool summarize, std::vector<std::string> texts) {
  std::string r = "tensor(";
  if (elements == 0) {
    r += "[]";
    if (rank != 1) {
      r += ", size=(";
      for (int k = 0; k < rank; ++k) r += (k == 0 ? "" : ", ") + std::to_string(sizes[k]);
      r += ')';
    }
  } else {
    r += TensorText(sizes, rank, summarize, width, std::move(texts)).text(7);
  }
  const bool by_itself = dtype == DType::float32 || (elements != 0 && (dtype == DType::complex64 || dtype == DType::boolean || dtype == DType::int64));
  if (!by_itself) {
    const std::string suffix = std::string("dtype=") + name_of(dtype);
    const std::size_t last = r.size() - (r.rfind('\n') == std::string::npos ? static_cast<std::size_t>(-1) : r.rfind('\n')) + 1;
    r += (last + suffix.size() + 2 > static_cast<std::size_t>(print_settings().linewidth) ? ",\n       " : ", ") + suffix;
  }
  return r + ')';
}

}  // namespace detail

template <class T, auto... D>
std::ostream& operator<<(std::ostream& out, const Tensor<T, D...>& x) {
  constexpr int rank = Tensor<T, D...>::rank;
  const bool summarize = x.numel() > detail::print_settings().threshold;
  std::vector<std::string> texts;
  std::size_t width = 0;
  auto each = [&](auto f) {
    if (x.numel() > 0) detail::for_each_shown(x.sizes(), rank, summarize, 0, [&](std::int64_t i) { f(x.data()[i]); });
  };
  if constexpr (detail::is_complex_type<T>) {
    std::vector<double> re, im;
    each([&](T v) {
      re.push_back(static_cast<double>(v.re));
      im.push_back(static_cast<double>(v.im));
    });
    const detail::NumberFormat real(re), imaginary(im);
    for (std::size_t i = 0; i < re.size(); ++i) {
      std::string part = imaginary(im[i]) + 'j';
      part.erase(0, part.find_first_not_of(' '));
      texts.push_back(real(re[i]) + (part[0] == '-' ? "" : "+") + part);
    }
    width = real.width() + imaginary.width() + 1;
  } else if constexpr (is_floating(dtype_of<T>)) {
    std::vector<double> values;
    each([&](T v) { values.push_back(static_cast<double>(v)); });
    const detail::NumberFormat number(values);
    for (double v : values) texts.push_back(number(v));
    width = number.width();
  } else {
    each([&](T v) {
      if constexpr (std::is_same_v<T, bool>) texts.push_back(v ? "True" : "False");
      else texts.push_back(std::to_string(static_cast<long long>(v)));
      width = texts.back().size() > width ? texts.back().size() : width;
    });
    for (std::string& s : texts) s.insert(0, width - s.size(), ' ');
  }
  return out << detail::tensor_text(x.sizes(), rank, x.numel(), dtype_of<T>, width, summarize, std::move(texts));
}
/// An expression is evaluated and printed.
template <class F, class Args, class T, auto... D>
std::ostream& operator<<(std::ostream& out, const Lazy<F, Args, T, D...>& e) {
  return out << Tensor<T, D...>(e);
}

}  // namespace ETCH_ABI
}  // namespace etch

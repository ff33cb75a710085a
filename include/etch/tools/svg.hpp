// A line chart as an SVG picture: series {name, xs, ys} -> axes with round ticks, grid, legend.
#pragma once

#include <etch/core/config.hpp>
#include <etch/core/error.hpp>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cmath>
#include <cstddef>
#include <cstdio>
#include <cstring>
#include <span>
#include <string>
#include <string_view>

namespace etch {
inline namespace ETCH_ABI {
namespace tools {

/// One line of a chart: the points (xs[i], ys[i]). A value that is not finite leaves a gap; few points are dotted.
struct Series {
  std::string_view name;
  std::span<const double> xs, ys;
  std::string_view color = {};  ///< as CSS writes it, "#2563eb"; a colour of its own by default
  double width = 2;
};

/// A chart as the text of a picture of 900 x 540, which may stand within another. Error: xs and ys of different lengths.
std::string svg_plot(std::string_view title, std::string_view x_label, std::string_view y_label, std::span<const Series> series);

/// Writes a picture to `path`, which is replaced in one step. Error: a path that cannot be written.
void write_svg(const char* path, std::string_view picture);

/// Writes a chart to `path`.
void write_svg_plot(const char* path, std::string_view title, std::string_view x_label, std::string_view y_label,
                    std::span<const Series> series);

namespace detail {

/// The values shown along an axis, with ticks at multiples of `step`: 1, 2 or 5 times a power of ten.
struct Axis {
  double low, high, step;
  int decimals;

  /// About `count` ticks between the extremes; a `round` axis begins and ends at a tick.
  static Axis over(double low, double high, int count, bool round) {
    if (!(low <= high)) low = 0, high = 1;  // no data
    if (low == high) {
      const double room = low == 0 ? 1 : std::fabs(low) / 10;
      low -= room, high += room;
    }
    const double rough = (high - low) / count, power = std::pow(10.0, std::floor(std::log10(rough)));
    const double digit = rough / power, step = power * (digit < 1.5 ? 1 : digit < 3.5 ? 2 : digit < 7.5 ? 5 : 10);
    const int decimals = std::clamp(static_cast<int>(std::ceil(-std::log10(step) - 1e-9)), 0, 12);
    if (round) low = std::floor(low / step + 1e-9) * step, high = std::ceil(high / step - 1e-9) * step;
    return {low, high, step, decimals};
  }

  /// The place of a value in [0, 1].
  double at(double value) const { return (value - low) / (high - low); }
};

/// SVG text that grows by `<<`; numbers do not depend on the locale.
class SvgText {
 public:
  SvgText& operator<<(std::string_view text) {
    text_ += text;
    return *this;
  }
  SvgText& operator<<(double number) { return this->number(number, 1); }

  SvgText& number(double number, int decimals) {
    char digits[32];
    if (number == 0) number = 0;  // no "-0"
    const bool plain = std::fabs(number) < 1e7;
    const auto end = plain ? std::to_chars(digits, digits + sizeof digits, number, std::chars_format::fixed, decimals)
                           : std::to_chars(digits, digits + sizeof digits, number, std::chars_format::general, 4);
    return *this << std::string_view(digits, static_cast<std::size_t>(end.ptr - digits));
  }

  /// Text as XML wants it.
  SvgText& escaped(std::string_view text) {
    for (const char c : text) {
      if (c == '&')
        *this << "&amp;";
      else if (c == '<')
        *this << "&lt;";
      else if (c == '"')
        *this << "&quot;";
      else if (static_cast<unsigned char>(c) >= ' ')
        text_ += c;
    }
    return *this;
  }

  const std::string& text() const { return text_; }

 private:
  std::string text_;
};

/// The picture: a plot of this place and size, in pixels, under a title and inside its labels.
class SvgPlot {
 public:
  SvgPlot(Axis x, Axis y) : x_(x), y_(y) {}

  void draw(std::string_view title, std::string_view x_label, std::string_view y_label,
            std::span<const Series> series) {
    out_ << "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 900 540\" width=\"900\" height=\"540\" "
            "font-family=\"Inter,'Helvetica Neue',Arial,'DejaVu Sans',sans-serif\" font-size=\"13\" fill=\"#4b5563\">\n"
            "<rect width=\"900\" height=\"540\" fill=\"#ffffff\"/>\n";
    text(left, 34, "font-size=\"18\" font-weight=\"600\" fill=\"#111827\"", title);
    text(left + width / 2, 522, "text-anchor=\"middle\"", x_label);
    text(-(top + height / 2), 24, "text-anchor=\"middle\" transform=\"rotate(-90)\"", y_label);
    grid();
    for (std::size_t i = 0; i < series.size(); ++i) line(series[i], color(series[i], i));
    legend(series);
    out_ << "</svg>\n";
  }

  const std::string& picture() const { return out_.text(); }

 private:
  static constexpr double left = 78, top = 56, width = 794, height = 416;

  double across(double x) const { return left + width * x_.at(x); }
  double down(double y) const { return top + height * (1 - y_.at(y)); }

  static std::string_view color(const Series& series, std::size_t i) {
    static constexpr std::string_view own[] = {"#2563eb", "#ea580c", "#059669", "#9333ea", "#dc2626", "#0891b2"};
    return series.color.empty() ? own[i % std::size(own)] : series.color;
  }

  void text(double x, double y, std::string_view style, std::string_view words) {
    out_ << "<text x=\"" << x << "\" y=\"" << y << "\" " << style << ">";
    out_.escaped(words) << "</text>\n";
  }

  void rule(double x1, double y1, double x2, double y2, std::string_view stroke) {
    out_ << "<path d=\"M" << x1 << " " << y1 << "L" << x2 << " " << y2 << "\" stroke=\"" << stroke << "\"/>\n";
  }

  void grid() {
    const auto ticks = [](const Axis& axis, auto&& visit) {
      const double first = std::ceil(axis.low / axis.step - 1e-9);
      for (int i = 0; (first + i) * axis.step <= axis.high + 1e-9 * axis.step; ++i) visit((first + i) * axis.step);
    };
    ticks(x_, [&](double x) {
      rule(across(x), top, across(x), top + height, "#f1f3f5");
      label(across(x), top + height + 22, "middle", x, x_.decimals);
    });
    ticks(y_, [&](double y) {
      rule(left, down(y), left + width, down(y), "#e5e7eb");
      label(left - 10, down(y) + 4.5, "end", y, y_.decimals);
    });
    rule(left, top + height, left + width, top + height, "#9ca3af");
  }

  void label(double x, double y, std::string_view anchor, double value, int decimals) {
    out_ << "<text x=\"" << x << "\" y=\"" << y << "\" text-anchor=\"" << anchor << "\">";
    out_.number(value, decimals) << "</text>\n";
  }

  void line(const Series& series, std::string_view stroke) {
    const auto shown = [&](std::size_t i) { return std::isfinite(series.xs[i]) && std::isfinite(series.ys[i]); };
    out_ << "<path fill=\"none\" stroke-linejoin=\"round\" stroke-linecap=\"round\" stroke=\"";
    out_.escaped(stroke) << "\" stroke-width=\"" << series.width << "\" d=\"";
    bool pen_down = false;
    for (std::size_t i = 0; i < series.xs.size(); ++i) {
      if (shown(i)) out_ << (pen_down ? "L" : "M") << across(series.xs[i]) << " " << down(series.ys[i]);
      pen_down = shown(i);
    }
    out_ << "\"/>\n";
    if (series.xs.size() > 32) return;
    for (std::size_t i = 0; i < series.xs.size(); ++i) {
      if (!shown(i)) continue;
      out_ << "<circle cx=\"" << across(series.xs[i]) << "\" cy=\"" << down(series.ys[i]) << "\" r=\""
           << series.width + 1.5;
      out_ << "\" stroke=\"#ffffff\" stroke-width=\"1.5\" fill=\"";
      out_.escaped(stroke) << "\"/>\n";
    }
  }

  /// At the top right, where a curve of falling loss is not.
  void legend(std::span<const Series> series) {
    std::size_t longest = 0;
    for (const Series& s : series) longest = std::max(longest, s.name.size());
    if (longest == 0) return;
    const double box = 58 + 7.5 * static_cast<double>(longest), x = left + width - box - 10;
    double y = top + 10;
    out_ << "<rect x=\"" << x << "\" y=\"" << y << "\" width=\"" << box << "\" height=\"";
    out_ << 14 + 22 * static_cast<double>(series.size());
    out_ << "\" rx=\"6\" fill=\"#ffffff\" fill-opacity=\"0.9\" stroke=\"#e5e7eb\"/>\n";
    for (std::size_t i = 0; i < series.size(); ++i) {
      y += 22;
      out_ << "<path stroke-linecap=\"round\" d=\"M" << x + 14 << " " << y - 4 << "h22\" stroke-width=\"3\" stroke=\"";
      out_.escaped(color(series[i], i)) << "\"/>\n";
      text(x + 46, y, "", series[i].name);
    }
  }

  Axis x_, y_;
  SvgText out_;
};

/// The least and the greatest finite value of all series.
inline Axis axis_over(std::span<const Series> series, std::span<const double> Series::*values, int count, bool round) {
  double low = HUGE_VAL, high = -HUGE_VAL;
  for (const Series& s : series)
    for (const double value : s.*values)
      if (std::isfinite(value)) low = std::min(low, value), high = std::max(high, value);
  return Axis::over(low, high, count, round);
}

}  // namespace detail

inline std::string svg_plot(std::string_view title, std::string_view x_label, std::string_view y_label, std::span<const Series> series) {
  for (const Series& s : series)
    if (s.xs.size() != s.ys.size())
      fail("svg_plot", "xs and ys of a series must have the same length",
           Message{} << "got " << s.xs.size() << " and " << s.ys.size());
  detail::SvgPlot plot(detail::axis_over(series, &Series::xs, 8, false),
                       detail::axis_over(series, &Series::ys, 6, true));
  plot.draw(title, x_label, y_label, series);
  return plot.picture();
}

inline void write_svg(const char* path, std::string_view picture) {
  const std::string temporary = std::string(path) + ".tmp";  // beside the path, then renamed
  std::FILE* file = std::fopen(temporary.c_str(), "wb");
  bool good = file != nullptr && std::fwrite(picture.data(), 1, picture.size(), file) == picture.size();
  if (file != nullptr) good = std::fclose(file) == 0 && good;
  if (good && std::rename(temporary.c_str(), path) == 0) return;
  const int error = errno;
  if (file != nullptr) std::remove(temporary.c_str());
  fail("write_svg", "file must be writable", Message{} << path << ": " << std::strerror(error));
}

inline void write_svg_plot(const char* path, std::string_view title, std::string_view x_label, std::string_view y_label,
                           std::span<const Series> series) {
  write_svg(path, svg_plot(title, x_label, y_label, series));
}

}  // namespace tools
}  // namespace ETCH_ABI
}  // namespace etch

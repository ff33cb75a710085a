// SVG charts: well-formed, with round ticks, whole or not at all.
#include <etch/tools/svg.hpp>

#include <doctest/doctest.h>

#include <fstream>
#include <iterator>
#include <limits>
#include <string>
#include <vector>

#include <unistd.h>

using namespace etch;
using tools::Series;

namespace {

std::string plot(std::span<const Series> series, std::string_view title = "title") {
  const std::string path = "/tmp/etch-plot-" + std::to_string(::getpid()) + ".svg";
  tools::write_svg_plot(path.c_str(), title, "step", "loss", series);
  std::ifstream in(path);
  std::string text{std::istreambuf_iterator<char>(in), {}};
  ::unlink(path.c_str());
  CHECK(text.starts_with("<svg "));
  CHECK(text.ends_with("</svg>\n"));
  return text;
}

bool has(const std::string& text, const char* part) { return text.find(part) != text.npos; }

}  // namespace

TEST_CASE("ticks are round") {
  using tools::detail::Axis;
  const Axis loss = Axis::over(1.43, 4.6, 6, true);
  CHECK(loss.step == 0.5);
  CHECK(loss.low == 1);
  CHECK(loss.high == 5);
  CHECK(loss.decimals == 1);
  const Axis steps = Axis::over(1, 1000, 8, false);
  CHECK(steps.step == 100);
  CHECK(steps.low == 1);
  CHECK(steps.decimals == 0);
  CHECK(Axis::over(0, 1e-3, 5, true).decimals == 4);
  const Axis flat = Axis::over(3, 3, 6, true);
  CHECK(flat.low < 3);
  CHECK(flat.high > 3);
  const Axis none = Axis::over(HUGE_VAL, -HUGE_VAL, 6, true);
  CHECK(none.low == 0);
  CHECK(none.high == 1);
}

TEST_CASE("a chart shows its series, labels and legend") {
  std::vector<double> xs, ys;
  for (int i = 0; i < 100; ++i) {
    xs.push_back(i);
    ys.push_back(4 / (1 + 0.1 * i));
  }
  const double few[] = {1, 2};
  const Series series[] = {{"train & \"loss\"", xs, ys}, {"held <out>", few, few, "#123456"}};
  const std::string text = plot(series, "a < b");
  CHECK(has(text, ">a &lt; b<"));
  CHECK(has(text, ">train &amp; &quot;loss&quot;<"));
  CHECK(has(text, ">held &lt;out>"));
  CHECK(has(text, ">step<"));
  CHECK(has(text, ">loss<"));
  CHECK(has(text, "stroke=\"#123456\""));
  CHECK(has(text, "<circle"));
}

TEST_CASE("what is not finite leaves a gap, what is empty leaves an empty chart") {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  const double xs[] = {0, 1, 2, 3, 4}, ys[] = {1, 2, nan, HUGE_VAL, 1};
  const Series series[] = {{"gap", xs, ys}};
  const std::string text = plot(series);
  CHECK(!has(text, "nan"));
  CHECK(!has(text, "inf"));
  plot({});
  const Series empty[] = {{"", {}, {}}};
  plot(empty);
}

TEST_CASE("a chart that cannot be drawn or written is an error") {
  const double two[] = {1, 2}, one[] = {1};
  const Series series[] = {{"x", two, one}};
  CHECK_THROWS_WITH_AS(plot(series),
                       "etch: svg_plot: xs and ys of a series must have the same length; got 2 and 1", Error);
  CHECK_THROWS_WITH_AS(tools::write_svg_plot("/no/such/place.svg", "", "", "", {}),
                       "etch: write_svg: file must be writable; /no/such/place.svg: No such file or directory",
                       Error);
}

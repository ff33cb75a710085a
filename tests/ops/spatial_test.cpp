// How windows move: what the settings say, how many windows there are, and which elements each holds.
#include "elements.hpp"

using namespace etch;

namespace {
using detail::Grid;
constexpr detail::Settings of_conv = detail::settings<ints<3, 2>{}, stride<2>, padding<1, 0>, PadMode::reflect, element<double>>();
static_assert(of_conv.at(Knob::kernel, 0, 1) == 3 && of_conv.at(Knob::kernel, 1, 1) == 2);
static_assert(of_conv.at(Knob::stride, 1, 1) == 2);    // one number is for all axes
static_assert(of_conv.at(Knob::dilation, 0, 7) == 7);  // not said
static_assert(of_conv.mode == PadMode::reflect && !of_conv.has(Knob::ceil));
static_assert(of_conv.fit(2) && !of_conv.fit(3));
static_assert(std::is_same_v<detail::element_type<stride<2>, element<double>>, double> && std::is_same_v<detail::element_type<stride<2>>, float>);

/// Windows over one axis.
constexpr Grid line(int in, int kernel, int stride, int dilation, int before, int after, bool ceil) {
  Grid g;
  g.rank = 1;
  g.in[0] = in, g.kernel[0] = kernel, g.stride[0] = stride, g.dilation[0] = dilation, g.before[0] = before, g.after[0] = after;
  g.count(ceil);
  return g;
}
static_assert(line(7, 3, 2, 1, 0, 0, false).out[0] == 3);
static_assert(line(8, 3, 2, 1, 0, 0, false).out[0] == 3);
static_assert(line(8, 3, 2, 1, 0, 0, true).out[0] == 4 && line(8, 3, 2, 1, 0, 0, true).after[0] == 1);  // the last window reaches beyond the input
static_assert(line(5, 1, 4, 1, 0, 2, true).out[0] == 2);                                               // none begins behind it
static_assert(line(7, 3, 1, 3, 0, 0, false).out[0] == 1);
static_assert(!line(2, 3, 1, 1, 0, 0, false).fits() && line(2, 3, 1, 1, 1, 0, false).fits());
}  // namespace

TEST_CASE("windows hold the elements they stand over, and padding") {
  const auto x = test::filled<Tensor<double, 1, 4, 5>>();
  constexpr auto f = [](auto a) {
    detail::Builder& b = *a.builder;
    Grid g;
    g.rank = 2;
    for (int i = 0; i < 2; ++i) g.in[i] = 4 + i, g.kernel[i] = 2, g.stride[i] = 1 + i, g.dilation[i] = 2 - i, g.before[i] = i;
    g.count(false);
    return Tracer<double, 1, 2, 3, 2, 2>{&b, detail::windows(b, a.id, g, b.constant(9, DType::float64))};
  };
  const Tensor<double, 1, 2, 3, 2, 2> y = compile<Tensor<double, 1, 4, 5>>(f)(x);
  for (int i = 0; i < 2; ++i)
    for (int j = 0; j < 3; ++j)
      for (int k = 0; k < 2; ++k)
        for (int l = 0; l < 2; ++l) {
          const int row = i + 2 * k, column = 2 * j + l - 1;
          CHECK(y(0, i, j, k, l) == (column < 0 ? 9 : x(0, row, column)));
        }
}

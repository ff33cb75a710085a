// Resampling against PyTorch's values.
#include "elements.hpp"

using namespace etch;
using test::expect_near;
using test::filled;
using test::results;

TEST_CASE("interpolate: sizes, scales and corners, in every mode") {
  const auto y = test::check(
      [](auto a) {
        return results(interpolate<Resample::bilinear, output_size<2, 5>>(a), interpolate<Resample::bilinear, output_size<4, 3>, align_corners>(a), interpolate<Resample::bicubic, output_size<2, 5>>(a),
                       interpolate<Resample::nearest, output_size<2, 6>>(a), interpolate<Resample::nearest_exact, output_size<2, 6>>(a), interpolate<Resample::area, output_size<2, 3>>(a),
                       interpolate<Resample::bilinear, scale_factor<1.7>>(a), interpolate<Resample::nearest, scale_factor<2, 3>>(a));
      },
      filled<Tensor<double, 1, 1, 3, 4>>());
  expect_near(y[0], {1, 1, 2, 5}, {-0.150600776165, -0.153305607665, -0.648396843665, -0.833888079666, -0.114192911166, 0.0662149538328, 0.130710122333, -0.287581113668, -0.396272349668, 0.390622818832});
  expect_near(y[1], {1, 1, 4, 3}, {-0.654736731164, -1.17653279866, 0.333671133834, 0.689625815501, 0.231829748001, -0.860632986167, 0.785988362167, 0.392192294666, -0.636270439501, -0.365649091168, -0.695445158668, 1.00675877383});
  expect_near(y[2], {1, 1, 2, 5}, {-0.136670087384, -0.0332969186017, -0.732909176868, -0.972960622635, -0.0994659851027, 0.0907967465196, 0.263670165302, -0.343904717965, -0.491918788731, 0.451076098801});
  expect_near(y[3], {1, 1, 2, 6}, {-0.654736731164, -0.654736731164, -0.674600776165, -1.67846482117, -1.67846482117, 0.333671133834, 1.36180708883, 1.36180708883, 1.40594304383, 0.466078998833, 0.466078998833, -1.45778504617});
  expect_near(y[4], {1, 1, 2, 6}, {-0.654736731164, -0.674600776165, -0.674600776165, -1.67846482117, 0.333671133834, 0.333671133834, -0.365649091168, -0.257513136168, -0.257513136168, -1.13337718117, 1.00675877383, 1.00675877383});
  expect_near(y[5], {1, 1, 2, 3}, {0.359603156335, -0.120260888666, -0.584124933666, 0.536146976333, 0.120282931333, -0.279581113668});
  expect_near(y[6], {1, 1, 5, 6}, {-0.654736731164, -0.662331807194, -0.674016539547, -1.23558362484, -1.38256247484, -0.198953089548, 0.116294729423, 0.118056054778, 0.120765786092, -0.426406835534, -0.783904716676, -0.485554846953, 1.30249697648, 1.3186527655, 1.34350782554, 0.818480532631, 0.137107218963, -0.926480627577, 0.396463929421, 0.427014182112, 0.474014570866, -0.0288673933215, -0.376676693149, -0.172444470485, -0.365649091168, -0.324302990727, -0.260693605433, -0.74696657308, -0.818651305433, 0.440252197508});
  const auto x = filled<Tensor<double, 1, 1, 3, 4>>();
  test::expect(y[7], {1, 1, 6, 12}, [&](const int* i) { return x.data()[i[2] / 2 * 4 + i[3] / 3]; });
}

TEST_CASE("interpolate: gradients, lines and volumes") {
  test::check_gradient([](auto a) { return interpolate<Resample::bicubic, output_size<4, 3>>(a) + interpolate<Resample::bilinear, output_size<4, 3>, align_corners>(a) + interpolate<Resample::nearest_exact, output_size<4, 3>>(a); },
                       filled<Tensor<double, 1, 2, 3, 4>>());
  test::check_gradient([](auto a) { return interpolate<Resample::nearest, scale_factor<2>>(a); }, filled<Tensor<double, 1, 2, 3>>());
  test::check_gradient([](auto a) { return interpolate<Resample::trilinear, output_size<3, 2, 4>>(a); }, filled<Tensor<double, 1, 1, 2, 3, 2>>());
}

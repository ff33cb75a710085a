// Resampling against PyTorch's values.
#include "elements.hpp"

using namespace etch;
using namespace test;

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

TEST_CASE("interpolate: bytes are rounded after each axis and stay bytes") {
  const Tensor<std::uint8_t, 1, 1, 2, 3> x{{{{0, 255, 13}, {100, 50, 200}}}};
  const Tensor linear = interpolate<Resample::bilinear, output_size<3, 4>, align_corners>(x), cubic = interpolate<Resample::bicubic, output_size<3, 4>, align_corners>(x);
  const int lines[] = {0, 170, 174, 13, 50, 119, 137, 107, 100, 67, 100, 200}, cubics[] = {0, 202, 207, 13, 50, 126, 150, 107, 100, 49, 92, 200};
  for (int i = 0; i < 12; ++i) CHECK((linear.data()[i] == lines[i] && cubic.data()[i] == cubics[i]));
}

TEST_CASE("interpolate: gradients, lines and volumes") {
  test::check_gradient([](auto a) { return interpolate<Resample::bicubic, output_size<4, 3>>(a) + interpolate<Resample::bilinear, output_size<4, 3>, align_corners>(a) + interpolate<Resample::nearest_exact, output_size<4, 3>>(a); },
                       filled<Tensor<double, 1, 2, 3, 4>>());
  test::check_gradient([](auto a) { return interpolate<Resample::nearest, scale_factor<2>>(a); }, filled<Tensor<double, 1, 2, 3>>());
  test::check_gradient([](auto a) { return interpolate<Resample::trilinear, output_size<3, 2, 4>>(a); }, filled<Tensor<double, 1, 1, 2, 3, 2>>());
}

TEST_CASE("interpolate: with antialias an element is a mean of all that it covers") {
  Tensor<double, 1, 1, 7, 6> x;
  for (int i = 0; i < 42; ++i) x.data()[i] = ((i * 37 + 11) % 101 - 50) / 64.;
  const auto y = test::check(
      [](auto a) {
        return results(interpolate<Resample::bilinear, output_size<3, 4>, antialias>(a), interpolate<Resample::bilinear, output_size<3, 4>, antialias, align_corners>(a), interpolate<Resample::bicubic, output_size<2, 8>, antialias>(a),
                       interpolate<Resample::bicubic, output_size<3, 4>, antialias, align_corners>(a), interpolate<Resample::bicubic, scale_factor<0.4, 0.6>, antialias>(a));
      },
      x);
  expect_near(y[0], {1, 1, 3, 4}, {-0.124720982143, -0.0527033730159, 0.00582837301587, 0.1201171875, 0.0691636029412, -0.119076797386, -0.016339869281, 0.0197610294118, -0.152204241071, -0.0410466269841, -0.182911706349, 0.1630859375});
  expect_near(y[1], {1, 1, 3, 4}, {-0.0555245535714, -0.114583333333, 0.12451171875, -0.008203125, -0.0133928571429, -0.0734953703704, -0.0846354166667, 0.154166666667, -0.168898809524, -0.195601851852, 0.0416666666667, -0.0614583333333});
  expect_near(y[2], {1, 1, 2, 8}, {-0.130657808381, 0.0385749893133, 0.0073443628612, -0.19940781078, -0.0804209182704, 0.177424047671, 0.167331527763, -0.0544122999563, -0.00364306545909, -0.0990427038809, -0.0824629362937, -0.012226501319, -0.276019266422, -0.10937348065, 0.0955602275829, 0.171514761685});
  expect_near(y[3], {1, 1, 3, 4}, {-0.0442820512821, -0.111995305164, 0.13990162037, -0.0118551587302, -0.0160011312217, -0.0861890706987, -0.0915109272876, 0.190397408964, -0.170993589744, -0.237741262389, 0.0419560185185, -0.109939925044});
  expect_near(y[4], {1, 1, 2, 3}, {-0.0846770363211, -0.106319964293, 0.144606100131, 0.0551955825106, -0.0949562303911, -0.0498635029825});
  test::check_gradient([](auto a) { return interpolate<Resample::bicubic, output_size<2, 2>, antialias>(a); }, filled<Tensor<double, 1, 2, 3, 4>>());
}

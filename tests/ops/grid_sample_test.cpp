// Images read at places of their own, against PyTorch's values.
#include "elements.hpp"

using namespace etch;
using namespace test;

TEST_CASE("grid_sample: every mode, padding and alignment") {
  const auto y = test::check(
      [](auto a, auto g) {
        return results(grid_sample<Sample::bilinear, SamplePadding::zeros>(a, g),
                       grid_sample<Sample::bilinear, SamplePadding::zeros, align_corners>(a, g),
                       grid_sample<Sample::bilinear, SamplePadding::border>(a, g),
                       grid_sample<Sample::bilinear, SamplePadding::border, align_corners>(a, g),
                       grid_sample<Sample::bilinear, SamplePadding::reflection>(a, g),
                       grid_sample<Sample::bilinear, SamplePadding::reflection, align_corners>(a, g),
                       grid_sample<Sample::nearest, SamplePadding::zeros>(a, g),
                       grid_sample<Sample::nearest, SamplePadding::zeros, align_corners>(a, g),
                       grid_sample<Sample::nearest, SamplePadding::border>(a, g),
                       grid_sample<Sample::nearest, SamplePadding::border, align_corners>(a, g),
                       grid_sample<Sample::nearest, SamplePadding::reflection>(a, g),
                       grid_sample<Sample::nearest, SamplePadding::reflection, align_corners>(a, g),
                       grid_sample<Sample::bicubic, SamplePadding::zeros>(a, g),
                       grid_sample<Sample::bicubic, SamplePadding::zeros, align_corners>(a, g),
                       grid_sample<Sample::bicubic, SamplePadding::border>(a, g),
                       grid_sample<Sample::bicubic, SamplePadding::border, align_corners>(a, g),
                       grid_sample<Sample::bicubic, SamplePadding::reflection>(a, g),
                       grid_sample<Sample::bicubic, SamplePadding::reflection, align_corners>(a, g));
      },
      filled<Tensor<double, 1, 1, 3, 4>>(), filled<Tensor<double, 1, 2, 3, 2>>(-1.4, 1.4, 1));
  expect_near(y[0], {1, 1, 2, 3}, {-0.00040807031752, 0.0283409896498, 0.154994639939, -0.155957034685, -0.146843334181, -0.0792691446419});
  expect_near(y[1], {1, 1, 2, 3}, {-0.304479029664, -0.527336449049, 0.388544655892, -0.262954323777, -0.552589125257, -0.880061545799});
  expect_near(y[2], {1, 1, 2, 3}, {-0.654736731164, 0.0342500678855, 0.154994639939, -0.30348293768, -0.654736731164, -1.23184729509});
  expect_near(y[3], {1, 1, 2, 3}, {-0.654736731164, -0.527336449049, 0.388544655892, -0.262954323777, -0.592365183328, -1.30715987878});
  expect_near(y[4], {1, 1, 2, 3}, {-0.654736731164, 0.0342500678855, 0.154994639939, -0.30348293768, -0.654736731164, -1.23184729509});
  expect_near(y[5], {1, 1, 2, 3}, {-0.129526078247, -0.527336449049, 0.388544655892, -0.262954323777, -0.593566091344, -0.786690934656});
  expect_near(y[6], {1, 1, 2, 3}, {0, 0.333671133834, 0.466078998833, -0.257513136168, 0, 0});
  expect_near(y[7], {1, 1, 2, 3}, {-0.654736731164, 0.333671133834, 0.466078998833, -0.257513136168, -0.654736731164, -1.45778504617});
  expect_near(y[8], {1, 1, 2, 3}, {-0.654736731164, 0.333671133834, 0.466078998833, -0.257513136168, -0.654736731164, -1.45778504617});
  expect_near(y[9], {1, 1, 2, 3}, {-0.654736731164, 0.333671133834, 0.466078998833, -0.257513136168, -0.654736731164, -1.45778504617});
  expect_near(y[10], {1, 1, 2, 3}, {-0.654736731164, 0.333671133834, 0.466078998833, -0.257513136168, -0.654736731164, -1.45778504617});
  expect_near(y[11], {1, 1, 2, 3}, {-0.654736731164, 0.333671133834, 0.466078998833, -0.257513136168, -0.654736731164, -1.45778504617});
  expect_near(y[12], {1, 1, 2, 3}, {-0.000322772425614, 0.189834827574, 0.459996342288, -0.299405535095, -0.225022502691, -0.079123126507});
  expect_near(y[13], {1, 1, 2, 3}, {-0.458000428898, -0.757188515118, 0.752749668956, -0.190627173676, -0.585573486346, -1.2207134272});
  expect_near(y[14], {1, 1, 2, 3}, {-0.670595941373, 0.154531917457, 0.514204436102, -0.373570677944, -0.857586937703, -1.45202027792});
  expect_near(y[15], {1, 1, 2, 3}, {-0.867378873138, -0.677082800863, 0.779343365864, -0.181225565363, -0.604534486812, -1.67405049036});
  expect_near(y[16], {1, 1, 2, 3}, {-0.800867705955, 0.179923667189, 0.514204436102, -0.528108975504, -1.02381906388, -1.52816119579});
  expect_near(y[17], {1, 1, 2, 3}, {-0.263871692384, -0.545379729292, 0.732308109876, -0.195137448632, -0.646296282294, -1.144551997});
}

TEST_CASE("grid_sample: volumes") {
  const auto y = test::check([](auto a, auto g) { return grid_sample<Sample::bilinear, SamplePadding::reflection>(a, g); }, filled<Tensor<double, 1, 1, 2, 3, 2>>(), filled<Tensor<double, 1, 1, 2, 2, 3>>(-1.4, 1.4, 2));
  expect_near(y[0], {1, 1, 1, 2, 2}, {1.18740847174, -0.719707432038, -0.598188602042, 1.0237009675});
}

TEST_CASE("grid_sample: gradients of image and grid") {
  test::check_gradient([](auto a, auto g) { return grid_sample(a, g) + grid_sample<Sample::bicubic, SamplePadding::border, align_corners>(a, g); }, filled<Tensor<double, 1, 2, 3, 4>>(), filled<Tensor<double, 1, 2, 2, 2>>(-1.3, 1.3, 1));
}

TEST_CASE("affine_grid") {
  const auto y = test::check([](auto t) { return results(affine_grid<ints<1, 1, 2, 3>>(t), affine_grid<ints<1, 1, 2, 3>, align_corners>(t)); }, filled<Tensor<double, 1, 2, 3>>());
  expect_near(y[0], {1, 2, 3, 2}, {-0.904673278973, 0.50259207686, -1.34116443308, 0.725039499417, -1.77765558719, 0.947486921973, -1.57927405514, 1.86439916569, -2.01576520925, 2.08684658825, -2.45225636336, 2.30929401081});
  expect_near(y[1], {1, 2, 3, 2}, {-0.349127313836, -0.289535178835, -1.003864045, 0.0441359549996, -1.65860077616, 0.377807088834, -1.69832886617, 2.43407899883, -2.35306559733, 2.76775013267, -3.00780232849, 3.1014212665});
}

// Running statistics anew: the mean over batches of each batch's mean and variance, whatever the momentum was.
#include <etch/etch.hpp>
#include <etch/optim/update_bn.hpp>

#include <doctest/doctest.h>

#include <vector>

using namespace etch;

namespace {
struct Net {
  nn::Linear<3, 2> fc;
  nn::BatchNorm1d<2> norm;
  nn::BatchNorm1d<2, momentum<0.5>> again;
  ETCH_MODULE(fc, norm, again)
  constexpr auto forward(auto x) const { return again(norm(fc(x))); }
};
}  // namespace

TEST_CASE("statistics are the mean over all batches") {
  const auto model = make<Net>(Generator{1});
  model->norm.running_mean.data()[0] = 100;
  std::vector<Tensor<float, 5, 3>> batches;
  for (std::uint64_t i = 0; i < 3; ++i) batches.push_back(randn<float, 5, 3>(Generator{i + 2}));
  double mean[2] = {}, variance[2] = {};
  for (const auto& x : batches) {
    const Tensor y = linear(x, model->fc.weight, model->fc.bias);
    for (int c = 0; c < 2; ++c) {
      double m = 0, v = 0;
      for (int i = 0; i < 5; ++i) m += static_cast<double>(y(i, c)) / 5;
      for (int i = 0; i < 5; ++i) v += (static_cast<double>(y(i, c)) - m) * (static_cast<double>(y(i, c)) - m) / 4;
      mean[c] += m / 3;
      variance[c] += v / 3;
    }
  }
  optim::update_bn(model, batches);
  for (int c = 0; c < 2; ++c) {
    CHECK(model->norm.running_mean.data()[c] == doctest::Approx(mean[c]).epsilon(1e-5));
    CHECK(model->norm.running_var.data()[c] == doctest::Approx(variance[c]).epsilon(1e-5));
    CHECK(model->again.running_mean.data()[c] == doctest::Approx(0).epsilon(1e-5));
    CHECK(model->again.running_var.data()[c] == doctest::Approx(1.25).epsilon(1e-3));  // of five numbers, unbiased
  }
  CHECK(*model->norm.num_batches_tracked.data() == 3);
}

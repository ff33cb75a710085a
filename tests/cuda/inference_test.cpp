// A model as a function of one thread, against the model.
#include "wave.hpp"

using namespace etch;

namespace {
struct Net {
  nn::Linear<5, 12> first;
  nn::LayerNorm<12> norm;
  nn::Linear<12, 3> last;
  ETCH_MODULE(first, norm, last)
  constexpr auto forward(auto x) const { return softmax<-1>(last(gelu(norm(first(x))))); }
};
}  // namespace

TEST_CASE("one sample and a few, in memory of the caller's") {
  const auto model = make<Net>(Generator{4});
  using One = device::Inference<Net, Tensor<float, 5>>;
  const auto x = wave<Tensor<float, 5>>(2);
  Tensor<float, 3> y;
  alignas(64) char work[One::bytes];
  One::run(model.data(), x.data(), y.data(), work);
  CHECK(difference(Tensor(model(x)), y) < 1e-6);
  using Few = device::Inference<Net, Tensor<float, 4, 5>>;
  const auto xs = wave<Tensor<float, 4, 5>>(2);
  Tensor<float, 4, 3> ys;
  alignas(64) char more[Few::bytes];
  Few::run(model.data(), xs.data(), ys.data(), more);
  CHECK(difference(Tensor(model(xs)), ys) < 1e-6);
}

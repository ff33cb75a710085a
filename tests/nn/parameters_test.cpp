// Parameters as one vector and back: buffers and padding are no part of it.
#include <etch/etch.hpp>

#include <doctest/doctest.h>

using namespace etch;

namespace {
struct Net {
  nn::Linear<2, 3> first;
  nn::BatchNorm1d<3> norm;
  nn::Linear<3, 1, false> last;
  ETCH_MODULE(first, norm, last)
  constexpr auto forward(auto x) const { return last(norm(first(x))); }
};
constexpr auto loss = [](auto& m, auto x) { return sum(m(x)); };
}  // namespace

TEST_CASE("parameters as a vector, in the order of the members, and back") {
  const auto model = make<Net>(Generator{1});
  const Tensor v = nn::utils::parameters_to_vector(model);
  static_assert(std::is_same_v<std::remove_const_t<decltype(v)>, Tensor<float, 18>>);
  CHECK(v(0) == model->first.weight.data()[0]);
  CHECK(v(8) == model->first.bias.data()[2]);
  CHECK(v(9) == 1);
  CHECK(v(17) == model->last.weight.data()[2]);
  nn::utils::vector_to_parameters(v * 2.f, model);
  CHECK(model->first.weight.data()[5] == 2 * v(5));
  CHECK(model->last.weight.data()[0] == 2 * v(15));
  CHECK(model->norm.running_var.data()[0] == 1);  // a buffer

  const Tensor<float, 4, 2> x{{1, 2}, {-1, 0}, {3, 1}, {0, 1}};
  auto step = train_step(model, loss, optim::SGD{}, x);
  step.backward(x);
  const Tensor g = nn::utils::parameters_to_vector(step.gradient());
  CHECK(g(14) == step.gradient().norm.bias.data()[2]);
  CHECK(g(14) != 0);
}

// Classes in clusters against numbers of PyTorch.
#include <etch/etch.hpp>
#include <etch/model/names.hpp>

#include <doctest/doctest.h>
#include <numbered.hpp>

#include <string>

using namespace etch;

namespace {

struct Net {
  Param<double, 4, 6> x;
  nn::AdaptiveLogSoftmaxWithLoss<6, 9, ints<3, 6>{}, 2.0, true, double> layer;
  ETCH_MODULE(x, layer)
  constexpr auto forward(auto targets) const {
    const auto on = etch::detail::lower(targets.builder, x);
    const auto [y, loss] = layer(on, targets);
    return several(y, loss, layer.log_prob(on), layer.predict(on));
  }
};
constexpr auto total = [](auto& m, auto targets, auto weights) {
  const auto [y, loss, all, best] = m(targets);
  return loss + sum(y * weights);
};

}  // namespace

TEST_CASE("classes in clusters: PyTorch's values, gradients and names") {
  auto model = make<Net>();
  int k = 0;
  std::string names;
  each_named_tensor(model->layer, [&](const char* name, auto& p) {
    names += std::string(name) + " ";
    test::number(p, k++);
  });
  CHECK(names == "head.weight head.bias tail.0.0.weight tail.0.1.weight tail.1.0.weight tail.1.1.weight ");
  test::number(model->x, 9);
  const Tensor<std::int64_t, 4> targets{1, 4, 8, 3};
  auto program = compile<Tensor<std::int64_t, 4>>(model);
  const auto& [y, loss, all, best] = program(targets);
  const auto check = [](const double* found, std::initializer_list<double> expected) {
    for (const double e : expected) CHECK(*found++ == doctest::Approx(e).epsilon(1e-8));
  };
  check(y.data(), {-2.211641595, -3.79891504109, -2.87583163529, -2.16702408766});
  CHECK(loss.item() == doctest::Approx(2.763353089757735));
  check(all.data(), {-0.804903313751, -2.211641595, -2.977266595, -3.56282406912, -3.66112881766, -3.75943356619, -3.18797490603, -2.43454930789, -1.68112370975,
                     -2.74091332943, -0.553413329429, -1.71942895443, -3.607913149, -3.79891504109, -3.98991693318, -3.06187632527, -3.29391673054, -3.52595713582});
  const std::int64_t likeliest[] = {0, 1, 1, 5};
  for (int i = 0; i < 4; ++i) CHECK(best(i) == likeliest[i]);

  const auto weights = test::numbered<Tensor<double, 4>>(3);
  auto step = train_step(model, total, optim::SGD{}, targets, weights);
  step.backward(targets, weights);
  check(step.gradient().x.data(), {-0.0481038412689, 0.0873640803098, -0.20246015339, 0.0606585916058, 0.0873640803098, -0.20246015339, -0.36363073591, 0.667676003861, -0.264540064414, -0.486218634951, 0.684815852182, -0.271782253846});
  check(step.gradient().layer.tail.get<1>().get<1>().weight.data(), {-0.049778135884, -0.0361677353384, 0.0859458712225});
}

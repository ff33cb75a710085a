// Sequential: members in order, one after another, at the addresses the layout says.
#include "gradient.hpp"

using namespace etch;

namespace {

// Modules without parameters before, between and after: each takes a byte of the struct.
using Net = nn::Sequential<nn::ReLU, nn::ReLU, nn::Linear<3, 4>, nn::Tanh,
                           nn::Sequential<nn::Linear<4, 2, false>, nn::Sigmoid>, nn::Linear<2, 5>>;
using Doubles = nn::Sequential<nn::Linear<3, 4, true, double>, nn::Tanh, nn::Linear<4, 2, false, double>>;

struct Product {
  constexpr auto operator()(auto& m, auto w) const { return sum(m(w)); }
};

}  // namespace

TEST_CASE("sequential's members lie where its layout says") {
  static_assert(layout<Net>.tensors == 5);
  static_assert(detail::lists_every_member<Net>());
  auto net = make<Net>();
  const void* const tensors[] = {&net->get<2>().weight, &net->get<2>().bias, &net->get<4>().get<0>().weight,
                                 &net->get<5>().weight, &net->get<5>().bias};
  for (int i = 0; i < 5; ++i)
    CHECK(static_cast<const char*>(tensors[i]) - static_cast<const char*>(net.data()) ==
          static_cast<std::ptrdiff_t>(layout<Net>.tensor[i].offset));
}

TEST_CASE("sequential applies one after another") {
  auto net = make<Net>(Generator{4});
  Tensor<float, 2, 3> x{{1, -2, 3}, {0.5, 1, -1}};
  Tensor<float, 2, 5> y = net(x);
  const auto product = [](const auto& layer, const auto& v, bool bias) {
    constexpr int out = std::remove_cvref_t<decltype(layer.weight)>::dims()[0].size,
                  in = std::remove_cvref_t<decltype(layer.weight)>::dims()[1].size;
    Tensor<float, 2, out> r;
    for (int i = 0; i < 2; ++i)
      for (int o = 0; o < out; ++o) {
        for (int k = 0; k < in; ++k) r(i, o) += v(i, k) * layer.weight.data()[o * in + k];
        if constexpr (requires { layer.bias; }) r(i, o) += bias ? layer.bias.data()[o] : 0;
      }
    return r;
  };
  Tensor<float, 2, 3> positive = relu(x);
  Tensor<float, 2, 4> a = tanh(product(net->get<2>(), positive, true));
  Tensor<float, 2, 2> b = sigmoid(product(net->get<4>().get<0>(), a, false));
  Tensor<float, 2, 5> expected = product(net->get<5>(), b, true);
  for (int i = 0; i < 10; ++i)
    CHECK(y.data()[i] == doctest::Approx(static_cast<double>(expected.data()[i])).epsilon(1e-5));
}

TEST_CASE("sequential sends gradients through every member") {
  Tensor<double, 5, 2> w;
  Generator g{1};
  nn::init::normal_(w, g);
  check_gradient<Probe<Doubles, 5, 3>>(Product{}, w);
}

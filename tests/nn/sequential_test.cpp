// Sequential: members in order, one after another, at the addresses the layout says.
#include "gradient.hpp"

#include <etch/io/state_dict.hpp>

#include <cmath>

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

TEST_CASE("sequential's members are named by their places") {
  const StateDict state = state_dict(make<Net>());
  const char* const names[] = {"2.weight", "2.bias", "4.0.weight", "5.weight", "5.bias"};
  REQUIRE(state.size() == 5);
  for (std::size_t i = 0; i < 5; ++i) CHECK(state[i].name == names[i]);
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

namespace {
/// Modules by name and by number, and a parameter by name.
struct Parts {
  nn::ModuleDict<nn::Entry<"left", nn::Linear<3, 2>>, nn::Entry<"scale", Param<float, 2>>> by_name;
  nn::ModuleList<nn::Linear<2, 4>, nn::Tanh, nn::Linear<4, 1>> by_number;
  ETCH_MODULE(by_name, by_number)
  constexpr auto forward(auto x) const {
    const auto y = by_name.get<"left">()(x) * by_name.get<"scale">();
    return by_number.fold(y, [](auto v, const auto& m) { return m(v); });
  }
  void reset_parameters(Generator&) { nn::init::ones_(by_name.get<"scale">()); }
};
}  // namespace

TEST_CASE("lists and dicts of modules hold them, with PyTorch's names") {
  auto model = make<Parts>(Generator{2});
  const StateDict state = state_dict(model);
  const char* const names[] = {"by_name.left.weight", "by_name.left.bias", "by_name.scale", "by_number.0.weight", "by_number.0.bias", "by_number.2.weight", "by_number.2.bias"};
  REQUIRE(state.size() == 7);
  for (std::size_t i = 0; i < 7; ++i) CHECK(state[i].name == names[i]);
  static_assert(nn::ModuleList<nn::Tanh, nn::Tanh>::size() == 2);

  const Tensor<float, 1, 3> x{{1, -2, 3}};
  const Tensor<float, 1, 1> y = model(x);
  const auto& first = model->by_name.get<"left">();
  const auto& second = model->by_number.get<0>();
  const auto& third = model->by_number.get<2>();
  double expected = third.bias.data()[0];
  for (int k = 0; k < 4; ++k) {
    double h = second.bias.data()[k];
    for (int j = 0; j < 2; ++j) {
      double left = first.bias.data()[j];
      for (int i = 0; i < 3; ++i) left += first.weight.data()[j * 3 + i] * x(0, i);
      h += second.weight.data()[k * 2 + j] * left;
    }
    expected += third.weight.data()[k] * std::tanh(h);
  }
  CHECK(y(0, 0) == doctest::Approx(expected));
}

// Repeat: N modules of one type with parameters of their own, traced by one instantiation.
#include "gradient.hpp"

#include <etch/io/state_dict.hpp>
#include <etch/loss/mse_loss.hpp>
#include <etch/nn/attention.hpp>
#include <etch/optim/sgd.hpp>

using namespace etch;

namespace {

using Three = nn::Repeat<nn::Linear<2, 2>, 3>;
using Doubles = nn::Repeat<nn::Sequential<nn::Linear<3, 3, true, double>, nn::Tanh>, 3>;

using Attentions = nn::Repeat<nn::CausalSelfAttention<6, 2, double>, 4>;
using Lines = Tensor<double, 2, 5, 6>;

/// Loops over the axes of attention's result, in this program and the bodies of its loops: copies of it.
template <class Code, std::size_t... S>
constexpr int copies_of_heads(std::index_sequence<S...>) {
  int count = 0;
  const auto add = [&]<std::size_t I>(std::integral_constant<std::size_t, I>) {
    constexpr auto& step = Code::plan.step[I];
    if (step.kind == detail::StepKind::fused && step.loop_dims == 4) ++count;
    if constexpr (step.kind == detail::StepKind::loop) {
      using Body = typename Code::template Body<static_cast<int>(I)>;
      count += copies_of_heads<Body>(std::make_index_sequence<static_cast<std::size_t>(Body::plan.steps)>{});
    }
  };
  (add(std::integral_constant<std::size_t, S>{}), ...);
  return count;
}

struct Product {
  constexpr auto operator()(auto& m, auto w) const { return sum(m(w)); }
};

struct MeanSquare {
  constexpr auto operator()(auto& m, auto x, auto y) const { return mse_loss(m(x), y); }
};

}  // namespace

TEST_CASE("repeat applies its modules in order") {
  static_assert(layout<Three>.tensors == 6);
  static_assert(detail::lists_every_member<Three>());
  auto net = make<Three>();
  for (int i = 0; i < 3; ++i) {  // y0 = x0 + (i + 1) x1, y1 = x1, so that the order shows in the biases
    const float weight[] = {1, static_cast<float>(i + 1), 0, 1}, bias[] = {0, static_cast<float>(i)};
    std::memcpy((*net)[i].weight.data(), weight, sizeof(weight));
    std::memcpy((*net)[i].bias.data(), bias, sizeof(bias));
  }
  Tensor<float, 2> x{1, 1};
  Tensor<float, 2> y = net(x);
  CHECK(y(0) == 1 + 1 * 1 + 2 * 1 + 3 * 2);
  CHECK(y(1) == 1 + 0 + 1 + 2);
}

TEST_CASE("repeat's modules are named by their numbers") {
  const StateDict state = state_dict(make<Three>());
  REQUIRE(state.size() == 6);
  CHECK(state[0].name == "0.weight");
  CHECK(state[5].name == "2.bias");
}

TEST_CASE("repeat's modules start differently") {
  auto net = make<Three>(Generator{1});
  CHECK((*net)[0].weight.data()[0] != (*net)[1].weight.data()[0]);
}

TEST_CASE("repeat sends gradients through every module") {
  Tensor<double, 4, 3> w;
  Generator g{1};
  nn::init::normal_(w, g);
  check_gradient<Probe<Doubles, 4, 3>>(Product{}, w);
}

TEST_CASE("attention in a loop is kept as it is read, without copies") {
  using Step = TrainStep<Attentions, MeanSquare, optim::SGD, Lines, Lines>;
  static_assert(copies_of_heads<Step::Gradient>(std::make_index_sequence<static_cast<std::size_t>(Step::Gradient::plan.steps)>{}) == 0);
  Lines w;
  Generator g{2};
  nn::init::normal_(w, g);
  check_gradient<Probe<Attentions, 2, 5, 6>>(Product{}, w);
}

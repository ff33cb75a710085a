// Recurrent layers against PyTorch's: losses, and the gradient of the input and of every parameter.
#include <doctest/doctest.h>
#include <etch/etch.hpp>
#include <etch/io/state_dict.hpp>

#include <array>
#include <cmath>

using namespace etch;

namespace {

/// Numbers that both sides make in the same way.
double weight_of(std::size_t i, std::size_t j) { return (static_cast<double>(((i + 17 * j) * 37 + 11) % 101) - 50) / 64; }
double start_of(std::size_t i) { return (static_cast<double>((i * 53 + 7) % 97) - 48) / 48; }
template <class X>
void fill_start(X& x) {
  for (std::size_t i = 0; i < static_cast<std::size_t>(x.numel()); ++i) x.data()[i] = start_of(i);
}
template <class X>
X weights(std::size_t j) {
  X x;
  for (std::size_t i = 0; i < static_cast<std::size_t>(x.numel()); ++i) x.data()[i] = weight_of(i, j);
  return x;
}

template <int... D>
struct Shape_ {
  using tensor = Tensor<double, D...>;
  using parameter = Param<double, D...>;
};
template <class Layer, class X>
struct Net {
  typename X::parameter x;
  Layer layer;
  ETCH_MEMBERS(x, layer)
};
/// The first of two, as a tracer.
struct first_fn {
  constexpr auto operator()(auto x, auto) const { return x; }
};
/// Given: how many states the layer starts from.
template <int Given>
struct Loss {
  template <class... C>
  constexpr auto operator()(auto& m, auto cy, C... c) const {
    const auto x = apply<first_fn>(m.x, cy);
    if constexpr (Given == 0) return weighted(m.layer(x), cy, c...);
    else return started(m, x, cy, c...);
  }
  static constexpr auto started(auto& m, auto x, auto cy, auto ch, auto h0) { return weighted(m.layer(x, h0), cy, ch); }
  static constexpr auto started(auto& m, auto x, auto cy, auto ch, auto cc, auto h0, auto c0) { return weighted(m.layer(x, h0, c0), cy, ch, cc); }
  static constexpr auto weighted(auto r, auto cy, auto ch) { return sum(r.template get<0>() * cy) + sum(r.template get<1>() * ch); }
  static constexpr auto weighted(auto r, auto cy, auto ch, auto cc) {
    const auto s = r.template get<1>();
    return sum(r.template get<0>() * cy) + sum(s.template get<0>() * ch) + sum(s.template get<1>() * cc);
  }
};

/// `sums`: of each gradient, x first, with weights.
template <class Layer, class X, class Y, int Given, class... H, std::size_t N>
void check(double loss, const double (&sums)[N]) {
  using M = Net<Layer, X>;
  const auto model = make<M>();
  const StateDict state = state_dict(model);
  REQUIRE(state.size() == N);
  fill_start(model->x);
  for (std::size_t t = 1, k = 0; t < state.size(); ++t) {
    std::int64_t n = 1;
    for (int i = 0; i < state[t].rank; ++i) n *= state[t].shape[i];
    for (std::int64_t i = 0; i < n; ++i, ++k) static_cast<double*>(state[t].data)[i] = (static_cast<double>((k * 37 + 11) % 101) - 50) / 100;
  }
  const auto run = [&](const auto&... in) {
    auto step = train_step(model, Loss<Given>{}, optim::SGD{}, in...);
    CHECK(step.backward(in...) == doctest::Approx(loss).epsilon(1e-10));
    const auto* gradient = reinterpret_cast<const char*>(&step.gradient());
    for (std::size_t t = 0; t < N; ++t) {
      const TensorInfo& info = layout<M>.tensor[t];
      double total = 0;
      for (std::size_t i = 0; i < static_cast<std::size_t>(info.count); ++i) total += reinterpret_cast<const double*>(gradient + info.offset)[i] * weight_of(i, 3);
      CHECK_MESSAGE(std::fabs(total - sums[t]) < 1e-9, state[t].name << " " << total << " " << sums[t]);
    }
  };
  const auto cy = weights<typename Y::tensor>(0);
  if constexpr (Given == 0) {
    [&]<std::size_t... J>(std::index_sequence<J...>) { run(cy, weights<typename H::tensor>(J + 1)...); }(std::index_sequence_for<H...>{});
  } else {
    auto start = [](auto h) {
      fill_start(h);
      return h;
    };
    [&]<std::size_t... J>(std::index_sequence<J...>) { run(cy, weights<typename H::tensor>(J + 1)..., start(typename H::tensor{})...); }(std::index_sequence_for<H...>{});
  }
}

}  // namespace

TEST_CASE("Recurrent layers compute PyTorch's numbers, and their gradients") {
  check<nn::LSTM<3, 4, RecurrentOptions{.num_layers = 2, .bidirectional = true}, double>, Shape_<5, 2, 3>, Shape_<5, 2, 8>, 0, Shape_<4, 2, 4>, Shape_<4, 2, 4>>(0.505924427328, {-0.208717697995, -0.0619158876734, 0.148284377573, -0.390460773875, -0.390460773875, -0.0752036718044, 0.247767323482, 0.13913142696, 0.13913142696, 0.18328188588, 0.0512370976273, 0.556091424512, 0.556091424512, 0.322274213681, 0.259966750052, -0.278671689613, -0.278671689613});
  check<nn::LSTM<3, 4, RecurrentOptions{.batch_first = true, .proj_size = 2}, double>, Shape_<2, 5, 3>, Shape_<2, 5, 2>, 2, Shape_<1, 2, 2>, Shape_<1, 2, 4>>(0.162381792592, {0.39731317895, 0.273919249331, -0.00451949233908, -0.495237030031, -0.495237030031, 0.227258853765});
  check<nn::GRU<3, 4, RecurrentOptions{.num_layers = 2}, double>, Shape_<5, 2, 3>, Shape_<5, 2, 4>, 1, Shape_<2, 2, 4>>(-0.50998114808, {0.22600836174, 0.243848189872, 0.276286667419, 0.689497431724, 0.336070737235, 0.327886724627, 1.175876052, -0.834773993683, -0.514010730618});
  check<nn::GRU<3, 4, RecurrentOptions{.bias = false, .bidirectional = true}, double>, Shape_<5, 3>, Shape_<5, 8>, 0, Shape_<2, 4>>(-0.0688434216212, {0.599126339971, 0.423846492907, 0.047386360962, -0.134065505511, -0.0846266184225});
  check<nn::ReluRNN<3, 4, RecurrentOptions{.num_layers = 3}, double>, Shape_<5, 2, 3>, Shape_<5, 2, 4>, 0, Shape_<3, 2, 4>>(-0.815702128624, {-0.19375238728, 0.693756579286, -0.362423883738, 0.230086847878, 0.230086847878, 0.173793543362, -0.102463989838, 0.362439064664, 0.362439064664, 0.258983852111, -0.170908674854, -0.957240130549, -0.957240130549});
  check<nn::RNN<3, 4, RecurrentOptions{}, double>, Shape_<5, 2, 3>, Shape_<5, 2, 4>, 0, Shape_<1, 2, 4>>(-0.211277184074, {0.0135564094689, 1.64542737522, -0.29863332844, -0.552037882104, -0.552037882104});
}

TEST_CASE("Recurrent parameters have PyTorch's names, in its order") {
  const auto names = [](const StateDict& s) {
    std::string all;
    for (const auto& e : s) all += e.name + " ";
    return all;
  };
  CHECK(names(state_dict(make<nn::LSTM<3, 4, RecurrentOptions{.num_layers = 2, .bidirectional = true, .proj_size = 2}>>())) ==
        "weight_ih_l0 weight_hh_l0 bias_ih_l0 bias_hh_l0 weight_hr_l0 "
        "weight_ih_l0_reverse weight_hh_l0_reverse bias_ih_l0_reverse bias_hh_l0_reverse weight_hr_l0_reverse "
        "weight_ih_l1 weight_hh_l1 bias_ih_l1 bias_hh_l1 weight_hr_l1 "
        "weight_ih_l1_reverse weight_hh_l1_reverse bias_ih_l1_reverse bias_hh_l1_reverse weight_hr_l1_reverse ");
  CHECK(names(state_dict(make<nn::GRU<3, 4, RecurrentOptions{.bias = false}>>())) == "weight_ih_l0 weight_hh_l0 ");
}

TEST_CASE("A cell is a layer's step") {
  using Cells = Net<nn::LSTMCell<3, 4, true, double>, Shape_<3, 2, 3>>;
  using Whole = Net<nn::LSTM<3, 4, RecurrentOptions{}, double>, Shape_<3, 2, 3>>;
  static_assert(sizeof(Cells) == sizeof(Whole));
  const auto cells = make<Cells>(Generator{1});
  const auto whole = make<Whole>();
  fill_start(cells->x);
  std::memcpy(whole.data(), cells.data(), sizeof(Whole));
  const auto by_cell = [](auto& m, auto c) {
    const auto x = apply<first_fn>(m.x, c);
    const auto s = m.layer(x(2), m.layer(x(1), m.layer(x(0))));
    return sum(s.template get<0>() * c) + sum(s.template get<1>());
  };
  const auto by_layer = [](auto& m, auto c) {
    const auto s = m.layer(apply<first_fn>(m.x, c)).template get<1>();
    return sum(s.template get<0>() * c) + sum(s.template get<1>());
  };
  const auto c = weights<Tensor<double, 2, 4>>(0);
  auto a = train_step(cells, by_cell, optim::SGD{}, c);
  auto b = train_step(whole, by_layer, optim::SGD{}, c);
  CHECK(a.backward(c) == doctest::Approx(b.backward(c)).epsilon(1e-13));
  const auto *ga = reinterpret_cast<const double*>(&a.gradient()), *gb = reinterpret_cast<const double*>(&b.gradient());
  double difference = 0;
  for (std::size_t i = 0; i < sizeof(Whole) / sizeof(double); ++i) difference = std::fmax(difference, std::fabs(ga[i] - gb[i]));
  CHECK(difference < 1e-13);
}

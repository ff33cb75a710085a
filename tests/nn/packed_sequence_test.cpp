// Packed sequences against numbers of PyTorch: packing, and recurrent layers that stop where a sequence ends.
#include <etch/etch.hpp>
#include <etch/model/names.hpp>

#include <doctest/doctest.h>
#include <numbered.hpp>

#include <cmath>

using namespace etch;

namespace {

template <class X>
void check(const X& found, std::initializer_list<double> expected) {
  REQUIRE(found.numel() >= static_cast<std::int64_t>(expected.size()));
  const auto* f = found.data();
  for (const double e : expected) CHECK(static_cast<double>(*f++) == doctest::Approx(e).epsilon(1e-7));
  for (; f != found.data() + found.numel(); ++f) CHECK(*f == 0);
}
template <class M>
auto with_numbers() {
  auto model = make<M>();
  int k = 0;
  each_named_tensor(model->layer, [&](const char*, auto& p) { test::number(p, k++); });
  return model;
}

using X = Tensor<double, 4, 3, 2>;
using Lengths = Tensor<std::int64_t, 3>;
const Lengths lengths{2, 4, 1};

/// The outputs of a two-layer LSTM in both directions, and its states.
struct Encoder {
  Param<double, 4, 3, 2> x;
  nn::LSTM<2, 3, RecurrentOptions{.num_layers = 2, .bidirectional = true, .proj_size = 2}, double> layer;
  ETCH_MODULE(x, layer)
  constexpr auto forward(auto n) const {
    const auto [y, state] = layer(nn::utils::pack_padded_sequence(x, n));
    const auto [padded, again] = nn::utils::pad_packed_sequence(y);
    return several(padded, state.template get<0>(), state.template get<1>(), again);
  }
};
struct Squares {
  constexpr auto operator()(auto& m, auto n) const {
    const auto [y, h, c, again] = m(n);
    return sum(y * y) + sum(h * h) + sum(c * c);
  }
};
struct Gated {
  nn::GRU<2, 3, RecurrentOptions{}, double> layer;
  ETCH_MODULE(layer)
  constexpr auto forward(auto x, auto n, auto h0) const {
    const auto [y, h] = layer(nn::utils::pack_padded_sequence(x, n), h0);
    return several(nn::utils::pad_packed_sequence<true, 5>(y, -1).template get<0>(), h);
  }
};

}  // namespace

TEST_CASE("a packed sequence has PyTorch's fields") {
  const auto x = test::numbered<X>(1);
  const auto packed = nn::utils::pack_padded_sequence(x, lengths);
  const Tensor<double, 12, 2> data = packed.data();
  check(data, {-0.671875, -0.09375, -0.25, 0.328125, 0.484375, -0.515625, -0.359375, 0.21875, 0.0625, 0.640625, -0.046875, 0.53125, 0.265625, -0.734375});
  const auto [sizes, sorted, unsorted] = eval(packed.batch_sizes(), packed.sorted_indices(), packed.unsorted_indices());
  check(sizes, {3, 2, 1, 1});
  check(sorted, {1, 0, 2});
  check(unsorted, {1, 0, 2});

  const Tensor<double, 3, 4, 2> first = transpose<0, 1>(x);
  const auto same = nn::utils::pack_padded_sequence<true>(first, lengths);
  const Tensor<double, 3, 5, 2> y = nn::utils::pad_packed_sequence<true, 5>(same, 7.5).get<0>();
  for (int b = 0; b < 3; ++b)
    for (int t = 0; t < 5; ++t) CHECK(y(b, t, 1) == (t < lengths(b) ? x(t, b, 1) : 7.5));
  CHECK_THROWS_WITH_AS(X(nn::utils::pack_padded_sequence(x, Lengths{2, 5, 1}).padded), doctest::Contains("pack_padded_sequence: a length must lie between 1 and the number of steps"), Error);
}

TEST_CASE("sequences are packed as they come, and padded to the longest") {
  const Tensor<float, 2> a{1, 2};
  const Tensor<float, 3> b{3, 4, 5};
  const Tensor<float, 6> data = nn::utils::pack_sequence(a, b).data();
  check(data, {3, 1, 4, 2, 5});
  const Tensor<float, 2, 3> x = nn::utils::pad_sequence<true>(-1, a, b);
  const Tensor<float, 3, 2> y = nn::utils::pad_sequence(0, a, b);
  CHECK(x(0, 2) == -1);
  CHECK(x(1, 2) == 5);
  CHECK(y(1, 0) == 2);
  CHECK(y(2, 0) == 0);
}

TEST_CASE("a packed LSTM gives PyTorch's outputs, states and gradients, whatever stands behind the ends") {
  auto model = with_numbers<Encoder>();
  test::number(model->x, 1);
  for (int t = 2; t < 4; ++t) model->x.data()[t * 6] = std::nan("");  // sequence 0 has two steps
  auto program = compile<Lengths>(model);
  const auto& [y, h, c, n] = program(lengths);
  check(y, {0.0928396058, 0.0758876045, 0.10840402,  0.129709781,  0.0890202942, 0.0769404577, 0.116789907, 0.152090786, 0.104174954,  0.0788937177, 0.077345798,  0.0844013509,
            0.140792052,  0.111373485,  0.0777570889, 0.086424991, 0.132958019,  0.113711312,  0.11349724,  0.143426108, 0,            0,            0,            0,
            0,            0,            0,           0,            0.159329014,  0.131830413,  0.103354235, 0.123808873, 0,            0,            0,            0,
            0,            0,            0,           0,            0.160918485,  0.131521041,  0.0695612251, 0.0777697991, 0,          0,            0,            0});
  check(h, {-0.136752284, -0.100965791, -0.279017939, -0.197266366, -0.093096562, -0.0566462394, 0.260410047, 0.309869858, 0.33488125,  0.416278657, 0.0696219425, 0.106246993,
            0.140792052,  0.111373485,  0.160918485,  0.131521041,  0.104174954,  0.0788937177,  0.10840402,  0.129709781, 0.116789907, 0.152090786, 0.077345798,  0.0844013509});
  CHECK(c(0, 0, 0) == doctest::Approx(1.00924205));
  CHECK(c(1, 1, 2) == doctest::Approx(0.761459538));
  CHECK(c(3, 2, 2) == doctest::Approx(0.107332114));
  CHECK(n(1) == 4);

  auto step = train_step(model, Squares{}, optim::SGD{}, lengths);
  CHECK(step.backward(lengths) == doctest::Approx(8.67706263900713));
  check(step.gradient().x, {-0.235240711, 0.287937287, 0.135933984,  -0.160839188, 0.0432947278, -0.311116482, -0.260537405, 0.104167, -0.0374375977, -0.00816621775, 0, 0, 0, 0,
                            -0.145990175, 0.0773659343, 0, 0, 0, 0, -0.285260885, 0.485326273});
  const auto& reverse = step.gradient().layer.layers.first.reverse_weights.weight_hh;
  CHECK(reverse.data()[0] == doctest::Approx(0.00512063686));
  CHECK(reverse.data()[1] == doctest::Approx(0.00593658252));
}

TEST_CASE("a packed GRU starts from a state and fills what is behind the ends") {
  const auto model = with_numbers<Gated>();
  const auto start = test::numbered<Tensor<double, 1, 3, 3>>(9);
  auto program = compile<X, Lengths, Tensor<double, 1, 3, 3>>(model);
  const auto& [y, h] = program(test::numbered<X>(1), lengths, start);
  check(h, {0.117839272, -0.379638741, 0.258492457, 0.390581875, -0.679827542, 0.117892319, 0.0110365851, -0.632064247, -0.126457389});
  CHECK(y(0, 1, 0) == doctest::Approx(0.117839272));
  CHECK(y(1, 2, 1) == doctest::Approx(-0.464542564));
  CHECK(y(0, 2, 0) == -1);
  CHECK(y(1, 4, 2) == -1);
}

// Rows of a table with options, against numbers of PyTorch: shortened rows, a row that never learns, shares of what is asked for often.
#include "elements.hpp"

#include <numbered.hpp>

using namespace etch;
using namespace test;

namespace {
const Tensor<std::int64_t, 6> ids{1, 3, 1, 0, 1, 3};
using Table = Tensor<double, 4, 3>;
}  // namespace

TEST_CASE("the gradient of an embedding: none for padding, shared by how often a row is read") {
  const auto table = test::numbered<Table>(0);
  const auto c = test::numbered<Tensor<double, 6, 3>>(5);
  constexpr auto loss = [](auto w, auto i, auto v) { return sum(embedding<padding_idx<-4>, scale_grad_by_freq>(i, w) * v); };
  const Table g = grad(loss)(table, ids, c);
  const double expected[] = {0, 0, 0, -0.078125, -0.0260416666667, 0.0260416666667, 0, 0, 0, 0.078125, -0.1328125, -0.34375};
  for (int i = 0; i < 12; ++i) CHECK(g.data()[i] == doctest::Approx(expected[i]).epsilon(1e-10));
  const Tensor<double, 6, 3> y = embedding<padding_idx<0>, scale_grad_by_freq>(ids, table), plain = embedding(ids, table);
  for (int i = 0; i < 18; ++i) CHECK(y.data()[i] == plain.data()[i]);
}

TEST_CASE("rows that are too long are read shortened, and learn as they are") {
  const auto y = test::check([](auto w, auto i) { return results(embedding<max_norm<0.5>, norm_type<1>>(i, w)); }, test::numbered<Table>(0), ids);
  expect_near(y[0], {6, 3}, {-0.176829254491, 0.0487804839976, 0.274390222487, -0.061643830212, 0.191780805104, -0.246575320848, -0.176829254491, 0.0487804839976, 0.274390222487,
                             -0.256578925762, -0.0131578936288, 0.230263138504, -0.176829254491, 0.0487804839976, 0.274390222487, -0.061643830212, 0.191780805104, -0.246575320848});
  const Tensor<std::int64_t, 2, 3> bags{{1, 3, 1}, {0, 1, 3}};
  constexpr auto bag = [](auto w, auto i, auto c) {
    const auto y = embedding_bag<BagMode::sum, false, no_padding, max_norm<0.5>, scale_grad_by_freq>(i, w);
    return several(sum(y * c), y);
  };
  const auto [g, sums] = grad(bag)(test::numbered<Table>(0), bags, test::numbered<Tensor<double, 2, 3>>(5));
  // the sums of weights, over 1, 3 and 2: PyTorch 2.13 divides row 3's by how often another row is read
  const double expected[] = {-0.234375, 0.34375, -0.65625, -0.338541666667, 0.239583333333, 0.291666666667, 0, 0, 0, -0.625 / 2, 0.53125 / 2, 0.109375 / 2};
  for (int i = 0; i < 12; ++i) CHECK(g.data()[i] == doctest::Approx(expected[i]).epsilon(1e-10));
  const double of_bags[] = {-0.632554578769, 0.448956060453, 0.444131292349, -0.736528736313, 0.355989926339, 0.362173181664};
  for (int i = 0; i < 6; ++i) CHECK(sums.data()[i] == doctest::Approx(of_bags[i]).epsilon(1e-10));
}

TEST_CASE("an embedding's padding starts at 0") {
  const auto layer = make<nn::Embedding<5, 3, float, padding_idx<2>>>(Generator{1});
  for (int c = 0; c < 3; ++c) {
    CHECK(layer->weight.data()[6 + c] == 0);
    CHECK(layer->weight.data()[c] != 0);
  }
}

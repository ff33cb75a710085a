// Bags of rows: rows of indices and offsets, every mode, padding, weights, empty bags, gradients.
#include <program.hpp>

using namespace etch;
using namespace test;

namespace {
const auto table = filled<Tensor<double, 5, 2>>();
double row(int r, int c) { return table(r, c); }
}  // namespace

TEST_CASE("rows of indices are bags") {
  const Tensor<std::int64_t, 2, 3> ids{{1, 4, 1}, {0, 2, 2}};
  const Tensor<double, 2, 2> mean = embedding_bag(ids, table), most = embedding_bag<BagMode::max>(ids, table), padded = embedding_bag<BagMode::mean, false, 2>(ids, table);
  for (int c = 0; c < 2; ++c) {
    CHECK(mean(0, c) == doctest::Approx((2 * row(1, c) + row(4, c)) / 3));
    CHECK(most(1, c) == std::max(row(0, c), row(2, c)));
    CHECK(padded(1, c) == doctest::Approx(row(0, c)));
  }
}

TEST_CASE("offsets say where bags begin; an empty bag is 0") {
  const Tensor<std::int64_t, 5> ids{1, 4, 0, 2, 2};
  const Tensor<std::int64_t, 3> begin{0, 2, 2};
  const Tensor<std::int64_t, 4> ends{0, 2, 2, 5};
  const Tensor<double, 5> w{1, 2, 3, 4, 5};
  const Tensor<double, 3, 2> sum = embedding_bag<BagMode::sum>(ids, table, begin, w), mean = embedding_bag(ids, table, begin), most = embedding_bag<BagMode::max, true>(ids, table, ends);
  for (int c = 0; c < 2; ++c) {
    CHECK(sum(0, c) == doctest::Approx(row(1, c) + 2 * row(4, c)));
    CHECK(sum(1, c) == 0);
    CHECK(sum(2, c) == doctest::Approx(3 * row(0, c) + 9 * row(2, c)));
    CHECK(mean(2, c) == doctest::Approx((row(0, c) + 2 * row(2, c)) / 3));
    CHECK(most(1, c) == 0);
    CHECK(most(2, c) == std::max(row(0, c), row(2, c)));
  }
  Var<double, 5, 2> weight = table;
  backward(etch::sum(embedding_bag<BagMode::sum>(ids, weight, begin, w)));
  CHECK(weight.grad()(2, 0) == 9);
  CHECK(weight.grad()(3, 1) == 0);
}

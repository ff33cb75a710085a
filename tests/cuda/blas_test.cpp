// Products as BLAS describes them: columns first, read back by its own rules, whatever the operands' order.
#include <etch/cuda/blas.hpp>

#include <doctest/doctest.h>

#include <array>
#include <utility>
#include <vector>

using namespace etch::device;

namespace {
/// Element (i, j) of an operand, as BLAS reads it.
double element(const BlasMatrix& a, index_t batch, index_t i, index_t j) {
  if (a.transposed) std::swap(i, j);
  REQUIRE((i < a.rows && j < a.columns && a.step >= a.rows));
  return reinterpret_cast<const double*>(a.data)[batch * a.batch + j * a.step + i];
}
void multiply(const BlasProduct& p) {
  for (index_t b = 0; b < p.batches; ++b)
    for (index_t j = 0; j < p.n; ++j)
      for (index_t i = 0; i < p.m; ++i) {
        double sum = 0;
        for (index_t l = 0; l < p.k; ++l) sum += element(p.x, b, i, l) * element(p.y, b, l, j);
        REQUIRE(!p.d.transposed);
        reinterpret_cast<double*>(p.d.data)[b * p.d.batch + j * p.d.step + i] = sum;
      }
}
}  // namespace

TEST_CASE("every order of three operands, with and without room between lines, one or some at a time") {
  for (const auto [m, n, k] : {std::array<index_t, 3>{5, 4, 3}, {1, 4, 3}, {5, 1, 3}, {5, 4, 1}, {1, 1, 1}})
    for (int order = 0; order < 8; ++order)
      for (index_t more = 0; more < 3; more += 2) {
        constexpr index_t batches = 2;
        const index_t rows[] = {m, k, m}, columns[] = {k, n, n};
        std::vector<double> memory[3];
        Matrix x[3];
        for (int o = 0; o < 3; ++o) {
          const bool by_row = (order >> o & 1) != 0;
          const index_t step = (by_row ? columns[o] : rows[o]) + more, all = step * (by_row ? rows[o] : columns[o]);
          memory[o].resize(static_cast<std::size_t>(batches * all));
          for (std::size_t i = 0; i < memory[o].size(); ++i) memory[o][i] = o < 2 ? static_cast<double>(i * 7 % 11) - 5 : 99;
          x[o] = {reinterpret_cast<char*>(memory[o].data()), all, by_row ? step : 1, by_row ? 1 : step};
          REQUIRE(is_plain(x[o], rows[o], columns[o]));
        }
        std::vector<double> expected = memory[2];
        Matrix c = x[2];
        c.data = reinterpret_cast<char*>(expected.data());
        const ProductElement<double> each{x[0], x[1], c, m, n, k};
        for (index_t i = 0; i < batches * m * n; ++i) each(i);
        multiply(blas_product_of(x[0], x[1], x[2], m, n, k, batches));
        CHECK(memory[2] == expected);
      }
}

TEST_CASE("what BLAS cannot read") {
  char none = 0;
  CHECK(!is_plain({&none, 0, 12, 2}, 3, 6));  // every second
  CHECK(!is_plain({&none, 0, 0, 1}, 3, 6));   // one row again and again
  CHECK(is_plain({&none, 0, 0, 1}, 1, 6));
  CHECK(!is_plain({&none, 0, 2, 1}, 3, 6));   // rows that overlap
}

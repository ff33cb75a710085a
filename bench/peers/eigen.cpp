// The same work in Eigen, as a reader of its documentation would write it: expressions, noalias(), preallocated results.
#include <Eigen/Core>
#include <cmath>
#include <string>

#include "../serve.hpp"

namespace {

using Array = Eigen::ArrayXf;
using Matrix = Eigen::Matrix<float, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
using Row = Eigen::Matrix<float, 1, Eigen::Dynamic>;

void add_chains(bench::Bench& bench, const char* size, Eigen::Index n) {
  static Array data[3][6];
  auto& v = data[n > 1'000'000 ? 2 : n > 10'000 ? 1 : 0];
  const auto fill = [&v, n] {
    if (v[0].size() == 0)
      for (auto& x : v) x = Array::Random(n);
  };
  bench.add(std::string("chain_transcendental_") + size, [fill, &v] { fill(), v[5] = (v[0] * v[4] + v[1]).tanh() * v[2].logistic(), bench::keep(v[5]); });
  bench.add(std::string("chain_arithmetic_") + size, [fill, &v] { fill(), v[5] = (v[0] * v[4] + v[1]) * v[2] - v[3], bench::keep(v[5]); });
}

/// erf as in Abramowitz and Stegun would be inexact; Eigen has none that is vectorised, so GELU takes the C library's.
void rows(const Matrix& x, const Row& weight, const Row& bias, Matrix& y) {
  for (Eigen::Index i = 0; i < x.rows(); ++i) {
    auto row = y.row(i).array();
    row = (x.row(i).array() - x.row(i).maxCoeff()).exp();
    row *= 1 / row.sum();
    const float mean = row.mean();
    const float variance = (row - mean).square().mean();
    row = (row - mean) * (1 / std::sqrt(variance + 1e-5f)) * weight.array() + bias.array();
    row = row.unaryExpr([](float z) { return 0.5f * z * (1 + std::erf(z * 0.70710678f)); });
  }
}

void add_products(bench::Bench& bench, Eigen::Index n) {
  static Matrix data[3][3];
  auto& m = data[n > 512 ? 2 : n > 128 ? 1 : 0];
  for (Matrix& x : m) x = Matrix::Random(n, n);
  bench.add("matmul_" + std::to_string(n), [&m] { m[2].noalias() = m[0] * m[1], bench::keep(m[2]); });
}

}  // namespace

int main(int argc, char** argv) {
  bench::Bench bench(argc, argv);
  add_chains(bench, "1e3", 1'000);
  add_chains(bench, "1e5", 100'000);
  add_chains(bench, "1e7", 10'000'000);
  const Matrix x = Matrix::Random(512, 768);
  const Row weight = Row::Random(768), bias = Row::Random(768);
  Matrix y(512, 768);
  bench.add("rows_forward", [&] { rows(x, weight, bias, y), bench::keep(y); });
  for (const Eigen::Index n : {64, 256, 1024}) add_products(bench, n);
  return bench.run();
}

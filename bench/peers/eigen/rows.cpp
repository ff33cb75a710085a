// Softmax, layer norm and GELU in Eigen, row by row, each row while it is in the cache.
#include <Eigen/Core>
#include <unsupported/Eigen/SpecialFunctions>

#include <cmath>

#include "exact.hpp"
#include "serve.hpp"

namespace {

using Matrix = Eigen::Matrix<float, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
using Row = Eigen::Array<float, 1, Eigen::Dynamic>;

void rows(const Matrix& x, const Row& weight, const Row& bias, Matrix& y) {
  for (Eigen::Index i = 0; i < x.rows(); ++i) {
    auto row = y.row(i).array();
    row = (x.row(i).array() - x.row(i).maxCoeff()).exp();
    row *= 1 / row.sum();
    const float mean = row.mean();
    const float variance = (row - mean).square().mean();
    row = (row - mean) * (1 / std::sqrt(variance + 1e-5f)) * weight + bias;
    row = 0.5f * row * (1 + (row * 0.70710678f).erf());
  }
}

}  // namespace

int main(int argc, char** argv) {
  bench::Bench bench(argc, argv);
  Matrix x(512, 768), y(512, 768);
  Row weight(768), bias(768);
  bench::fill(x.data(), 512 * 768, 0, 4);
  bench::fill(weight.data(), 768, 1);
  bench::fill(bias.data(), 768, 2);
  const auto step = [&] { rows(x, weight, bias, y), bench::keep(*y.data()); };
  bench.add("rows_forward", step, {.error = [&] { return step(), bench::error_of_rows(y.data(), 512); }});
  return bench.run();
}

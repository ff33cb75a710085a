// Products of square matrices in Eigen.
#include <Eigen/Core>

#include "peers/matmul.hpp"

int main(int argc, char** argv) {
  using Matrix = Eigen::Map<Eigen::Matrix<float, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>, Eigen::Aligned64>;
  bench::Bench bench(argc, argv);
  bench::add_products(bench, "matmul_", [](int n, float* a, float* b, float*, float* c) {
    return [=] { Matrix(c, n, n).noalias() = Matrix(a, n, n) * Matrix(b, n, n), bench::keep(*c); };
  });
  return bench.run();
}

// The small networks with Eigen's expressions for kernels, over matrices whose sizes it knows.
#include <Eigen/Core>

#include "peers/mlp.hpp"

namespace {

template <int Rows, int Columns>
using Matrix = Eigen::Map<Eigen::Matrix<float, Rows, Columns, Eigen::RowMajor>, Eigen::Aligned64>;
template <int Rows, int Columns>
using Constant = Eigen::Map<const Eigen::Matrix<float, Rows, Columns, Eigen::RowMajor>, Eigen::Aligned64>;
using Array = Eigen::Map<Eigen::ArrayXf, Eigen::Aligned64>;
using ConstantArray = Eigen::Map<const Eigen::ArrayXf, Eigen::Aligned64>;

struct Expressions {
  template <int M, int K, int N>
  static void forward(const float (*x)[K], const float (*w)[N], const float* b, float (*y)[N]) {
    Matrix<M, N> out(&y[0][0]);
    out.noalias() = Constant<M, K>(&x[0][0]) * Constant<K, N>(&w[0][0]);
    out.rowwise() += Constant<1, N>(b);
  }

  template <int M, int K, int N>
  static void weight_gradient(const float (*x)[K], const float (*dy)[N], float (*dw)[N], float* db) {
    Matrix<K, N>(&dw[0][0]).noalias() = Constant<M, K>(&x[0][0]).transpose() * Constant<M, N>(&dy[0][0]);
    Matrix<1, N> sum(db);
    sum = Constant<M, N>(&dy[0][0]).colwise().sum();
  }

  template <int M, int K, int N>
  static void input_gradient(const float (*dy)[N], const float (*w)[N], float (*dx)[K]) {
    Matrix<M, K>(&dx[0][0]).noalias() = Constant<M, N>(&dy[0][0]) * Constant<K, N>(&w[0][0]).transpose();
  }

  static void adam(int count, float* p, const float* g, float* m, float* v, float scale, float root) {
    ConstantArray gradient(g, count);
    Array first(m, count), second(v, count), parameter(p, count);
    first += (1 - bench::adam_beta1) * (gradient - first);
    second = bench::adam_beta2 * second + (1 - bench::adam_beta2) * gradient.square();
    parameter -= scale * first / (second.sqrt() * (1 / root) + bench::adam_eps);
  }

  template <class F>
  static void activate(int count, const float* x, float* y) {
    if constexpr (std::is_same_v<F, bench::Tanh>) Array(y, count) = ConstantArray(x, count).tanh();
    else Array(y, count) = ConstantArray(x, count).max(0.f);
  }

  template <class F>
  static void damp(int count, const float* y, float* dy) {
    if constexpr (std::is_same_v<F, bench::Tanh>) Array(dy, count) *= 1 - ConstantArray(y, count).square();
    else Array(dy, count) *= (ConstantArray(y, count) > 0.f).cast<float>();
  }
};

}  // namespace

int main(int argc, char** argv) {
  bench::Bench bench(argc, argv);
  bench::add_mlps<Expressions>(bench);
  return bench.run();
}

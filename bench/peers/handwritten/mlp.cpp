// The small networks with plain loops for kernels: what a library has to beat.
#include "loops.hpp"
#include "peers/mlp.hpp"

namespace {

using namespace handwritten;

struct Loops {
  template <int M, int K, int N>
  static void forward(const float (*x)[K], const float (*w)[N], const float* b, float (*y)[N]) {
    affine<M, K, N>(x, w, b, y);
  }

  template <int M, int K, int N>
  static void weight_gradient(const float (*x)[K], const float (*dy)[N], float (*dw)[N], float* db) {
    alignas(64) static float xt[K][M];
    transpose<M, K>(x, xt);
    for (int k = 0; k < K; ++k)
      for (int j = 0; j < N; ++j) dw[k][j] = 0;
    product<K, M, N>(xt, dy, dw);
    for (int j = 0; j < N; ++j) db[j] = 0;
    for (int i = 0; i < M; ++i)
      for (int j = 0; j < N; ++j) db[j] += dy[i][j];
  }

  template <int M, int K, int N>
  static void input_gradient(const float (*dy)[N], const float (*w)[N], float (*dx)[K]) {
    alignas(64) static float wt[N][K];
    transpose<K, N>(w, wt);
    for (int i = 0; i < M; ++i)
      for (int k = 0; k < K; ++k) dx[i][k] = 0;
    product<M, N, K>(dy, wt, dx);
  }

  static void adam(int count, float* __restrict p, const float* __restrict g, float* __restrict m, float* __restrict v, float scale, float root) {
    for (int i = 0; i < count; ++i) {
      m[i] += (1 - bench::adam_beta1) * (g[i] - m[i]);
      v[i] = bench::adam_beta2 * v[i] + (1 - bench::adam_beta2) * g[i] * g[i];
      p[i] -= scale * m[i] / (std::sqrt(v[i]) / root + bench::adam_eps);
    }
  }

  template <class F>
  static void activate(int count, const float* x, float* y) {
    for (int i = 0; i < count; ++i) y[i] = std::is_same_v<F, bench::Tanh> ? std::tanh(x[i]) : std::max(x[i], 0.f);
  }

  template <class F>
  static void damp(int count, const float* y, float* dy) {
    for (int i = 0; i < count; ++i) dy[i] *= std::is_same_v<F, bench::Tanh> ? 1 - y[i] * y[i] : y[i] > 0 ? 1.f : 0.f;
  }
};

}  // namespace

int main(int argc, char** argv) {
  bench::Bench bench(argc, argv);
  bench::add_mlps<Loops>(bench);
  return bench.run();
}

// The small networks of mlp_bench written out: fixed sizes, arrays that stay, a few kernels that a peer brings.
//
//   struct Kernels {
//     template <int M, int K, int N> static void forward(const float (*x)[K], const float (*w)[N], const float* b, float (*y)[N]);  // y = x w + b
//     template <int M, int K, int N> static void weight_gradient(const float (*x)[K], const float (*dy)[N], float (*dw)[N], float* db);
//     template <int M, int K, int N> static void input_gradient(const float (*dy)[N], const float (*w)[N], float (*dx)[K]);
//     static void adam(int count, float* p, const float* g, float* m, float* v, float scale, float root);
//     template <class F> static void activate(int count, const float* x, float* y);   // y = F(x)
//     template <class F> static void damp(int count, const float* y, float* dy);      // dy *= F'(x) of F(x) = y
//   };
//
// Weights are [in][out], so that a product runs along rows.
#pragma once

#include <algorithm>
#include <cmath>
#include <type_traits>

#include "exact.hpp"
#include "serve.hpp"

namespace bench {

inline constexpr float adam_lr = 1e-3f, adam_beta1 = 0.9f, adam_beta2 = 0.999f, adam_eps = 1e-8f;

struct Relu {};
struct Tanh {};

/// y = x w + b over a batch, with gradients and Adam's state.
template <class Kernels, int Batch, int In, int Out>
struct Layer {
  struct Block {
    alignas(64) float w[In][Out];
    alignas(64) float b[Out];
  };
  static constexpr int count = static_cast<int>(sizeof(Block) / sizeof(float));
  Block p, g, m, v;
  alignas(64) float y[Batch][Out], dy[Batch][Out];

  Layer() : p{}, g{}, m{}, v{} {
    fill(&p.w[0][0], In * Out, 5, 1 / std::sqrt(static_cast<float>(In)));
    fill(p.b, Out, 6, 1 / std::sqrt(static_cast<float>(In)));
  }

  void forward(const float (*x)[In]) { Kernels::template forward<Batch, In, Out>(x, p.w, p.b, y); }
  void weight_gradient(const float (*x)[In]) { Kernels::template weight_gradient<Batch, In, Out>(x, dy, g.w, g.b); }
  void input_gradient(float (*dx)[In]) { Kernels::template input_gradient<Batch, In, Out>(dy, p.w, dx); }
  void update(float scale, float root) { Kernels::adam(count, &p.w[0][0], &g.w[0][0], &m.w[0][0], &v.w[0][0], scale, root); }
};

/// Loss and its gradient in dy.
template <int Batch, int Out>
float cross_entropy(const float (*y)[Out], const int* target, float (*dy)[Out]) {
  float loss = 0;
  for (int i = 0; i < Batch; ++i) {
    float most = y[i][0], sum = 0;
    for (int j = 1; j < Out; ++j) most = std::max(most, y[i][j]);
    for (int j = 0; j < Out; ++j) sum += dy[i][j] = std::exp(y[i][j] - most);
    loss += std::log(sum) + most - y[i][target[i]];
    for (int j = 0; j < Out; ++j) dy[i][j] /= sum * Batch;
    dy[i][target[i]] -= 1.f / Batch;
  }
  return loss / Batch;
}

template <int Batch, int Out>
float mse(const float (*y)[Out], const float (*target)[Out], float (*dy)[Out]) {
  constexpr float each = 1.f / (Batch * Out);
  float loss = 0;
  for (int i = 0; i < Batch; ++i) {
    for (int j = 0; j < Out; ++j) {
      const float difference = y[i][j] - target[i][j];
      loss += difference * difference * each;
      dy[i][j] = 2 * each * difference;
    }
  }
  return loss;
}

/// fc3(F(fc2(F(fc1(x)))))
template <class Kernels, class F, int Batch, int A, int B, int C, int D>
struct Mlp {
  Layer<Kernels, Batch, A, B> fc1;
  Layer<Kernels, Batch, B, C> fc2;
  Layer<Kernels, Batch, C, D> fc3;
  alignas(64) float h1[Batch][B], h2[Batch][C];
  int steps = 0;

  auto& forward(const float (*x)[A]) {
    fc1.forward(x);
    Kernels::template activate<F>(Batch * B, &fc1.y[0][0], &h1[0][0]);
    fc2.forward(h1);
    Kernels::template activate<F>(Batch * C, &fc2.y[0][0], &h2[0][0]);
    fc3.forward(h2);
    return fc3.y;
  }

  /// One training step; loss(y, dy) returns the loss and writes its gradient.
  template <class Loss>
  float step(const float (*x)[A], Loss loss) {
    const float value = loss(forward(x), fc3.dy);
    fc3.weight_gradient(h2);
    fc3.input_gradient(fc2.dy);
    Kernels::template damp<F>(Batch * C, &h2[0][0], &fc2.dy[0][0]);
    fc2.weight_gradient(h1);
    fc2.input_gradient(fc1.dy);
    Kernels::template damp<F>(Batch * B, &h1[0][0], &fc1.dy[0][0]);
    fc1.weight_gradient(x);
    ++steps;
    const float scale = adam_lr / (1 - std::pow(adam_beta1, static_cast<float>(steps)));
    const float root = std::sqrt(1 - std::pow(adam_beta2, static_cast<float>(steps)));
    fc1.update(scale, root);
    fc2.update(scale, root);
    fc3.update(scale, root);
    return value;
  }
};

template <class Kernels>
void add_mlps(Bench& bench) {
  static Mlp<Kernels, Relu, 64, 784, 256, 128, 10> mlp;
  static Mlp<Kernels, Tanh, 32, 4, 64, 64, 2> tiny;
  static Mlp<Kernels, Tanh, 1, 4, 64, 64, 2> answer;
  alignas(64) static float images[64][784], points[32][4], values[32][2], one[1][4];
  [[maybe_unused]] static int classes[64];
  fill(&images[0][0], 64 * 784, 0);
  fill(&points[0][0], 32 * 4, 1);
  fill(&values[0][0], 32 * 2, 2);
  fill(&one[0][0], 4, 3);
  for (int i = 0; i < 64; ++i) classes[i] = label(static_cast<std::size_t>(i), 10);

  bench.add("mlp_train", [] { keep(mlp.step(images, [](auto& y, auto& dy) { return cross_entropy<64, 10>(y, classes, dy); })); });
  bench.add("mlp_tiny_train", [] { keep(tiny.step(points, [](auto& y, auto& dy) { return mse<32, 2>(y, values, dy); })); });
  const auto infer = [] { keep(one), keep(answer.forward(one)); };
  const auto exact = [](const auto& layer) { return ExactLinear{&layer.p.w[0][0], sizeof layer.p.w[0] / sizeof(float), 1, layer.p.b}; };
  bench.add("mlp_tiny_infer", infer, {.error = [=] { return infer(), error_of_answer(answer.fc3.y[0], exact(answer.fc1), exact(answer.fc2), exact(answer.fc3)); }});
}

}  // namespace bench

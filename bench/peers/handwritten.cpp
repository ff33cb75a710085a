// Chains, MLP training steps, an MLP's answer and a step of an LSTM written out by hand: fixed sizes, static buffers, plain loops that the compiler
// vectorises.
// What a library has to beat. Built with -O3 -march=native -ffast-math, which lets g++ use the vector tanh of libmvec,
// and with g++ also -mprefer-vector-width=512.

#include "../serve.hpp"

#include <array>
#include <cmath>
#include <cstdint>
#include <vector>

namespace {

constexpr float lr = 1e-3f, beta1 = 0.9f, beta2 = 0.999f, eps = 1e-8f;

// Uniform in [-1, 1).
float uniform() {
  static std::uint32_t state = 1;
  state = state * 1664525u + 1013904223u;
  return static_cast<float>(state >> 8) * 0x1p-23f - 1.f;
}

// c[M][N] = (c or 0) + a[M][K] b[K][N]: four rows share each load of b; the inner loop runs along contiguous memory.
template <int M, int K, int N>
void product(const float (*a)[K], const float (*b)[N], float (*c)[N]) {
  static_assert(M % 4 == 0);
  for (int i = 0; i < M; i += 4) {
    for (int k = 0; k < K; ++k) {
      const float a0 = a[i][k], a1 = a[i + 1][k], a2 = a[i + 2][k], a3 = a[i + 3][k];
      for (int j = 0; j < N; ++j) {
        c[i][j] += a0 * b[k][j];
        c[i + 1][j] += a1 * b[k][j];
        c[i + 2][j] += a2 * b[k][j];
        c[i + 3][j] += a3 * b[k][j];
      }
    }
  }
}

template <int R, int C>
void transpose(const float (*from)[C], float (*to)[R]) {
  for (int i = 0; i < R; ++i)
    for (int j = 0; j < C; ++j) to[j][i] = from[i][j];
}

// Adam on `count` numbers; `scale` is lr / (1 - beta1^t), `root` is sqrt(1 - beta2^t).
void adam(int count, float* p, const float* g, float* m, float* v, float scale, float root) {
  for (int i = 0; i < count; ++i) {
    m[i] += (1 - beta1) * (g[i] - m[i]);
    v[i] = beta2 * v[i] + (1 - beta2) * g[i] * g[i];
    p[i] -= scale * m[i] / (std::sqrt(v[i]) / root + eps);
  }
}

// y = x w + b over a batch, with gradients and Adam's state; w is [in][out] so that the product runs along rows.
template <int Batch, int In, int Out>
struct Layer {
  struct Block {
    alignas(64) float w[In][Out];
    float b[Out];
  };
  Block p, g, m, v;
  alignas(64) float y[Batch][Out], dy[Batch][Out], xt[In][Batch], wt[Out][In];

  Layer() : p{}, g{}, m{}, v{} {
    const float bound = 1 / std::sqrt(static_cast<float>(In));
    for (float* at = &p.w[0][0]; at != &p.w[0][0] + In * Out; ++at) *at = bound * uniform();
    for (float& bias : p.b) bias = bound * uniform();
  }

  void forward(const float (*x)[In]) {
    for (auto& row : y)
      for (int j = 0; j < Out; ++j) row[j] = p.b[j];
    product<Batch, In, Out>(x, p.w, y);
  }

  void weights_backward(const float (*x)[In]) {
    transpose<Batch, In>(x, xt);
    g = {};
    product<In, Batch, Out>(xt, dy, g.w);
    for (const auto& row : dy)
      for (int j = 0; j < Out; ++j) g.b[j] += row[j];
  }

  void input_backward(float (*dx)[In]) {
    transpose<In, Out>(p.w, wt);
    for (int i = 0; i < Batch; ++i)
      for (int j = 0; j < In; ++j) dx[i][j] = 0;
    product<Batch, Out, In>(dy, wt, dx);
  }

  void update(float scale, float root) {
    adam(In * Out, &p.w[0][0], &g.w[0][0], &m.w[0][0], &v.w[0][0], scale, root);
    adam(Out, p.b, g.b, m.b, v.b, scale, root);
  }
};

struct Relu {
  static float value(float x) { return x > 0 ? x : 0; }
  static float slope(float y) { return y > 0 ? 1.f : 0.f; }
};
struct Tanh {
  static float value(float x) { return std::tanh(x); }
  static float slope(float y) { return 1 - y * y; }
};

// Loss and its gradient in dy.
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

template <class F, int Batch, int A, int B, int C, int D>
struct Mlp {
  Layer<Batch, A, B> fc1;
  Layer<Batch, B, C> fc2;
  Layer<Batch, C, D> fc3;
  alignas(64) float h1[Batch][B], h2[Batch][C];
  int steps = 0;

  // One training step; loss(y, dy) returns the loss and writes its gradient.
  template <class Loss>
  float step(const float (*x)[A], Loss loss) {
    fc1.forward(x);
    activate(fc1.y, h1);
    fc2.forward(h1);
    activate(fc2.y, h2);
    fc3.forward(h2);
    const float value = loss(fc3.y, fc3.dy);
    fc3.weights_backward(h2);
    fc3.input_backward(fc2.dy);
    damp(h2, fc2.dy);
    fc2.weights_backward(h1);
    fc2.input_backward(fc1.dy);
    damp(h1, fc1.dy);
    fc1.weights_backward(x);
    ++steps;
    const float scale = lr / (1 - std::pow(beta1, static_cast<float>(steps)));
    const float root = std::sqrt(1 - std::pow(beta2, static_cast<float>(steps)));
    fc1.update(scale, root);
    fc2.update(scale, root);
    fc3.update(scale, root);
    return value;
  }

  template <int N>
  static void activate(const float (&y)[Batch][N], float (&h)[Batch][N]) {
    for (int i = 0; i < Batch; ++i)
      for (int j = 0; j < N; ++j) h[i][j] = F::value(y[i][j]);
  }

  template <int N>
  static void damp(const float (&h)[Batch][N], float (&dy)[Batch][N]) {
    for (int i = 0; i < Batch; ++i)
      for (int j = 0; j < N; ++j) dy[i][j] *= F::slope(h[i][j]);
  }
};

template <int R, int C>
void fill(float (&x)[R][C]) {
  for (auto& row : x)
    for (float& number : row) number = uniform();
}

/// Chains over arrays of n; where they do not fit a cache, the arithmetic one stores past it.
void transcendental(int n, float* __restrict y, const float* __restrict a, const float* __restrict x, const float* __restrict b, const float* __restrict c) {
  for (int i = 0; i < n; ++i) y[i] = std::tanh(a[i] * x[i] + b[i]) / (1 + std::exp(-c[i]));
}
void arithmetic(int n, float* __restrict y, const float* __restrict a, const float* __restrict x, const float* __restrict b, const float* __restrict c, const float* __restrict d) {
  for (int i = 0; i < n; ++i) y[i] = (a[i] * x[i] + b[i]) * c[i] - d[i];
}
void arithmetic_streaming(int n, float* __restrict y, const float* a, const float* x, const float* b, const float* c, const float* d) {
#if defined(__AVX__)
  using Vec [[gnu::vector_size(32), gnu::aligned(32)]] = float;
  const auto at = [](const float* p, int i) { return *reinterpret_cast<const Vec*>(p + i); };
  for (int i = 0; i < n; i += 8) {
    const Vec sum = (at(a, i) * at(x, i) + at(b, i)) * at(c, i) - at(d, i);
    asm volatile("vmovntps %1, %0" : "=m"(*reinterpret_cast<Vec*>(y + i)) : "x"(sum));
  }
#else
  arithmetic(n, y, a, x, b, c, d);
#endif
}

void add_chains(bench::Bench& bench, const char* size, int n, bool in_memory) {
  const auto fill = [n] {
    static std::vector<std::vector<float>> kept[8];
    auto& v = kept[n % 7];
    if (v.empty()) {
      v.assign(6, std::vector<float>(static_cast<std::size_t>(n) + 16));
      for (auto& x : v)
        for (float& number : x) number = uniform();
    }
    float* p[6];
    for (int i = 0; i < 6; ++i) p[i] = v[static_cast<std::size_t>(i)].data() + (64 - reinterpret_cast<std::uintptr_t>(v[static_cast<std::size_t>(i)].data()) % 64) % 64 / 4;
    return std::array{p[0], p[1], p[2], p[3], p[4], p[5]};
  };
  bench.add(std::string("chain_transcendental_") + size, [=] {
    const auto p = fill();
    transcendental(n, p[5], p[0], p[1], p[2], p[3]);
    bench::keep(*p[5]);
  });
  bench.add(std::string("chain_arithmetic_") + size, [=] {
    const auto p = fill();
    (in_memory ? arithmetic_streaming : arithmetic)(n, p[5], p[0], p[1], p[2], p[3], p[4]);
    bench::keep(*p[5]);
  });
}

// y = b + x w for one row x.
template <int In, int Out>
void row_product(const float* x, const float (*w)[Out], const float* b, float* y) {
  for (int j = 0; j < Out; ++j) y[j] = b[j];
  for (int k = 0; k < In; ++k)
    for (int j = 0; j < Out; ++j) y[j] += x[k] * w[k][j];
}

// One input through three layers with tanh between.
template <int A, int B, int C, int D>
struct Answer {
  alignas(64) float w1[A][B], w2[B][C], w3[C][D], b1[B], b2[C], b3[D], h1[B], h2[C], y[D];

  void operator()(const float* x) {
    row_product<A, B>(x, w1, b1, h1);
    for (float& h : h1) h = std::tanh(h);
    row_product<B, C>(h1, w2, b2, h2);
    for (float& h : h2) h = std::tanh(h);
    row_product<C, D>(h2, w3, b3, y);
  }
};

// One step of an LSTM of one input; the gates stand side by side: input, forget, cell, output.
template <int H>
struct Cell {
  alignas(64) float from_x[1][4 * H], from_h[H][4 * H], b[4 * H], none[4 * H], gates[4 * H], more[4 * H], h[H], c[H], next_h[H], next_c[H];

  void operator()(float x) {
    row_product<1, 4 * H>(&x, from_x, b, gates);
    row_product<H, 4 * H>(h, from_h, none, more);
    for (int i = 0; i < 4 * H; ++i) gates[i] += more[i];
    const auto sigmoid = [](float v) { return 1 / (1 + std::exp(-v)); };
    for (int i = 0; i < H; ++i) {
      next_c[i] = sigmoid(gates[H + i]) * c[i] + sigmoid(gates[i]) * std::tanh(gates[2 * H + i]);
      next_h[i] = sigmoid(gates[3 * H + i]) * std::tanh(next_c[i]);
    }
  }
};

Answer<4, 64, 64, 2> answer;
Cell<32> cell;
Mlp<Relu, 64, 784, 256, 128, 10> mlp;
Mlp<Tanh, 32, 4, 64, 64, 2> tiny;
alignas(64) float images[64][784], points[32][4], values[32][2];
int labels[64];

}  // namespace

int main(int argc, char** argv) {
  fill(images);
  fill(points);
  fill(values);
  for (int& label : labels) label = static_cast<int>((uniform() + 1) * 5);

  fill(answer.w1);
  fill(answer.w2);
  fill(answer.w3);
  fill(cell.from_x);
  fill(cell.from_h);
  for (int i = 0; i < 32; ++i) cell.h[i] = uniform(), cell.c[i] = uniform();

  bench::Bench b(argc, argv);
  add_chains(b, "1e3", 1'000, false);
  add_chains(b, "1e5", 100'000, false);
  add_chains(b, "1e7", 10'000'000, true);
  b.add("mlp_train",
        [] { bench::keep(mlp.step(images, [](auto& y, auto& dy) { return cross_entropy<64, 10>(y, labels, dy); })); });
  b.add("mlp_tiny_train",
        [] { bench::keep(tiny.step(points, [](auto& y, auto& dy) { return mse<32, 2>(y, values, dy); })); });
  b.add("mlp_tiny_infer", [] {
    bench::keep(points);
    answer(points[0]);
    bench::keep(answer.y);
  });
  b.add("lstm_step", [] {
    bench::keep(points);
    cell(points[0][0]);
    bench::keep(cell.next_h);
  });
  return b.run();
}

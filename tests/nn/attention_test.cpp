// Attention layers against loops in double; lengths that are bounded; gradients.
#include "gradient.hpp"

#include <cmath>
#include <vector>

using namespace etch;

namespace {

constexpr int width = 12, heads = 3, head = width / heads;

struct Length : dyn<9> {};
inline constexpr Length length{};
struct Batch : dyn<4> {};
inline constexpr Batch batch{};

using Rows = std::vector<double>;

/// x [rows, in] times the transposed `weight` [out, in], plus `bias`.
Rows project(const Rows& x, const float* weight, const float* bias, int in, int out) {
  const std::size_t rows = x.size() / static_cast<std::size_t>(in);
  Rows y(rows * static_cast<std::size_t>(out));
  for (std::size_t r = 0; r < rows; ++r)
    for (int o = 0; o < out; ++o) {
      double sum = bias[o];
      for (int i = 0; i < in; ++i)
        sum += x[r * static_cast<std::size_t>(in) + static_cast<std::size_t>(i)] * weight[o * in + i];
      y[r * static_cast<std::size_t>(out) + static_cast<std::size_t>(o)] = sum;
    }
  return y;
}
/// softmax(q k^T / sqrt(D)) v for each head; rows of `width`, q of `queries` and k, v of `keys` positions a batch.
Rows attend(const Rows& q, const Rows& k, const Rows& v, int batches, int queries, int keys, bool causal) {
  Rows y(q.size());
  const auto at = [](int b, int n, int t, int h, int d) {
    return static_cast<std::size_t>((b * n + t) * width + h * head + d);
  };
  for (int b = 0; b < batches; ++b)
    for (int h = 0; h < heads; ++h)
      for (int t = 0; t < queries; ++t) {
        const int seen = causal ? t + 1 : keys;
        Rows p(static_cast<std::size_t>(seen));
        double total = 0;
        for (int s = 0; s < seen; ++s) {
          double score = 0;
          for (int d = 0; d < head; ++d) score += q[at(b, queries, t, h, d)] * k[at(b, keys, s, h, d)];
          total += p[static_cast<std::size_t>(s)] = std::exp(score / std::sqrt(static_cast<double>(head)));
        }
        for (int s = 0; s < seen; ++s)
          for (int d = 0; d < head; ++d)
            y[at(b, queries, t, h, d)] += p[static_cast<std::size_t>(s)] / total * v[at(b, keys, s, h, d)];
      }
  return y;
}
template <class X>
Rows values_of(const X& x) {
  return {x.data(), x.data() + x.numel()};
}
/// Columns [first, first + width) of rows of 3 * width.
Rows third(const Rows& x, int part) {
  Rows y;
  for (std::size_t r = 0; r * 3 * width < x.size(); ++r)
    for (int c = 0; c < width; ++c) y.push_back(x[r * 3 * width + static_cast<std::size_t>(part * width + c)]);
  return y;
}
template <class X>
void check_near(const X& found, const Rows& expected) {
  REQUIRE(static_cast<std::size_t>(found.numel()) == expected.size());
  double worst = 0;
  for (std::size_t i = 0; i < expected.size(); ++i) worst = std::fmax(worst, std::fabs(found.data()[i] - expected[i]));
  CHECK(worst < 1e-5);
}

using Causal = nn::CausalSelfAttention<width, heads>;
using Multi = nn::MultiheadAttention<width, heads, MultiheadOptions{.batch_first = true, .need_weights = false}>;

template <class X>
Rows expected_of(const Model<Causal>& m, const X& x, int batches, int n) {
  const Rows qkv = project(values_of(x), m->qkv.weight.data(), m->qkv.bias.data(), width, 3 * width);
  const Rows y = attend(third(qkv, 0), third(qkv, 1), third(qkv, 2), batches, n, n, true);
  return project(y, m->proj.weight.data(), m->proj.bias.data(), width, width);
}

struct Product {
  constexpr auto operator()(auto& m, auto w) const { return sum(m(w)); }
};
/// Queries and keys of different lengths.
struct Across {
  Param<double, 2, 3, 4> query;
  Param<double, 2, 5, 4> memory;
  nn::MultiheadAttention<4, 2, MultiheadOptions{.batch_first = true, .need_weights = false}, double> attention;
  ETCH_MODULE(query, memory, attention)
  constexpr auto forward(auto w) const {
    const auto m = etch::apply<first_fn>(memory, w);
    return attention(etch::apply<first_fn>(query, w), m, m * 0.5) * w;
  }
  void reset_parameters(Generator& g) {
    nn::init::normal_(query, g);
    nn::init::normal_(memory, g);
    nn::init::normal_(attention.in_proj_bias, g);
  }
};

}  // namespace

TEST_CASE("causal self-attention is attention of every head over itself and what was before") {
  auto layer = make<Causal>(Generator{1});
  Tensor<float, 2, 7, width> x;
  Generator g{2};
  nn::init::normal_(x, g);
  Tensor y = layer(x);
  static_assert(std::is_same_v<decltype(y), Tensor<float, 2, 7, width>>);
  check_near(y, expected_of(layer, x, 2, 7));
}

TEST_CASE("causal self-attention takes bounded batches and lengths") {
  auto layer = make<Causal>(Generator{1});
  auto program = compile<Tensor<float, batch, length, width>>(layer);
  Generator g{2};
  const int sizes[][2] = {{4, 9}, {1, 1}, {2, 5}};
  for (const auto& size : sizes) {
    Tensor<float, batch, length, width> x(size[0], size[1]);
    nn::init::normal_(x, g);
    const auto& y = program(x);
    CHECK(y.size(0) == size[0]);
    CHECK(y.size(1) == size[1]);
    check_near(y, expected_of(layer, x, size[0], size[1]));
  }
}

TEST_CASE("multi-head attention has PyTorch's parameters and gives its output") {
  static_assert(layout<Multi>.tensors == 4);
  auto layer = make<Multi>(Generator{1});
  for (int i = 0; i < 3 * width; ++i) CHECK(layer->in_proj_bias.data()[i] == 0);
  for (int i = 0; i < width; ++i) CHECK(layer->out_proj.bias.data()[i] == 0);
  Generator g{2};
  nn::init::normal_(layer->in_proj_bias, g);
  Tensor<float, 2, 4, width> query;
  Tensor<float, 2, 6, width> key, value;
  nn::init::normal_(query, g);
  nn::init::normal_(key, g);
  nn::init::normal_(value, g);
  const auto in = [&](const auto& x, int part) {
    return project(values_of(x), layer->in_proj_weight.data() + part * width * width,
                   layer->in_proj_bias.data() + part * width, width, width);
  };
  const auto out = [&](const Rows& y) {
    return project(y, layer->out_proj.weight.data(), layer->out_proj.bias.data(), width, width);
  };
  Tensor<float, 2, 4, width> self = layer(query);
  check_near(self, out(attend(in(query, 0), in(query, 1), in(query, 2), 2, 4, 4, false)));
  Tensor<float, 2, 4, width> across = layer(query, key, value);
  check_near(across, out(attend(in(query, 0), in(key, 1), in(value, 2), 2, 4, 6, false)));
}

TEST_CASE("attention sends gradients to its input and every parameter") {
  Tensor<double, 2, 5, 6> w;
  Generator g{1};
  nn::init::normal_(w, g);
  check_gradient<Probe<nn::CausalSelfAttention<6, 2, double>, 2, 5, 6>>(Product{}, w);
  Tensor<double, 2, 3, 4> v;
  nn::init::normal_(v, g);
  check_gradient<Across>(Product{}, v);
}

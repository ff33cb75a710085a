// Attention against loops in double: shapes, masks, strides; gradients against the textbook and finite differences.
#include <etch/cpu/attention.hpp>

#include <doctest/doctest.h>

#include <cmath>
#include <cstring>
#include <limits>
#include <random>
#include <vector>

namespace {

using namespace etch;
using cpu::int64;
using Values = std::vector<double>;

std::mt19937 random_bits{11};

/// A [batch, heads, length, dim] tensor inside a larger one: heads side by side within a row, as a qkv product leaves
/// them.
template <class T>
struct Heads {
  int64 batch, heads, length, dim, lead, count;
  std::vector<T> memory;
  Heads(int64 b, int64 h, int64 l, int64 d, int64 gap, bool random)
      : batch(b),
        heads(h),
        length(l),
        dim(d),
        lead(h * d + gap),
        count(b * l * lead),
        memory(static_cast<std::size_t>(count), T(9)) {
    if (!random) return;
    for (T& value : memory) value = static_cast<T>(static_cast<int>(random_bits() % 2001) - 1000) / T(700);
  }
  cpu::HeadRows<T> view() { return {memory.data(), length * lead, dim, lead}; }
  cpu::HeadRows<const T> view() const { return {memory.data(), length * lead, dim, lead}; }
  T& at(int64 b, int64 h, int64 i, int64 j) {
    return memory[static_cast<std::size_t>(((b * length + i) * lead) + h * dim + j)];
  }
  double get(int64 b, int64 h, int64 i, int64 j) const {
    return static_cast<double>(memory[static_cast<std::size_t>(((b * length + i) * lead) + h * dim + j)]);
  }
  /// Whether what lies between the rows is as it was.
  bool margins_kept() const {
    for (int64 r = 0; r < batch * length; ++r) {
      for (int64 j = heads * dim; j < lead; ++j) {
        if (memory[static_cast<std::size_t>(r * lead + j)] != T(9)) return false;
      }
    }
    return true;
  }
};

template <class T>
struct Problem {
  cpu::AttentionShape shape;
  int64 gap = 3;  // between rows
  Heads<T> q{shape.batch, shape.heads, shape.queries, shape.head_dim, gap, true};
  Heads<T> k{shape.batch, shape.heads, shape.keys, shape.head_dim, gap, true};
  Heads<T> v{shape.batch, shape.heads, shape.keys, shape.value_dim, gap, true};
  Heads<T> dout{shape.batch, shape.heads, shape.queries, shape.value_dim, gap, true};
  Heads<T> out{shape.batch, shape.heads, shape.queries, shape.value_dim, gap, false};
  Heads<T> dq{shape.batch, shape.heads, shape.queries, shape.head_dim, gap, false};
  Heads<T> dk{shape.batch, shape.heads, shape.keys, shape.head_dim, gap, false};
  Heads<T> dv{shape.batch, shape.heads, shape.keys, shape.value_dim, gap, false};
  std::vector<T> lse = std::vector<T>(static_cast<std::size_t>(shape.batch * shape.heads * shape.queries));
  std::vector<T> memory = {};

  T* workspace(std::size_t bytes) {
    memory.assign(bytes / sizeof(T) * static_cast<std::size_t>(cpu::num_threads()) + 64,
                  std::numeric_limits<T>::quiet_NaN());
    T* start = memory.data();
    while (reinterpret_cast<std::uintptr_t>(start) % 64 != 0) ++start;
    return start;
  }
  void forward() {
    const Problem& in = *this;
    cpu::attention_forward<T>(shape, in.q.view(), in.k.view(), in.v.view(), out.view(), lse.data(),
                              workspace(cpu::attention_forward_workspace_bytes<T>(shape)));
  }
  void backward() {
    const Problem& in = *this;
    cpu::attention_backward<T>(shape, in.q.view(), in.k.view(), in.v.view(), in.out.view(), lse.data(), in.dout.view(),
                               dq.view(), dk.view(), dv.view(),
                               workspace(cpu::attention_backward_workspace_bytes<T>(shape)));
  }

  /// Softmax weights of one query, and its lse.
  double weights(int64 b, int64 h, int64 i, Values& p) const {
    const int64 seen = shape.causal && i + 1 < shape.keys ? i + 1 : shape.keys;
    p.assign(static_cast<std::size_t>(shape.keys), 0.0);
    double top = -INFINITY, sum = 0;
    for (int64 j = 0; j < seen; ++j) {
      double s = 0;
      for (int64 d = 0; d < shape.head_dim; ++d) s += q.get(b, h, i, d) * k.get(b, h, j, d);
      p[static_cast<std::size_t>(j)] = shape.scale * s;
      top = std::fmax(top, shape.scale * s);
    }
    for (int64 j = 0; j < seen; ++j)
      sum += p[static_cast<std::size_t>(j)] = std::exp(p[static_cast<std::size_t>(j)] - top);
    for (double& value : p) value /= sum;
    return top + std::log(sum);
  }

  /// Largest error of out, lse, dq, dk, dv against plain loops.
  double error() const {
    double worst = 0;
    const auto see = [&worst](double got, double want) {
      if (std::isinf(want) ? got != want : !(std::fabs(got - want) <= worst))
        worst = std::isinf(want) ? INFINITY : std::fabs(got - want);
    };
    for (int64 b = 0; b < shape.batch; ++b) {
      for (int64 h = 0; h < shape.heads; ++h) {
        Values p, gk(static_cast<std::size_t>(shape.keys * shape.head_dim)),
            gv(static_cast<std::size_t>(shape.keys * shape.value_dim));
        for (int64 i = 0; i < shape.queries; ++i) {
          see(static_cast<double>(lse[static_cast<std::size_t>((b * shape.heads + h) * shape.queries + i)]),
              weights(b, h, i, p));
          double delta = 0;
          for (int64 c = 0; c < shape.value_dim; ++c) {
            double want = 0;
            for (int64 j = 0; j < shape.keys; ++j) want += p[static_cast<std::size_t>(j)] * v.get(b, h, j, c);
            see(out.get(b, h, i, c), want);
            delta += want * dout.get(b, h, i, c);
          }
          Values gq(static_cast<std::size_t>(shape.head_dim));
          for (int64 j = 0; j < shape.keys; ++j) {
            double dp = 0;
            for (int64 c = 0; c < shape.value_dim; ++c) {
              dp += dout.get(b, h, i, c) * v.get(b, h, j, c);
              gv[static_cast<std::size_t>(j * shape.value_dim + c)] +=
                  p[static_cast<std::size_t>(j)] * dout.get(b, h, i, c);
            }
            const double ds = shape.scale * p[static_cast<std::size_t>(j)] * (dp - delta);
            for (int64 d = 0; d < shape.head_dim; ++d) {
              gq[static_cast<std::size_t>(d)] += ds * k.get(b, h, j, d);
              gk[static_cast<std::size_t>(j * shape.head_dim + d)] += ds * q.get(b, h, i, d);
            }
          }
          for (int64 d = 0; d < shape.head_dim; ++d) see(dq.get(b, h, i, d), gq[static_cast<std::size_t>(d)]);
        }
        for (int64 j = 0; j < shape.keys; ++j) {
          for (int64 d = 0; d < shape.head_dim; ++d)
            see(dk.get(b, h, j, d), gk[static_cast<std::size_t>(j * shape.head_dim + d)]);
          for (int64 c = 0; c < shape.value_dim; ++c)
            see(dv.get(b, h, j, c), gv[static_cast<std::size_t>(j * shape.value_dim + c)]);
        }
      }
    }
    return worst;
  }
  bool margins_kept() const {
    return out.margins_kept() && dq.margins_kept() && dk.margins_kept() && dv.margins_kept();
  }
};

template <class T>
void check(const cpu::AttentionShape& shape, int64 gap = 3) {
  Problem<T> problem{shape, gap};
  problem.forward();
  problem.backward();
  INFO(shape.queries, " queries ", shape.keys, " keys, dims ", shape.head_dim, " ", shape.value_dim,
       shape.causal ? " causal" : "");
  CHECK(problem.error() <= (sizeof(T) == 4 ? 2e-5 : 1e-12));
  CHECK(problem.margins_kept());
}

}  // namespace

TEST_CASE_TEMPLATE("attention and its gradients, small and odd shapes", T, float, double) {
  for (bool causal : {false, true}) {
    for (int64 queries : {1, 2, 13, 33}) {
      for (int64 keys : {1, 5, 16, 33}) {
        check<T>({1, 2, queries, keys, 3, 5, 0.6, causal});
        check<T>({2, 1, queries, keys, 16, 8, 0.25, causal});
      }
    }
  }
}

TEST_CASE_TEMPLATE("few queries and keys, in whole vectors of features", T, float, double) {
  for (bool causal : {false, true}) {
    for (int64 queries : {1, 15, 16, 33, 64, 128}) {
      for (int64 keys : {1, 14, 31, 65, 128}) check<T>({1, 2, queries, keys, 16, 48, -0.25, causal});
    }
    check<T>({2, 2, 65, 65, 64, 32, 0.125, causal}, 0);
  }
}

TEST_CASE_TEMPLATE("attention over several blocks", T, float, double) {
  for (bool causal : {false, true}) {
    check<T>({2, 2, 64, 64, 32, 32, 0.1767766952966369, causal});
    check<T>({1, 1, 150, 300, 20, 33, 0.2, causal});
    check<T>({1, 1, 300, 150, 16, 16, -0.3, causal});
    check<T>({1, 1, 270, 290, 64, 40, 0.125, causal});
    check<T>({1, 2, 300, 257, 33, 64, 0.1, causal});
    check<T>({1, 1, 131, 530, 48, 32, -0.1, causal});
    check<T>({1, 1, 200, 230, 32, 16, 0.2, causal}, 0);  // rows without gaps, whose sums are added up in place
  }
}

TEST_CASE_TEMPLATE("no keys give zeros, no queries give zero gradients", T, float, double) {
  Problem<T> empty{{1, 1, 3, 0, 4, 4, 1.0, true}};
  empty.forward();
  empty.backward();
  for (int64 i = 0; i < 3; ++i) {
    CHECK(empty.out.get(0, 0, i, 0) == 0.0);
    CHECK(empty.dq.get(0, 0, i, 0) == 0.0);
    CHECK(empty.lse[static_cast<std::size_t>(i)] == -std::numeric_limits<T>::infinity());
  }
  Problem<T> idle{{1, 1, 0, 3, 4, 4, 1.0, false}};
  idle.forward();
  idle.backward();
  for (int64 j = 0; j < 3; ++j) CHECK((idle.dk.get(0, 0, j, 1) == 0.0 && idle.dv.get(0, 0, j, 1) == 0.0));
}

TEST_CASE("large scores do not overflow") {
  Problem<float> problem{{1, 1, 20, 40, 8, 8, 100.0, true}};
  problem.forward();
  problem.backward();
  for (float value : problem.out.memory) CHECK(std::isfinite(value));
  for (float value : problem.dq.memory) CHECK(std::isfinite(value));
}

TEST_CASE("numbers too large to be split, and NaN, go where they would") {
  Problem<float> problem{{1, 1, 130, 140, 32, 32, 0.2, true}};
  problem.v.at(0, 0, 5, 3) = 1e20f;
  problem.q.at(0, 0, 40, 1) = std::numeric_limits<float>::quiet_NaN();
  problem.forward();
  std::vector<double> p;
  for (int64 i = 0; i < 130; ++i) {
    if (i == 40) {
      CHECK(std::isnan(problem.out.get(0, 0, i, 0)));
      continue;
    }
    problem.weights(0, 0, i, p);
    CHECK(problem.out.get(0, 0, i, 3) == doctest::Approx(i < 5 ? problem.out.get(0, 0, i, 3) : p[5] * 1e20).epsilon(1e-4));
    CHECK(std::fabs(problem.out.get(0, 0, i, 4)) < 2);
  }
  problem.backward();
  CHECK(std::isnan(problem.dq.get(0, 0, 40, 0)));
  CHECK(std::isfinite(problem.dv.get(0, 0, 129, 0)));
}

TEST_CASE("gradients agree with finite differences") {
  Problem<double> problem{{1, 2, 9, 11, 4, 3, 0.5, true}};
  problem.forward();
  problem.backward();
  const auto loss = [&problem] {
    problem.forward();
    double sum = 0;
    for (int64 h = 0; h < 2; ++h) {
      for (int64 i = 0; i < 9; ++i) {
        for (int64 c = 0; c < 3; ++c) sum += problem.out.get(0, h, i, c) * problem.dout.get(0, h, i, c);
      }
    }
    return sum;
  };
  const auto slope = [&loss](double& x) {
    const double step = 1e-5, at = x;
    x = at + step;
    const double up = loss();
    x = at - step;
    const double down = loss();
    x = at;
    return (up - down) / (2 * step);
  };
  double worst = 0;
  for (int64 h = 0; h < 2; ++h) {
    for (int64 i = 0; i < 9; ++i) {
      for (int64 d = 0; d < 4; ++d) {
        worst = std::fmax(worst, std::fabs(slope(problem.q.at(0, h, i, d)) - problem.dq.get(0, h, i, d)));
        worst = std::fmax(worst, std::fabs(slope(problem.k.at(0, h, i, d)) - problem.dk.get(0, h, i, d)));
        if (d < 3) worst = std::fmax(worst, std::fabs(slope(problem.v.at(0, h, i, d)) - problem.dv.get(0, h, i, d)));
      }
    }
  }
  CHECK(worst <= 1e-8);
}

TEST_CASE("results are bit-equal for any number of threads") {
  const int before = cpu::num_threads();
  Problem<float> problem{{4, 4, 70, 70, 32, 32, 0.2, true}};
  std::vector<float> out, dq, dk;
  for (int threads : {1, 2, 3}) {
    cpu::set_num_threads(threads);
    problem.forward();
    problem.backward();
    if (threads == 1) out = problem.out.memory, dq = problem.dq.memory, dk = problem.dk.memory;
    const auto same = [](const std::vector<float>& a, const std::vector<float>& b) {
      return std::memcmp(a.data(), b.data(), a.size() * sizeof(float)) == 0;
    };
    CHECK(same(out, problem.out.memory));
    CHECK(same(dq, problem.dq.memory));
    CHECK(same(dk, problem.dk.memory));
  }
  cpu::set_num_threads(before);
}

// Products that fit the first cache: every way that operands lie, edges of tiles and vectors, epilogues, and transposed weights that are kept.
#include <program.hpp>

#include <etch/cpu/library.hpp>

using namespace etch;
using namespace test;

namespace {
template <class T, int M, int N, int K>
void compare() {
  constexpr int row = (N + 15) / 16 * 16;
  T a[M * K], at[K * M], b[K * N], bt[N * K], turned[K * row], c[M * (N + 1)], sum[M * N];
  for (int i = 0; i < M * K; ++i) a[i] = at[i % K * M + i / K] = static_cast<T>(i % 7 - 3);
  for (int i = 0; i < K * N; ++i) b[i] = bt[i % N * K + i / N] = static_cast<T>(i % 11 - 5);
  for (int i = 0; i < M * N; ++i) {
    sum[i] = 0;
    for (int k = 0; k < K; ++k) sum[i] += a[i / N * K + k] * b[k * N + i % N];
  }
  const auto is_sum = [&] {
    for (int i = 0; i < M; ++i) {
      for (int j = 0; j < N; ++j) CHECK(c[i * (N + 1) + j] == sum[i * N + j]);  // small integers: exact in any order
      CHECK(c[i * (N + 1) + N] == 77);
    }
  };
  const auto clear = [&] {
    for (T& v : c) v = 77;
  };
  clear();
  cpu::detail::SmallProduct<T, M, N, K, K, 1, N, 1>::run(a, b, c, N + 1);
  is_sum();
  clear();
  cpu::detail::SmallProduct<T, M, N, K, 1, M, N, 1>::run(at, b, c, N + 1);
  is_sum();
  clear();
  cpu::detail::turn<T, N, K, K, cpu::detail::SmallProduct<T, M, N, K, K, 1, 1, K>::b_row>(bt, turned);
  cpu::detail::SmallProduct<T, M, N, K, K, 1, 1, K>::run(a, turned, c, N + 1);
  is_sum();
}

template <class T, int M, int N, int K>
void compare_narrow() {
  T a[M * K], at[K * M], b[K * N], bt[N * K], work[(M + 15) / 16 * 16 * N], c[M * (N + 1)];
  for (int i = 0; i < M * K; ++i) a[i] = at[i % K * M + i / K] = static_cast<T>(i % 7 - 3);
  for (int i = 0; i < K * N; ++i) b[i] = bt[i % N * K + i / N] = static_cast<T>(i % 11 - 5);
  const auto is_sum = [&] {
    for (int i = 0; i < M; ++i) {
      for (int j = 0; j < N; ++j) {
        T sum = 0;
        for (int k = 0; k < K; ++k) sum += a[i * K + k] * b[k * N + j];
        CHECK(c[i * (N + 1) + j] == sum);
      }
      CHECK(c[i * (N + 1) + N] == 77);
    }
    for (T& v : c) v = 77;
  };
  for (T& v : c) v = 77;
  cpu::detail::NarrowProduct<T, M, N, K, 1, M, N, 1>::run(at, b, c, N + 1, work);
  is_sum();
  cpu::detail::NarrowProduct<T, M, N, K, 1, M, 1, K>::run(at, bt, c, N + 1, work);
  is_sum();
  cpu::detail::NarrowProduct<T, M, N, K, K, 1, 1, K>::run(a, bt, c, N + 1, work);
  is_sum();
}

struct Net {
  nn::Linear<20, 33> fc1;
  nn::Linear<33, 16> fc2;
  ETCH_MODULE(fc1, fc2)
  constexpr auto forward(auto x) const { return fc2(tanh(fc1(x))); }
};
template <int Batch>
void compare_frozen() {
  const auto model = make<Net>(Generator{3});
  auto frozen = compile<F<Batch, 20>>(freeze(model));
  const auto x = filled<F<Batch, 20>>(), x2 = filled<F<Batch, 20>>(-1, 1, 7);
  const Tensor y = model(x), y2 = model(x2);
  model->fc2.bias.data()[0] += 100;  // what is frozen does not see it
  const auto& first = frozen(x);
  for (int i = 0; i < Batch * 16; ++i) CHECK(first.data()[i] == doctest::Approx(y.data()[i]).epsilon(1e-5));
  const auto& second = frozen(x2);
  for (int i = 0; i < Batch * 16; ++i) CHECK(second.data()[i] == doctest::Approx(y2.data()[i]).epsilon(1e-5));
}
}  // namespace

TEST_CASE("every way that operands lie, at every edge") {
  compare<float, 2, 5, 1>();
  compare<float, 14, 32, 9>();
  compare<float, 15, 33, 6>();
  compare<float, 30, 64, 10>();
  compare<float, 3, 90, 4>();
  compare<float, 64, 16, 2>();
  compare<double, 7, 19, 5>();
  compare<double, 12, 40, 3>();
}

TEST_CASE("few columns, at every edge") {
  compare_narrow<float, 32, 2, 64>();
  compare_narrow<float, 37, 4, 5>();
  compare_narrow<float, 5, 3, 9>();
  compare_narrow<double, 21, 1, 8>();
}

TEST_CASE("which products fit, and that a program of them is right") {
  auto net = [](auto x, auto w, auto b, auto v) { return linear(tanh(linear(x, w, b)), v); };
  using P = Code<decltype(net), F<6, 12>, F<36, 12>, F<36>, F<25, 36>>;
  static_assert(P::plan.steps == 2);
#if !defined(ETCH_CPU_EIGEN)
  static_assert(cpu::product_way(P::plan.step[0], P::plan.access) == cpu::ProductWay::small && cpu::product_way(P::plan.step[1], P::plan.access) == cpu::ProductWay::small);
#endif
  check(net, filled<F<6, 12>>(), filled<F<36, 12>>(), filled<F<36>>(), filled<F<25, 36>>());
  auto product = [](auto x, auto w) { return matmul(x, w); };
  using Large = Code<decltype(product), F<64, 512>, F<512, 64>>;
  static_assert(!cpu::detail::is_small_product(Large::plan.step[0], Large::plan.access));
  auto few = [](auto x, auto w, auto v) { return linear(linear(x, w), v); };
  check(few, filled<F<9, 12>>(), filled<F<3, 12>>(), filled<F<2, 3>>());
  auto turned = [](auto x, auto w) { return matmul(t(x), w); };
  check(turned, filled<F<12, 9>>(), filled<F<12, 3>>());
}

TEST_CASE("a frozen model answers as the model did, for one row and for several") {
  compare_frozen<1>();
  compare_frozen<5>();
}

TEST_CASE("a loop lays its constants out anew each time it runs") {
  auto f = [](auto h, auto xs, auto w) { return scan([](auto h, auto x, auto w) { const auto y = linear(h, w) + x; return several(y, y); }, h, xs, w).template get<0>(); };
  auto p = compile<F<3, 16>, F<4, 3, 16>, F<16, 16>>(f);
  const auto h = filled<F<3, 16>>();
  const auto xs = filled<F<4, 3, 16>>();
  for (const float scale : {0.25f, -0.5f}) {
    auto w = filled<F<16, 16>>();
    w *= scale;
    Tensor y = h;
    for (int i = 0; i < 4; ++i) {
      F<3, 16> x;
      std::memcpy(x.data(), xs.data() + 48 * i, sizeof(float) * 48);
      y = linear(y, w) + x;
    }
    const auto& got = p(h, xs, w);
    for (int i = 0; i < 48; ++i) CHECK(got.data()[i] == doctest::Approx(y.data()[i]).epsilon(1e-4));
  }
}

TEST_CASE("products beyond the first cache, and what follows them tile by tile") {
  auto product = [](auto x, auto w) { return matmul(x, w); };
  using P = Code<decltype(product), F<90, 70>, F<70, 100>>;
  static_assert(cpu::detail::is_small_product(P::plan.step[0], P::plan.access));
  check(product, filled<F<90, 70>>(), filled<F<70, 100>>());
  check([](auto x, auto w, auto b) { return relu(matmul(x, w) + b); }, filled<F<90, 70>>(), filled<F<70, 100>>(), filled<F<100>>());
  check([](auto x, auto w) { return exp(matmul(t(x), w)); }, filled<F<70, 33>>(), filled<F<70, 150>>());
}

TEST_CASE("a batch of small products: as many items on any number of threads, shared operands, every layout, epilogues") {
  auto product = [](auto x, auto y) { return bmm(x, y); };
  using P = Code<decltype(product), F<70, 50, 30>, F<70, 30, 47>>;
  static_assert(P::plan.steps == 1);
#if !defined(ETCH_CPU_EIGEN)
  static_assert(cpu::product_way(P::plan.step[0], P::plan.access) == cpu::ProductWay::small);
#endif
  check(product, filled<F<5, 9, 12>>(), filled<F<5, 12, 37>>());
  check([](auto x, auto y) { return matmul(x, mT(y)); }, filled<F<3, 9, 12>>(), filled<F<3, 37, 12>>());
  check([](auto x, auto y) { return matmul(mT(x), y); }, filled<F<3, 12, 9>>(), filled<F<3, 12, 18>>());
  check([](auto x, auto y) { return matmul(x, y); }, filled<F<9, 12>>(), filled<F<4, 12, 37>>());
  check([](auto x, auto y) { return matmul(x, y); }, filled<F<4, 9, 12>>(), filled<F<12, 37>>());
  check([](auto x, auto y, auto z) { return tanh(bmm(x, y) + z); }, filled<F<4, 9, 12>>(), filled<F<4, 12, 37>>(), filled<F<4, 1, 37>>());
  check([](auto x, auto y, auto z) { return relu(bmm(x, y) - z); }, filled<F<3, 90, 70>>(), filled<F<3, 70, 100>>(), filled<F<3, 90, 1>>());
  const int before = cpu::num_threads();
  const auto x = filled<F<70, 50, 30>>();
  const auto z = filled<F<70, 50, 47>>();
  const auto y = filled<F<70, 30, 47>>();
  F<70, 50, 47> first, second, result;
  for (const int threads : {1, 3}) {
    cpu::set_num_threads(threads);
    result = bmm(x, y);
    F<70, 50, 47> sums;
    sums = gelu(bmm(x, y) + z);
    if (threads == 1) first = result, second = sums;
    CHECK(equal(result, first).item());
    CHECK(equal(sums, second).item());
  }
  cpu::set_num_threads(before);
}

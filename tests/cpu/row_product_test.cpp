// A row times the rows of a small weight: against sums in order, with and without an epilogue, and which products are such.
#include <program.hpp>

#include <etch/cpu/library.hpp>

using namespace etch;
using namespace test;

namespace {
template <class T, int N, int K>
void compare() {
  T x[K], w[N][K + 3], y[N + 1];  // beyond a row lie numbers that would show
  for (int k = 0; k < K; ++k) x[k] = static_cast<T>(k % 7 - 3);
  for (int n = 0; n < N; ++n)
    for (int k = 0; k < K + 3; ++k) w[n][k] = k < K ? static_cast<T>((n * 5 + k * 3) % 11 - 5) : std::numeric_limits<T>::infinity();
  y[N] = 77;
  cpu::detail::row_product<T>(N, K, x, w[0], K + 3, y);
  T sum[N];
  for (int n = 0; n < N; ++n) {
    sum[n] = 0;
    for (int k = 0; k < K; ++k) sum[n] += x[k] * w[n][k];
    CHECK(y[n] == sum[n]);  // small integers: exact in any order
  }
  CHECK(y[N] == 77);
  // the kernels of one shape: rows of w with gaps and without, and its columns side by side
  constexpr int width = (N + 63) / 64 * 64;
  T dense[N][K], turned[K][width], z[width];
  for (int n = 0; n < N; ++n)
    for (int k = 0; k < K; ++k) dense[n][k] = w[n][k];
  const auto is_sum = [&] {
    for (int n = 0; n < N; ++n) CHECK(z[n] == sum[n]);
    for (T& v : z) v = 77;
  };
  cpu::detail::RowProduct<T, N, K, 1, K + 3>::run(x, w[0], z);
  is_sum();
  cpu::detail::RowProduct<T, N, K, 1, K>::run(x, dense[0], z);
  is_sum();
  for (auto& row : turned)
    for (T& v : row) v = 77;
  cpu::detail::turn<T, N, K, K, width>(dense[0], turned[0]);
  for (const auto& row : turned)
    for (int n = N; n < width; ++n) CHECK(row[n] == 77);
  cpu::detail::RowProduct<T, N, K, width, 1>::run(x, turned[0], z);
  is_sum();
}
}  // namespace

TEST_CASE("every size of the edges") {
  compare<float, 1, 2>();
  compare<float, 7, 8>();
  compare<float, 9, 17>();
  compare<float, 21, 5>();
  compare<float, 19, 4>();
  compare<float, 64, 64>();
  compare<float, 150, 2>();
  compare<float, 48, 8>();
  compare<float, 128, 33>();
  compare<double, 3, 3>();
  compare<double, 8, 21>();
}

TEST_CASE("the plan knows them, and their epilogue runs once") {
  auto net = [](auto x, auto w, auto b, auto v) { return linear(tanh(linear(x, w, b)), v); };
  using P = Code<decltype(net), F<1, 12>, F<36, 12>, F<36>, F<5, 36>>;
  static_assert(P::plan.steps == 2 && detail::has_cpu_kernels);
#if !defined(ETCH_CPU_EIGEN)
  static_assert(cpu::detail::is_row_product(P::plan.step[0], P::plan.access) && cpu::detail::is_row_product(P::plan.step[1], P::plan.access));
#endif
  check(net, filled<F<1, 12>>(), filled<F<36, 12>>(), filled<F<36>>(), filled<F<5, 36>>());
  auto two = [](auto x, auto w) { return linear(x, w); };
  using Q = Code<decltype(two), F<2, 12>, F<36, 12>>;
  static_assert(!cpu::detail::is_row_product(Q::plan.step[0], Q::plan.access));
}

TEST_CASE("products of one size have each the loop behind it") {
  auto net = [](auto x, auto w, auto v, auto b) { return results(sigmoid(linear(x, w)) * 2, linear(x, v, b) > 0, softmax<1>(linear(x, v)), tanh(linear(x, w + v)), linear(x, w)); };
  check(net, filled<F<1, 12>>(), filled<F<37, 12>>(), filled<F<37, 12>>(-2, 1, 5), filled<F<37>>());
  using P = Code<decltype(net), F<1, 12>, F<37, 12>, F<37, 12>, F<37>>;
  for (int s = 0; s < P::plan.steps; ++s)
    if (cpu::product_way(P::plan.step[s], P::plan.access) == cpu::ProductWay::row) CHECK((P::table.kernel[s] == nullptr));  // it is part of the product
}

#if !defined(ETCH_CPU_EIGEN)
TEST_CASE("a program names the tiles and inner products that its sizes may ask for") {
  auto product = [](auto x, auto w) { return matmul(x, w); };
  auto parts = []<class P>(P) { return cpu::detail::parts_of<float>(P::plan); };
  using Wide = Code<decltype(product), F<64, 512>, F<512, 64>>;
  static_assert(parts(Wide{}).tiles == cpu::detail::tiles_of<float>(64, 64, 512, false) && parts(Wide{}).parts == cpu::detail::unit_of<float>(64, 64, 512));
  static_assert((parts(Wide{}).tiles & cpu::detail::tile_bit(2, 2)) == 0);
  static_assert(parts(Code<decltype(product), F<64, 12>, F<12, 64>>{}).tiles == 0);  // fits the first cache
  auto narrow = [](auto x, auto w) { return linear(x, w); };  // two columns, as inner products
  static_assert(parts(Code<decltype(narrow), F<640, 12>, F<2, 12>>{}).parts == cpu::detail::part_dots);
#if ETCH_AMX
  const auto unit = [](bool near, bool rows, bool cols) { return cpu::detail::PartSet{1} << (cpu::detail::unit_parts + cpu::detail::amx::place_of(near, rows, cols)); };
  static_assert(cpu::detail::unit_of<float>(64, 64, 120) == unit(true, true, true));  // whole blocks of 32
  static_assert(cpu::detail::unit_of<float>(784, 256, 64) == (unit(false, true, true) | unit(false, false, true)));  // and 16 rows more, too large for the second cache
  static_assert(cpu::detail::unit_of<float>(80, 80, 2000) == cpu::detail::all_unit);  // of which a half of the terms is near
#endif
  auto vector = [](auto x, auto w) { return matmul(t(x), w); };
  using Vector = Code<decltype(vector), F<12, 64>, F<12>>;
  static_assert(cpu::product_way(Vector::plan.step[0], Vector::plan.access) == cpu::ProductWay::column && parts(Vector{}).tiles == 0);
}
#endif

TEST_CASE("a program finds its operands when they move") {
  auto f = [](auto x, auto w) { return linear(x, w) + 1; };
  auto p = compile<F<1, 4>, F<3, 4>>(f);
  const auto w = filled<F<3, 4>>();
  F<1, 4> a = filled<F<1, 4>>(), b = filled<F<1, 4>>(-1, 1, 3);
  const auto of = [&](const F<1, 4>& x) {
    F<1, 3> y;
    for (int n = 0; n < 3; ++n) {
      double sum = 1;
      for (int k = 0; k < 4; ++k) sum += static_cast<double>(x.data()[k]) * static_cast<double>(w.data()[n * 4 + k]);
      y.data()[n] = static_cast<float>(sum);
    }
    return y;
  };
  for (const auto* x : {&a, &a, &b, &a, &b}) {
    const auto& y = p(*x, w);
    const auto expected = of(*x);
    for (int n = 0; n < 3; ++n) CHECK(y.data()[n] == doctest::Approx(expected.data()[n]).epsilon(1e-5));
  }
}

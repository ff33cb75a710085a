// A transposed matrix times a vector: sizes around vectors and around eight rows, steps, several at once, threads.
#include <program.hpp>

#include <etch/cpu/column_product.hpp>

#include <limits>
#include <vector>

using namespace etch;
using namespace test;

namespace {
template <class T>
void compare(std::int64_t n, std::int64_t k) {
  const std::int64_t step = n + 3, by = 2;
  std::vector<T> x(static_cast<std::size_t>(k * step + 1), std::numeric_limits<T>::infinity()), w(static_cast<std::size_t>(k * by + 1)), y(static_cast<std::size_t>(n + 1), T(77));
  for (std::int64_t r = 0; r < k; ++r) {
    w[static_cast<std::size_t>(r * by)] = static_cast<T>(r % 7 - 3);
    for (std::int64_t i = 0; i < n; ++i) x[static_cast<std::size_t>(r * step + i)] = static_cast<T>((r * 5 + i * 3) % 11 - 5);
  }
  cpu::detail::column_product<T>({n, k, x.data(), step, w.data(), by, y.data()});
  bool right = true;
  for (std::int64_t i = 0; i < n; ++i) {
    T sum = 0;
    for (std::int64_t r = 0; r < k; ++r) sum += w[static_cast<std::size_t>(r * by)] * x[static_cast<std::size_t>(r * step + i)];
    right = right && y[static_cast<std::size_t>(i)] == sum;  // small integers: exact in any order
  }
  CAPTURE(n);
  CAPTURE(k);
  CHECK(right);
  CHECK(y[static_cast<std::size_t>(n)] == 77);
}
}  // namespace

TEST_CASE("every size of the edges") {
  for (const std::int64_t n : {0, 1, 7, 8, 9, 16, 33})
    for (const std::int64_t k : {0, 1, 7, 8, 9, 16, 21}) {
      compare<float>(n, k);
      compare<double>(n, k);
    }
  const int threads = cpu::num_threads();
  cpu::set_num_threads(3);
  compare<float>(1003, 600);
  cpu::set_num_threads(threads);
}

TEST_CASE("what is a product with a transposed matrix goes there") {
  check([](auto a, auto v, auto w) { return results(bmm(transpose<1, 2>(a), v), mv(t(reshape<18, 5>(a)), w)); }, filled<F<2, 9, 5>>(), filled<F<2, 9, 1>>(), filled<F<18>>());
}

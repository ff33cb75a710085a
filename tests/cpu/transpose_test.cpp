#include <etch/etch.hpp>

#include <doctest/doctest.h>

using namespace etch;

namespace {
/// y[i, j, k] = x[i * a + j * b + k * c] wherever y lies in blocks and beside them.
template <class Y, class X>
bool is_moved(const Y& y, const X& x, int a, int b, int c) {
  bool same = true;
  for (int i = 0; i < y.size(0); ++i)
    for (int j = 0; j < y.size(1); ++j)
      for (int k = 0; k < y.size(2); ++k) same = same && y(i, j, k) == x.data()[i * a + j * b + k * c];
  return same;
}
template <class T, auto... D>
Tensor<T, D...> numbered() {
  Tensor<T, D...> x;
  for (std::int64_t i = 0; i < x.numel(); ++i) x.data()[i] = static_cast<T>(i * 7 % 1009);
  return x;
}
}  // namespace

TEST_CASE("copies that turn lines into columns, in blocks and what is left beside them") {
  const auto x = numbered<float, 3, 19, 26>();
  Tensor<float, 3, 26, 19> last = transpose<1, 2>(x);
  CHECK(is_moved(last, x, 19 * 26, 1, 26));
  Tensor<float, 26, 3, 19> first = permute<2, 0, 1>(x);
  CHECK(is_moved(first, x, 1, 19 * 26, 26));
  Tensor<float, 19, 26, 3> to_last = permute<1, 2, 0>(x);  // short rows: written a column at a time
  CHECK(is_moved(to_last, x, 26, 1, 19 * 26));
  const auto z = numbered<float, 11, 9, 40>();
  Tensor<float, 9, 40, 11> ten = permute<1, 2, 0>(z);
  CHECK(is_moved(ten, z, 40, 1, 9 * 40));
  const auto i = numbered<std::int32_t, 1, 17, 33>();
  Tensor<std::int32_t, 1, 33, 17> turned = transpose<1, 2>(i);
  CHECK(is_moved(turned, i, 0, 1, 33));
}

TEST_CASE("a matrix assigned to itself transposed") {
  auto x = numbered<float, 24, 24>();
  const Tensor<float, 24, 24> before = clone(x);
  x = t(x);
  bool same = true;
  for (int i = 0; i < 24; ++i)
    for (int j = 0; j < 24; ++j) same = same && x(i, j) == before(j, i);
  CHECK(same);
}

// A window of pooling as the argument of its node.
#include <etch/graph/pool.hpp>

#include <doctest/doctest.h>

using etch::detail::PoolWindow;

TEST_CASE("a window is its argument and back") {
  constexpr PoolWindow w{{{3, 2, 1, 1}, {255, 4, 7, 254}}};
  static_assert(w.fits());
  constexpr PoolWindow same = PoolWindow::of(w.arg());
  for (int i = 0; i < 2; ++i) {
    CHECK(same.axis[i].kernel == w.axis[i].kernel);
    CHECK(same.axis[i].stride == w.axis[i].stride);
    CHECK(same.axis[i].dilation == w.axis[i].dilation);
    CHECK(same.axis[i].before == w.axis[i].before);
  }
}

TEST_CASE("what a byte does not hold does not fit, and only 2 x 2 side by side are pairs") {
  CHECK(!PoolWindow{{{256, 2, 1, 0}, {2, 2, 1, 0}}}.fits());
  CHECK(!PoolWindow{{{2, 2, 1, 0}, {2, 2, 1, 256}}}.fits());
  CHECK(PoolWindow{{{2, 2, 1, 0}, {2, 2, 1, 0}}}.pairs());
  CHECK(!PoolWindow{{{2, 2, 1, 0}, {2, 1, 1, 0}}}.pairs());
  CHECK(!PoolWindow{{{2, 2, 1, 1}, {2, 2, 1, 0}}}.pairs());
}

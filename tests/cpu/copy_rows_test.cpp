// Rows copied as bytes: every length around the sizes of vectors, to another place and to their own, and nothing beside them.
#include <etch/cpu/copy_rows.hpp>

#include <algorithm>
#include <vector>

#include <doctest/doctest.h>

using namespace etch;

TEST_CASE("every length") {
  constexpr std::int64_t rows = 3, gap = 5;
  std::vector<std::int64_t> lengths{2047, 4095, 4096, 4097, 5000};
  for (std::int64_t n = 0; n <= 8 * ETCH_VECTOR_BYTES + 1; ++n) lengths.push_back(n);
  for (const std::int64_t n : lengths) {
    std::vector<char> x(static_cast<std::size_t>(rows * (n + gap))), y(static_cast<std::size_t>(rows * (n + 2 * gap)), char(-1));
    for (std::size_t i = 0; i < x.size(); ++i) x[i] = static_cast<char>(i % 101);
    cpu::detail::copy_rows(x.data(), n + gap, y.data(), n + 2 * gap, rows, n);
    bool right = true, beside = true;
    for (std::int64_t r = 0; r < rows; ++r)
      for (std::int64_t k = 0; k < n + 2 * gap; ++k) {
        const char is = y[static_cast<std::size_t>(r * (n + 2 * gap) + k)];
        if (k < n) right = right && is == x[static_cast<std::size_t>(r * (n + gap) + k)];
        else beside = beside && is == char(-1);
      }
    CAPTURE(n);
    CHECK(right);
    CHECK(beside);
    const std::vector<char> before = x;
    cpu::detail::copy_rows(x.data(), n + gap, x.data(), n + gap, rows, n);
    CHECK(x == before);
    if (n > 0) {
      cpu::detail::copy_rows(x.data(), 0, y.data(), n, 2, n);  // one row, again and again
      CHECK(std::equal(x.data(), x.data() + n, y.data() + n));
    }
  }
}

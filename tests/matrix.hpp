// What tests ask of matrices whose every element a function says.
#pragma once

namespace test {

/// How many elements differ from expected(row, column).
template <class Y, class F>
int wrong(const Y& y, F expected) {
  int n = 0;
  for (int i = 0; i < y.size(0); ++i)
    for (int j = 0; j < y.size(1); ++j) n += y(i, j) != expected(i, j);
  return n;
}

}  // namespace test

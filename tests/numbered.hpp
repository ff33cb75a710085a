// Numbers that a test and the script which made its expected values can both write down.
#pragma once

namespace test {

/// x_i = (((i + 17 k) 37 + 11) mod 101 - 50) / 64, exact in any floating dtype.
template <class X>
void number(X& x, int k) {
  for (int i = 0; i < static_cast<int>(x.numel()); ++i) x.data()[i] = ((((i + 17 * k) * 37 + 11) % 101) - 50) / 64.;
}
template <class X>
X numbered(int k) {
  X x;
  number(x, k);
  return x;
}

}  // namespace test

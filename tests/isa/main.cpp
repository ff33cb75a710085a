// Runs the work of both objects; they must agree, and must not share a namespace unless they are for one machine.
#include "result.hpp"

#include <cmath>
#include <cstdio>

Result work_base();
Result work_native();

int main() {
  const Result base = work_base(), native = work_native();
  std::printf("%s: %.9g\n%s: %.9g\n", base.abi, base.value, native.abi, native.value);
  const bool agree = std::abs(base.value - native.value) <= 1e-4 * (1 + std::abs(base.value));
  if (!agree) std::puts("isa: the two instruction sets must give one result");
  return agree ? 0 : 1;
}

// expect: tahn
// sizes: tahn
// max-lines: g++ 40 clang++ 24 nvcc 70
#include <etch/etch.hpp>

using namespace etch;

void mistake(const Tensor<float, 3, 4>& x) { auto [value, gradient] = value_and_grad([](auto x) { return sum(tahn(x)); })(x); }

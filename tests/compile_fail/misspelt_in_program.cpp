// expect: tahn
// sizes: tahn
// max-lines: g++ 20 clang++ 24 nvcc 40
#include <etch/etch.hpp>

using namespace etch;

void mistake(const Tensor<float, 3, 4>& x) { compile([](auto x) { return tahn(x) + 1; }, x)(x); }

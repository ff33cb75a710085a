// expect: etch: trace: a tensor was captured by a traced function; pass it as an argument
// max-lines: g++ 60 clang++ 60 nvcc 60
// sizes: 33
#include <etch/etch.hpp>

using namespace etch;

Tensor<float, 33> weight;

auto mistake() {
  return compile<Tensor<float, 33>>([](auto x) { return x * weight; });
}

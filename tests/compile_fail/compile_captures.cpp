// expect: etch: compile: a traced function must have no captures; pass values as arguments
#include <etch/etch.hpp>

using namespace etch;

auto mistake(float scale) {
  return compile<Tensor<float, 33>>([scale](auto x) { return x * scale; });
}

// expect: etch: make: the size that a lazy layer takes must be static
#include <etch/etch.hpp>
using namespace etch;

struct Length : dyn<8> {};

int main() {
  Tensor<float, 2, Length{}> x(8);
  auto model = make<nn::LazyLinear<4>>(Generator{0}, x);
}

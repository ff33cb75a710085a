// expect: etch: local_response_norm: the input must be [N, C, sizes..]
#include <etch/etch.hpp>
using namespace etch;

int main() {
  Tensor<float, 2, 6> x;
  auto y = local_response_norm<3>(x);
}

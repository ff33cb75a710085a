// expect: etch: cross_entropy: targets must be int64 or uint8
#include <etch/etch.hpp>
using namespace etch;

int main() {
  Tensor y = cross_entropy(Tensor<float, 2, 3>{}, Tensor<std::int32_t, 2>{});
}

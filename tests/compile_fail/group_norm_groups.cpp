// expect: etch: group_norm: the groups must divide the channels
#include <etch/etch.hpp>
using namespace etch;

int main() {
  Tensor<float, 2, 6, 8, 8> x;
  auto y = group_norm<4>(x);
}

// expect: etch: svd: the operand must hold matrices of static size
// sizes: 3
#include <etch/etch.hpp>

int main() {
  etch::Tensor y = etch::svdvals(etch::Tensor<float, 3>{});
}

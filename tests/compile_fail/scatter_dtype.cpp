// expect: etch: scatter: the values must have the dtype of the input
// sizes: double float
#include <etch/etch.hpp>

int main() {
  etch::Tensor y = etch::scatter<0>(etch::Tensor<double, 3, 5>{}, etch::Tensor<int, 2, 2>{}, etch::Tensor<float, 2, 5>{});
}

// expect: etch: cov: there must be one weight for each observation
// sizes: 4 5
#include <etch/etch.hpp>

int main() {
  etch::Tensor y = etch::cov(etch::Tensor<float, 2, 5>{}, 1, etch::Tensor<int, 4>{});
}

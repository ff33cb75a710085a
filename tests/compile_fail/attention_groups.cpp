// expect: etch: scaled_dot_product_attention: the heads of q must divide into those of k
#include <etch/etch.hpp>
using namespace etch;

int main() {
  Tensor<float, 1, 4, 5, 2> q;
  Tensor<float, 1, 3, 5, 2> k;
  Tensor<float, 1, 4, 5, 2> y = scaled_dot_product_attention<false, 0.0, true>(q, k, k);
}

// expect: etch: scaled_dot_product_attention: q, k and v must be [.., time, features]
#include <etch/etch.hpp>
using namespace etch;

int main() {
  Tensor<float, 8> x;
  Tensor<float, 8> y = scaled_dot_product_attention(x, x, x);
}

// expect: etch: scaled_dot_product_attention: q [B, H, T, D], k [B, H, S, D] and v [B, H, S, E] must agree
// sizes: 64 65
#include <etch/etch.hpp>

using namespace etch;

auto mistake() {
  return scaled_dot_product_attention(Tensor<float, 2, 3, 9, 64>{}, Tensor<float, 2, 3, 9, 65>{}, Tensor<float, 2, 3, 9, 65>{});
}

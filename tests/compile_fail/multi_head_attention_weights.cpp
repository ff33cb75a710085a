// expect: etch: multi_head_attention_forward: it takes in_proj_weight, or q_proj_weight, k_proj_weight and v_proj_weight, and out_proj_weight
#include <etch/etch.hpp>
using namespace etch;
int main() {
  Tensor<float, 3, 2, 4> x;
  Tensor<float, 12, 4> w;
  multi_head_attention_forward<2>(x, x, x, in_proj_weight(w));
}

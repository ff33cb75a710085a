// expect: etch: multi_head_attention_forward: query, key and value must be [time, batch, width], or [time, width]
#include <etch/etch.hpp>
using namespace etch;
int main() {
  Tensor<float, 3, 2, 4> x;
  Tensor<float, 12, 4> w;
  Tensor<float, 4, 4> o;
  multi_head_attention_forward<2>(x, x, Tensor<float, 3, 4>{}, in_proj_weight(w), out_proj_weight(o));
}

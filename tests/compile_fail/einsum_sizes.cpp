// expect: etch: einsum: sizes of one label must agree or be 1
// sizes: 37 41
#include <etch/etch.hpp>

using namespace etch;

auto mistake() { return einsum<"ij,jk->ik">(Tensor<float, 2, 37>{}, Tensor<float, 41, 4>{}); }

// expect: etch: diag_embed: the new axes must be in range and differ
// sizes: 7 33
#include <etch/etch.hpp>

using namespace etch;

auto mistake() { return diag_embed<0, 1, 1>(Tensor<float, 7, 33>{}); }

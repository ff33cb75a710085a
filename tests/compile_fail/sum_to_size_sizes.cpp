// expect: etch: sum_to_size: each size must be 1 or the input's, and there must be no more of them
// sizes: 33 34
#include <etch/etch.hpp>

using namespace etch;

auto mistake() { return sum_to_size<34>(Tensor<float, 7, 33>{}); }

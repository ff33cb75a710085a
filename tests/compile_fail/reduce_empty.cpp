// expect: etch: reduce: an empty axis has no largest and no smallest element
// sizes: 0
#include <etch/etch.hpp>

using namespace etch;

auto mistake() { return max<1>(Tensor<float, 7, 0>{}); }

// expect: etch: expand: sizes must agree or be 1
// sizes: 33 34
#include <etch/etch.hpp>

using namespace etch;

auto mistake() { return expand<7, 34>(Tensor<float, 7, 33>{}); }

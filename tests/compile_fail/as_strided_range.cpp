// expect: etch: as_strided: there must be a stride for every size, none negative, and all elements exist
// sizes: 7 33
#include <etch/etch.hpp>

using namespace etch;

auto mistake() { return as_strided<ints<232>, ints<1>>(Tensor<float, 7, 33>{}); }

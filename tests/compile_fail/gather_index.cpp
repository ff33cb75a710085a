// expect: etch: gather: the index must have the rank of the input and fit within its other sizes
// sizes: 33 34
#include <etch/etch.hpp>

using namespace etch;

auto mistake() { return gather<1>(Tensor<float, 33, 5>{}, Tensor<std::int64_t, 34, 5>{}); }

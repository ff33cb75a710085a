// expect: etch: scatter: the index must have the rank of the input and fit within it and the values
// sizes: 33 34
#include <etch/etch.hpp>

using namespace etch;

auto mistake() { return scatter_add<1>(Tensor<float, 33, 5>{}, Tensor<std::int64_t, 34, 5>{}, Tensor<float, 34, 5>{}); }

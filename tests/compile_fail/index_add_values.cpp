// expect: etch: index_reduce: the values must have the input's sizes, along the axis that of the index
// sizes: 33 34
#include <etch/etch.hpp>

using namespace etch;

auto mistake() { return index_add<0>(Tensor<float, 7, 33>{}, Tensor<std::int64_t, 3>{}, Tensor<float, 3, 34>{}); }

// expect: etch: index_fill: a real tensor cannot hold a complex value
#include <etch/etch.hpp>

using namespace etch;

auto mistake() { return index_fill<0>(Tensor<float, 3>{}, Tensor<std::int64_t, 1>{}, Tensor<complex64>{}); }

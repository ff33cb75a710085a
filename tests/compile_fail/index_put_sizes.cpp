// expect: etch: index_put: the values must broadcast to what the indices name
#include <etch/etch.hpp>

using namespace etch;

auto mistake() { return index_put(Tensor<float, 5>{}, indices(Tensor<std::int64_t, 1>{}), Tensor<float, 1, 5>{}); }

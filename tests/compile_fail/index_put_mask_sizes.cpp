// expect: etch: index_put: the values must broadcast to what the indices name
#include <etch/etch.hpp>

using namespace etch;

auto mistake() { return index_put(Tensor<float, 5, 4>{}, indices(Tensor<bool, 5>{}), Tensor<float, 3>{}); }

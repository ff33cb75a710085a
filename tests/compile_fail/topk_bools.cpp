// expect: etch: topk: the dtype must not be bool
#include <etch/etch.hpp>

using namespace etch;

auto mistake() { return topk<2>(Tensor<bool, 3>{}); }

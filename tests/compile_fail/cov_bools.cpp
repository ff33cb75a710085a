// expect: etch: cov: the dtype must not be bool
#include <etch/etch.hpp>

using namespace etch;

auto mistake() { return corrcoef(Tensor<bool, 2, 3>{}); }

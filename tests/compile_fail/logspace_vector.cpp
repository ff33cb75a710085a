// expect: etch: logspace: start, end and base must have no dimensions
#include <etch/etch.hpp>

using namespace etch;

auto mistake() { return logspace<float, 5>(Tensor<float, 3>{}, 2.0, 10); }

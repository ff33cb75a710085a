// expect: etch: trapezoid: positions must not have more dimensions than the samples
#include <etch/etch.hpp>

using namespace etch;

auto mistake() { return cumulative_trapezoid(Tensor<float, 3>{}, Tensor<float, 2, 3>{}); }

// expect: etch: normal: the deviation must be real
#include <etch/etch.hpp>

using namespace etch;

auto mistake() { return normal(Tensor<float, 3>{}, Tensor<complex64, 3>{}); }

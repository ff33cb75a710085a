// expect: etch: rad2deg: an angle is no complex number
#include <etch/etch.hpp>

using namespace etch;

auto mistake() { return rad2deg(Tensor<complex64, 3>{}); }

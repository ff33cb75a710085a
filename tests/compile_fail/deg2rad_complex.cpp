// expect: etch: deg2rad: an angle is no complex number
#include <etch/etch.hpp>

using namespace etch;

auto mistake() { return deg2rad(Tensor<complex64, 3>{}); }

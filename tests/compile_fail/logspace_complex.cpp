// expect: etch: logspace: between complex numbers the dtype must be complex
#include <etch/etch.hpp>

using namespace etch;

auto mistake() { return logspace<float, 3>(Tensor<complex64>{}, Tensor<float>{}, 2.0); }

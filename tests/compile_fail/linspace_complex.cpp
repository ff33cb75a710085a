// expect: etch: linspace: between complex numbers the dtype must be complex
#include <etch/etch.hpp>

using namespace etch;

auto mistake() { return linspace<float, 3>(Tensor<complex64>{}, Tensor<float>{}); }

// expect: etch: cauchy: the dtype must be floating
#include <etch/etch.hpp>

using namespace etch;

auto mistake() { return cauchy(Tensor<complex64, 3>{}); }

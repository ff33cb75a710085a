// expect: etch: bernoulli: the dtype must be real
#include <etch/etch.hpp>

using namespace etch;

auto mistake() { return bernoulli(Tensor<complex64, 3>{}, 0.5); }

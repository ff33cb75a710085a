// expect: etch: randint_like: the dtype must be real
#include <etch/etch.hpp>

using namespace etch;

auto mistake() { return randint_like(Tensor<complex64, 3>{}, 5); }

// expect: etch: geometric: the dtype must be real and not bool
#include <etch/etch.hpp>

using namespace etch;

auto mistake() { return geometric(Tensor<bool, 3>{}, 0.5); }

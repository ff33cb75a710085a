// expect: etch: uniform: the dtype must be floating or complex
#include <etch/etch.hpp>

using namespace etch;

auto mistake() { return uniform(Tensor<int, 3>{}); }

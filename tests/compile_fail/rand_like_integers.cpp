// expect: etch: rand_like: the dtype must be floating or complex
#include <etch/etch.hpp>

using namespace etch;

auto mistake() { return rand_like(Tensor<int, 3>{}); }

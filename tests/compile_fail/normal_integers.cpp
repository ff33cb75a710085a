// expect: etch: normal: the dtype must be floating or complex
#include <etch/etch.hpp>

using namespace etch;

auto mistake() { return [] { Tensor<int, 3> x; normal_(x, 0, 1); return 0; }(); }

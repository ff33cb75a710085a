// expect: etch: randn_like: the dtype must be floating or complex
#include <etch/etch.hpp>

using namespace etch;

auto mistake() { return randn_like<int>(Tensor<float, 3>{}); }

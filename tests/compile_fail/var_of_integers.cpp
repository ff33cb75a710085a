// expect: etch: var: the dtype must be floating
#include <etch/etch.hpp>

using namespace etch;

auto mistake() { return var<1>(Tensor<std::int64_t, 7, 33>{}); }

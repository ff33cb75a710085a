// expect: etch: log_normal: the dtype must be floating
#include <etch/etch.hpp>

using namespace etch;

auto mistake() { return log_normal(Tensor<int, 3>{}); }

// expect: etch: quantile: the dtype must be floating
#include <etch/etch.hpp>

using namespace etch;

auto mistake() { return quantile<1>(Tensor<std::int64_t, 7, 33>{}, 0.5); }

// expect: etch: addcdiv: one of what is divided must be floating
#include <etch/etch.hpp>

using namespace etch;

auto mistake() { return addcdiv(Tensor<float, 3>{}, Tensor<int, 3>{}, Tensor<int, 3>{}); }

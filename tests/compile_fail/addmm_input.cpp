// expect: etch: addmm: the input must broadcast to the sizes of the product
#include <etch/etch.hpp>

using namespace etch;

auto mistake() { return addmm(Tensor<float, 3>{}, Tensor<float, 2, 3>{}, Tensor<float, 3, 4>{}); }

// expect: etch: item: the expression must hold one element
// sizes: 33
#include <etch/etch.hpp>

using namespace etch;

float mistake() { return (Tensor<float, 33>{} * 2).item(); }

// expect: etch: assign: the sizes of the expression must be the tensor's
// sizes: 33 34
#include <etch/etch.hpp>

using namespace etch;

void mistake(Tensor<float, 33>& x, const Tensor<float, 34>& y) { x = y * 2; }

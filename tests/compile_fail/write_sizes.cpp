// expect: etch: assign: the sizes of the expression must be the view's, or broadcast to them
// sizes: 33 34
#include <etch/etch.hpp>

using namespace etch;

void mistake(Tensor<float, 7, 33>& x) { x(1, every) = Tensor<float, 34>{}; }

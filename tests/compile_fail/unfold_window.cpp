// expect: etch: unfold: the window must fit into an axis of static size, and the step be positive
// sizes: 33 40
#include <etch/etch.hpp>

using namespace etch;

auto mistake() { return unfold<1, 40, 1>(Tensor<float, 7, 33>{}); }

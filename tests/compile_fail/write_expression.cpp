// expect: etch: assign: only a tensor or a view of one can be written to
#include <etch/etch.hpp>

using namespace etch;

void mistake(const Tensor<float, 33>& x) { x + x = x; }

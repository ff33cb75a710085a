// expect: etch: chunk: the axis must divide into equal parts
// sizes: 33
#include <etch/etch.hpp>

using namespace etch;

auto mistake() { return chunk<1, 4, 0>(Tensor<float, 7, 33>{}); }

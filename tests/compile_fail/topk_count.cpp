// expect: etch: topk: k must be at most the size of the axis
// sizes: 34
#include <etch/etch.hpp>

using namespace etch;

auto mistake() { return topk<34>(Tensor<float, 7, 33>{}); }

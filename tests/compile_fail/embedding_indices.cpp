// expect: etch: embedding: indices must be integers
// sizes: 33
#include <etch/etch.hpp>

using namespace etch;

auto mistake() { return embedding(Tensor<float, 33>{}, Tensor<float, 10, 4>{}); }

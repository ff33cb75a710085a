// expect: etch: product: mm takes matrices
#include <etch/etch.hpp>

using namespace etch;

auto mistake() { return mm(Tensor<float, 3>{}, Tensor<float, 3, 4>{}); }

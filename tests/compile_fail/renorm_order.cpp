// expect: etch: renorm: the order must be positive
#include <etch/etch.hpp>

using namespace etch;

auto mistake() { return renorm<0, ord<-1>>(Tensor<float, 3, 3>{}, 1.0); }

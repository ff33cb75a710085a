// expect: etch: scan: axis out of range
// sizes: -3
#include <etch/etch.hpp>

using namespace etch;

auto mistake() { return sort<-3>(Tensor<float, 7, 33>{}); }

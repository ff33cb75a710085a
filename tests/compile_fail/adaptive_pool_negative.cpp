// expect: etch: adaptive_pool: the input must be
#include <etch/etch.hpp>

using namespace etch;

auto mistake() { return adaptive_avg_pool1d<-1>(Tensor<float, 2, 6, 8>{}); }

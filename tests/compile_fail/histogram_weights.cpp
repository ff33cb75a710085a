// expect: etch: histogram: there must be a weight for each point
#include <etch/etch.hpp>

using namespace etch;

auto mistake() { return histogramdd<2, 2>(weighted(Tensor<float, 5, 2>{}, Tensor<float, 4>{})); }

// expect: etch: histogramdd: the points must be [..., D], with one vector of edges or one number of bins for each of D
#include <etch/etch.hpp>

using namespace etch;

auto mistake() { return histogramdd(Tensor<float, 7, 3>{}, Tensor<float, 4>{}, Tensor<float, 4>{}); }

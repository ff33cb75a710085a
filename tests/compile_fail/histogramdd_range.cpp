// expect: etch: histogramdd: a range is two numbers for each dimension
#include <etch/etch.hpp>

using namespace etch;

auto mistake() { return histogramdd<3, 2>(Tensor<float, 5, 2>{}, 0, 1); }

// expect: etch: cross_entropy: a class to ignore needs targets that are classes
#include <etch/etch.hpp>

using namespace etch;

auto mistake() { return cross_entropy<Reduction::mean, 0>(Tensor<float, 4, 3>{}, Tensor<float, 4, 3>{}); }

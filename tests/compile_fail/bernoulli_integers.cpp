// expect: etch: bernoulli: probabilities must be floating
#include <etch/etch.hpp>

using namespace etch;

auto mistake() { return bernoulli(Tensor<int, 3>{}); }

// expect: etch: parametrizations: the axis must be one of the weight's
#include <etch/etch.hpp>
using namespace etch;
void f() { make<nn::WeightNorm<nn::Linear<3, 4>, 2>>(); }

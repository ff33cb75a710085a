// expect: etch: parametrizations: the layer must have a parameter named weight
#include <etch/etch.hpp>
using namespace etch;
void f() { make<nn::WeightNorm<nn::Sequential<nn::Linear<3, 4>>>>(); }

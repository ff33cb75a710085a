// expect: etch: complex: the parts must have one dtype
#include <etch/etch.hpp>

using namespace etch;

auto mistake() { return real(complex(Tensor<float, 3>{}, Tensor<double, 3>{})); }

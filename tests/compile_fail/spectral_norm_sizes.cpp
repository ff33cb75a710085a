// expect: etch: spectral_norm: u must have the size of the axis, v that of the others together
#include <etch/etch.hpp>
using namespace etch;
void f(Tensor<float, 3, 4> w, Tensor<float, 4> v) { nn::utils::spectral_norm(w, v, v); }

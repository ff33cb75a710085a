// expect: etch: spectral_norm: the weight must be at least a matrix that has the axis, u and v vectors
#include <etch/etch.hpp>
using namespace etch;
void f(Tensor<float, 3> w) { nn::utils::spectral_norm(w, w, w); }

// expect: etch: einsum: the equation must name every axis of every operand
#include <etch/etch.hpp>

using namespace etch;

auto mistake() { return einsum<"ij,jk->il">(Tensor<float, 2, 3>{}, Tensor<float, 3, 4>{}); }

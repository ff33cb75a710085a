// expect: etch: backward: nothing in the expression is a Var
#include <etch/etch.hpp>

using namespace etch;

auto mistake() { return backward(sum(Tensor<float, 2>{})); }

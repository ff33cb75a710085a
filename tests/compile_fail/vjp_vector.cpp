// expect: etch: vjp: the last argument must have the shape of the function's result
#include <etch/etch.hpp>

using namespace etch;

auto mistake() { return vjp([](auto x) { return sum(x); })(Tensor<float, 2>{}, Tensor<float, 2>{}); }

// expect: etch: jvp: a direction must have the shape of its argument
#include <etch/etch.hpp>

using namespace etch;

auto mistake() { return jvp([](auto x) { return x * 2; })(Tensor<float, 2>{}, Tensor<float, 3>{}); }

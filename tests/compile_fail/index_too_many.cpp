// expect: etch: index: more indices than axes
#include <etch/etch.hpp>

using namespace etch;

auto mistake(const Tensor<float, 33>& x) { return x(every, newaxis, every); }

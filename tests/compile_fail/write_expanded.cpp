// expect: etch: assign: an expanded view has one element in several places, so it cannot be written to
#include <etch/etch.hpp>

using namespace etch;

void mistake(const Tensor<float, 33>& x) { expand<7, 33>(x) = 1; }

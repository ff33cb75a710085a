// expect: etch: in_place: the result's kind (bool, integer, floating, complex) must not be above the tensor's
#include <etch/etch.hpp>

using namespace etch;

void mistake(Tensor<std::int32_t, 33>& x) { x += 1.5f; }

// expect: etch: index: an index tensor must hold integers; masks go to masked_select and masked_fill
#include <etch/etch.hpp>

using namespace etch;

auto mistake(const Tensor<float, 33>& x) { return x(Tensor<bool, 33>{}); }

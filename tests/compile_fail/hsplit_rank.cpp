// expect: etch: split: hsplit needs 1 dimension, vsplit 2, dsplit 3
// sizes: 33
#include <etch/etch.hpp>

using namespace etch;

auto mistake() { return vsplit<3>(Tensor<float, 33>{}); }

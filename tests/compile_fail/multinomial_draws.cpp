// expect: etch: multinomial: without replacement there are at most as many draws as categories
// sizes: 33 34
#include <etch/etch.hpp>

using namespace etch;

auto mistake() { return multinomial<34>(Tensor<float, 33>{}); }

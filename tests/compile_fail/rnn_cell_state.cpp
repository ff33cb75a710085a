// expect: etch: RNN: the state must have a row for each of the input
#include <etch/etch.hpp>

using namespace etch;

auto mistake() { return Tensor(make<nn::RNNCell<10, 20>>(Generator{0})(Tensor<float, 3, 10>{}, Tensor<float, 3, 1, 1, 20>{})); }

// expect: etch: unpad_sequence: there must be one length for each sequence of [time, batch, ..]
#include <etch/etch.hpp>
using namespace etch;
void f(Tensor<float, 5, 3> x, Tensor<std::int64_t, 2> lengths) { nn::utils::unpad_sequence(x, lengths); }

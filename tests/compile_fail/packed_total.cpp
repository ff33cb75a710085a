// expect: etch: pad_packed_sequence: the total length must be at least the number of steps
#include <etch/etch.hpp>
using namespace etch;
int main() {
  nn::utils::pad_packed_sequence<false, 3>(nn::utils::pack_padded_sequence(Tensor<float, 4, 3, 2>{}, Tensor<std::int64_t, 3>{}));
}

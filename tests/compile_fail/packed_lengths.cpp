// expect: etch: pack_padded_sequence: there must be one length for each sequence of [time, batch, ..]
#include <etch/etch.hpp>
using namespace etch;
int main() {
  nn::utils::pack_padded_sequence(Tensor<float, 4, 3, 2>{}, Tensor<std::int64_t, 4>{});
}

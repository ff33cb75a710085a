// expect: etch: pack_padded_sequence: lengths must be integers
#include <etch/etch.hpp>
using namespace etch;
int main() {
  nn::utils::pack_padded_sequence(Tensor<float, 4, 3, 2>{}, Tensor<float, 3>{});
}

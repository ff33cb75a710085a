// expect: etch: margin_ranking_loss: inputs and target must have one rank
#include <etch/etch.hpp>
using namespace etch;

int main() {
  Tensor y = margin_ranking_loss(Tensor<float, 3, 1>{}, Tensor<float, 3>{}, Tensor<float, 3>{});
}

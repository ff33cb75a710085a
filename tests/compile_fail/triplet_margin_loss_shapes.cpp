// expect: etch: triplet_margin_loss: anchor, positive and negative must have one rank and sizes that agree
#include <etch/etch.hpp>
using namespace etch;

int main() {
  Tensor<float, 4, 5> x;
  Tensor<float, 4, 6> n;
  Tensor<float> y = triplet_margin_loss(x, x, n);
}

// expect: etch: triplet_margin_with_distance_loss: the distance must have no captures
#include <etch/etch.hpp>
using namespace etch;

int main() {
  Tensor<float, 4, 5> x;
  float k = 2;
  Tensor<float> y = triplet_margin_with_distance_loss(x, x, x, [k](auto a, auto b) { return sum<-1>(abs(a - b)) * k; });
}

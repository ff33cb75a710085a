// expect: etch: loss: batchmean is a reduction of kl_div only
#include <etch/etch.hpp>
using namespace etch;

int main() {
  Tensor<float, 4, 5> x;
  Tensor<float> y = l1_loss<Reduction::batchmean>(x, x);
}

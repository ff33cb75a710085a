// expect: etch: ctc_loss: the blank must be one of the classes
#include <etch/etch.hpp>
using namespace etch;

int main() {
  Tensor<float, 5, 3, 4> x;
  Tensor<std::int64_t, 3> n;
  Tensor<std::int64_t, 3, 2> y;
  Tensor<float> loss = ctc_loss<Reduction::mean, 4>(x, y, n, n);
}

// expect: etch: embedding_bag: indices must be integers [bags, length], or [indices] with offsets
#include <etch/etch.hpp>
using namespace etch;

int main() {
  Tensor<float, 2, 3> i;
  Tensor<float, 5, 2> w;
  Tensor<float, 2, 2> y = embedding_bag(i, w);
}

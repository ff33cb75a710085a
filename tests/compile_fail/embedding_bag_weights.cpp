// expect: etch: embedding_bag: only sums take a weight for each index
#include <etch/etch.hpp>
using namespace etch;

int main() {
  Tensor<std::int64_t, 2, 3> i;
  Tensor<float, 2, 3> s;
  Tensor<float, 5, 2> w;
  Tensor<float, 2, 2> y = embedding_bag(i, w, s);
}

// expect: etch: embedding_bag: indices in one line need offsets
#include <etch/etch.hpp>
using namespace etch;

int main() {
  Tensor<std::int64_t, 3> i;
  Tensor<float, 5, 2> w;
  Tensor<float, 2, 2> y = embedding_bag(i, w);
}

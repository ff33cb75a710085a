// expect: etch: embedding_bag: the weight must be [rows, columns]
#include <etch/etch.hpp>
using namespace etch;

int main() {
  Tensor<std::int64_t, 2, 3> i;
  Tensor<float, 5> w;
  Tensor<float, 2> y = embedding_bag(i, w);
}

// expect: etch: embedding: padding_idx must be one of the rows
#include <etch/etch.hpp>
using namespace etch;
int main() {
  Tensor<float, 2, 3> y = embedding<padding_idx<-5>>(Tensor<std::int64_t, 2>{}, Tensor<float, 4, 3>{});
}

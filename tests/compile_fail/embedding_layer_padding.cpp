// expect: etch: embedding: padding_idx must be one of the rows
#include <etch/etch.hpp>
using namespace etch;

int main() {
  auto m = make<nn::Embedding<4, 3, float, padding_idx<-5>>>(Generator{0});
  (void)m;
}

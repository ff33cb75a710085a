// expect: etch: tensor: sizes must not be negative
#include <etch/etch.hpp>
using namespace etch;

int main() {
  auto m = make<nn::Embedding<-1, 3>>(Generator{0});
  (void)m;
}

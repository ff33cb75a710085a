// expect: etch: batch_norm: eps must be positive
#include <etch/etch.hpp>
using namespace etch;

int main() {
  auto m = make<nn::BatchNorm1d<10, eps<0.0>>>(Generator{0});
  (void)m;
}

// expect: etch: Bilinear: the first input must have features
#include <etch/etch.hpp>
using namespace etch;

int main() {
  auto m = make<nn::Bilinear<0, 1, 1>>(Generator{0});
  (void)m;
}

// expect: etch: hardtanh: the least value must be below the greatest
#include <etch/etch.hpp>
using namespace etch;

int main() {
  auto m = make<nn::Hardtanh<1.0, -1.0>>(Generator{0});
  (void)m;
}

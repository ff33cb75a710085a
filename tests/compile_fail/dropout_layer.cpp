// expect: etch: dropout: the probability must lie between 0 and 1
#include <etch/etch.hpp>
using namespace etch;

int main() {
  auto m = make<nn::Dropout<1.5>>(Generator{0});
  (void)m;
}

// expect: etch: rrelu: the lower bound must be at most the upper bound
#include <etch/etch.hpp>
using namespace etch;

int main() {
  auto m = make<nn::RReLU<1.0, 0.0>>(Generator{0});
  (void)m;
}

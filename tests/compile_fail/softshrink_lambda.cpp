// expect: etch: softshrink: lambda must not be negative
#include <etch/etch.hpp>
using namespace etch;

int main() {
  auto m = make<nn::Softshrink<-1.0>>(Generator{0});
  (void)m;
}

// expect: etch: group_norm: the groups must divide the channels
#include <etch/etch.hpp>
using namespace etch;

int main() {
  auto m = make<nn::GroupNorm<5, 13>>(Generator{0});
  (void)m;
}

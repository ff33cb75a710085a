// expect: etch: conv: a transposed convolution is padded with zeros
#include <etch/etch.hpp>
using namespace etch;

int main() {
  auto m = make<nn::ConvTranspose2d<2, 2, 3, PadMode::reflect>>();
}

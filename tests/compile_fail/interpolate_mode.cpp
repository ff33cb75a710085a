// expect: etch: interpolate: the input must be [N, C, sizes..] as the mode wants
#include <etch/etch.hpp>
using namespace etch;

int main() {
  Tensor<float, 2, 6, 8, 8> x;
  auto y = interpolate<Resample::trilinear, output_size<4>>(x);
}

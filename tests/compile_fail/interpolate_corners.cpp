// expect: etch: interpolate: align_corners is for linear, bilinear, trilinear and bicubic
#include <etch/etch.hpp>
using namespace etch;

int main() {
  Tensor<float, 2, 6, 8, 8> x;
  auto y = interpolate<Resample::nearest, output_size<4>, align_corners>(x);
}

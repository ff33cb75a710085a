// expect: etch: interpolate: antialias is for bilinear and bicubic
#include <etch/etch.hpp>
using namespace etch;
int main() {
  Tensor<float, 1, 1, 2, 2> y = interpolate<Resample::nearest, output_size<2>, antialias>(Tensor<float, 1, 1, 4, 4>{});
}

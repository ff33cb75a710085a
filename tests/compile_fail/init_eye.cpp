// expect: etch: init: eye_ fills a matrix
#include <etch/etch.hpp>
using namespace etch;

int main() {
  Tensor<float, 3> x;
  nn::init::eye_(x);
}

// expect: etch: init: fans need a weight of at least two dimensions
#include <etch/etch.hpp>
using namespace etch;

int main() {
  Tensor<float, 8> x;
  Generator generator{0};
  nn::init::xavier_uniform_(x, generator);
}

// expect: etch: axes and sizes: they are template arguments
#include <etch/etch.hpp>
using namespace etch;

int main() {
  Tensor<float, 2, 6> x;
  Tensor<float, 7> y = softmax(x);
}

// expect: etch: init: the dtype must be floating
#include <etch/etch.hpp>
using namespace etch;

int main() {
  Tensor<std::int64_t, 8> x;
  Generator generator{0};
  nn::init::normal_(x, generator);
}

// expect: etch: Repeat: the module must return the shape it is given
#include <etch/etch.hpp>
using namespace etch;

struct Halve {
  nn::Linear<8, 8> fc;
  ETCH_MODULE(fc)
  constexpr auto forward(auto x) const { return mean<0>(fc(x)); }
};

int main() {
  auto model = make<nn::Repeat<Halve, 2>>();
  Tensor<float, 3, 4, 8> x;
  Tensor<float, 8> y = model(x);
}

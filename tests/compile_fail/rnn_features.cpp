// expect: etch: RNN: the input must have as many features as the layer takes
// sizes: 7 8
#include <etch/etch.hpp>
using namespace etch;

struct Net {
  nn::LSTM<8, 16> lstm;
  ETCH_MODULE(lstm)
  constexpr auto forward(auto x) const { return lstm(x).template get<0>(); }
};

int main() {
  auto model = make<Net>();
  Tensor<float, 5, 2, 7> x;
  Tensor<float, 5, 2, 16> y = model(x);
}

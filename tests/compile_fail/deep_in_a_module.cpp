// expect: etch: matmul: inner sizes must agree
// sizes: 784 512
#include <etch/etch.hpp>

using namespace etch;

struct Line {
  Param<float, 10, 784> weight;
  Param<float, 10> bias;
  ETCH_MODULE(weight, bias)
  constexpr auto forward(auto x) const { return linear(x, weight, bias); }
};
struct Deep {
  Line line;
  ETCH_MODULE(line)
  constexpr auto forward(auto x) const { return line(relu(x)); }
};

void mistake(const Tensor<float, 64, 512>& x) {
  auto model = make<Deep>();
  Tensor y = model(x);
}

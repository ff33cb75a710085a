// expect: Line
#include <etch/etch.hpp>

using namespace etch;

struct Line {
  Param<float, 10, 784> weight;
  Param<float, 10> bias;
  ETCH_MODULE(weight, bias)
  constexpr auto forward(auto x) const { return linear(x, weight, bias); }
};

void mistake() { Line line; }

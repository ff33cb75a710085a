// expect: etch: make: ETCH_MODULE must list every member, in order
// sizes: Line
#include <etch/etch.hpp>

using namespace etch;

struct Line {
  Param<float, 10, 784> weight;
  Param<float, 10> bias;
  ETCH_MODULE(weight)
  constexpr auto forward(auto x) const { return linear(x, weight, bias); }
};

void mistake() { make<Line>(); }

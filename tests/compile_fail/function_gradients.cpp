// expect: etch: Function: backward must return one gradient for each argument
#include <etch/etch.hpp>

using namespace etch;

struct Wrong : Function<Wrong> {
  static constexpr auto forward(auto x, auto w) { return x * w; }
  static constexpr auto backward(auto, auto dy) { return dy; }
};
auto mistake() { return grad([](auto x) { return sum(Wrong::apply(x, x)); })(Tensor<float, 2>{}); }

// expect: etch: parameters_to_vector: all parameters must have one dtype
#include <etch/etch.hpp>
using namespace etch;
struct Net {
  nn::Linear<2, 2> a;
  nn::Linear<2, 2, true, double> b;
  ETCH_MODULE(a, b)
  constexpr auto forward(auto x) const { return x; }
};
int main() { nn::utils::parameters_to_vector(make<Net>()); }

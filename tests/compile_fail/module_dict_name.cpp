// expect: etch: ModuleDict: there must be a module of this name
#include <etch/etch.hpp>
using namespace etch;
struct Net {
  nn::ModuleDict<nn::Entry<"left", nn::ReLU>> parts;
  ETCH_MODULE(parts)
  constexpr auto forward(auto x) const { return parts.get<"right">()(x); }
};
void f(Tensor<float, 3> x) { make<Net>()(x); }

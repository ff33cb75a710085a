// expect: etch: nonzero: the size of the result depends on values, so it has no place in a traced function
#include <etch/etch.hpp>

using namespace etch;

constexpr auto f = [](auto x) { return sum(nonzero(x)); };
auto mistake() { return compile<Tensor<float, 33>>(f); }

// expect: etch: unpad_sequence: the sizes of its results depend on values, so it has no place in a traced function
#include <etch/etch.hpp>
using namespace etch;
void f() { compile<Tensor<float, 5, 3>, Tensor<std::int64_t, 3>>([](auto x, auto lengths) { nn::utils::unpad_sequence(x, lengths); return x; }); }

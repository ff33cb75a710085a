// expect: etch: KeyValueCache: keys and values must be [batch, heads, time, features], as the cache and no longer
#include <etch/etch.hpp>
using namespace etch;
void f(Tensor<float, 1, 2, 5, 4> x) { make<nn::KeyValueCache<1, 2, 4, 4>>()(x, x, x); }

// expect: etch: embedding: the table must be a matrix
#include <etch/etch.hpp>

using namespace etch;

auto mistake() { return embedding(Tensor<std::int64_t, 3>{}, Tensor<float, 10, 2, 4>{}); }

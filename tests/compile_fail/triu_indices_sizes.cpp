// expect: etch: triu_indices: rows and columns must not be negative
#include <etch/etch.hpp>

using namespace etch;

auto mistake() { return triu_indices<3, -1>(); }

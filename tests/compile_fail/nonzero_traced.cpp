// expect: etch: nonzero: the size of the result depends on values, so it has no place in a traced function
#include <etch/etch.hpp>

using namespace etch;

auto mistake(Tracer<float, 33> x) { return nonzero(x); }

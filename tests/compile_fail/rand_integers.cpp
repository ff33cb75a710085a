// expect: etch: rand: the dtype must be floating or complex
#include <etch/etch.hpp>

using namespace etch;

auto mistake() { return rand<int, 3>(); }

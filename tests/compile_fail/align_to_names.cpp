// expect: etch: align_to: every axis must have a name, and be named once
#include <etch/etch.hpp>

using namespace etch;

struct Rows : dim<3> {};

auto mistake() { return align_to<Rows{}>(Tensor<float, Rows{}, 4>{}); }

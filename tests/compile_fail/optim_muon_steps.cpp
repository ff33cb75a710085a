// expect: etch: Muon: the number of steps must be below 100
#include <etch/etch.hpp>
using namespace etch;

auto mistake() { return optim::ns_steps<100>(optim::Muon{}); }

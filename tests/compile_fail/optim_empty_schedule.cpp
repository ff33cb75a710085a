// expect: etch: ChainedScheduler: at least one schedule
#include <etch/etch.hpp>
using namespace etch;

void mistake() { optim::ChainedScheduler<> none; }

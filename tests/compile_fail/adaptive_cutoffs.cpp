// expect: etch: AdaptiveLogSoftmaxWithLoss: cutoffs must increase from 1 to less than the classes, and leave each cluster a feature
#include <etch/etch.hpp>
using namespace etch;
constexpr auto size = sizeof(nn::AdaptiveLogSoftmaxWithLoss<8, 10, ints<3, 10>{}>);

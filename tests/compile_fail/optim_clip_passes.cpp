// expect: etch: clip_grad_norm: this optimizer makes several passes; call nn::utils::clip_grad_norm_ between backward and update
#include <etch/etch.hpp>
using namespace etch;

auto mistake() { return optim::clip_grad_norm(optim::Adafactor{}, 1.0); }

// What an optimizer's options must be: said once, when a training step is made of it.
//
//   etch: optim: an option must not be negative; got lr = -0.1
#pragma once

#include <etch/core/error.hpp>

#include <cstdio>

namespace etch {
inline namespace ETCH_ABI {
namespace optim {
namespace detail {

/// `got lr = -0.1`, for a message.
ETCH_NOINLINE inline Message option_text(const char* name, double value) {
  char number[32];
  std::snprintf(number, sizeof number, "%.6g", value);
  return Message{} << "got " << name << " = " << number;
}

ETCH_NOINLINE inline void not_negative(const char* name, double value) {
  if (!(value >= 0)) fail("optim", "an option must not be negative", option_text(name, value));
}
ETCH_NOINLINE inline void positive(const char* name, double value) {
  if (!(value > 0)) fail("optim", "an option must be positive", option_text(name, value));
}
ETCH_NOINLINE inline void below_one(const char* name, double value) {
  if (!(value >= 0 && value < 1)) fail("optim", "an option must be at least 0 and below 1", option_text(name, value));
}
ETCH_NOINLINE inline void fraction(const char* name, double value) {
  if (!(value >= 0 && value <= 1)) fail("optim", "an option must lie between 0 and 1", option_text(name, value));
}

/// What Adam and its relatives ask.
template <class O>
void check_adam(const O& o) {
  not_negative("lr", o.lr);
  not_negative("eps", o.eps);
  below_one("betas[0]", o.betas[0]);
  below_one("betas[1]", o.betas[1]);
  not_negative("weight_decay", o.weight_decay);
}

}  // namespace detail
}  // namespace optim
}  // namespace ETCH_ABI
}  // namespace etch

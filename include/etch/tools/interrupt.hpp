// Ctrl-C as a question that a loop asks: the first one lets it leave in order, a second one does not wait.
#pragma once

#include <etch/core/config.hpp>

#include <csignal>

namespace etch {
inline namespace ETCH_ABI {
namespace tools {
namespace detail {
inline volatile std::sig_atomic_t interrupts = 0;
}

/// From here on the first SIGINT or SIGTERM is only noted.
inline void note_interrupts() {
  struct sigaction action = {};
  action.sa_handler = [](int) { detail::interrupts = 1; };
  action.sa_flags = static_cast<int>(SA_RESETHAND);
  ::sigaction(SIGINT, &action, nullptr);
  ::sigaction(SIGTERM, &action, nullptr);
}
/// Whether one has been noted.
inline bool interrupted() { return detail::interrupts != 0; }

}  // namespace tools
}  // namespace ETCH_ABI
}  // namespace etch

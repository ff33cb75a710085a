// Text as a template argument: `einsum<"ij,jk->ik">(a, b)`.
#pragma once

#include <etch/core/config.hpp>

namespace etch {
inline namespace ETCH_ABI {

/// The characters of a literal.
template <int N>
struct Text {
  char at[N]{};
  static constexpr int size = N - 1;
  constexpr Text(const char (&literal)[N]) {
    for (int i = 0; i < N; ++i) at[i] = literal[i];
  }
};

}  // namespace ETCH_ABI
}  // namespace etch

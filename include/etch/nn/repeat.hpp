// Repeat: N modules of one type, applied one after another; members "0" .. "N-1", as those of a ModuleList.
#pragma once

#include <etch/model/module.hpp>

namespace etch {
inline namespace ETCH_ABI {

/// Carries what a module is given and what it returns.
template <class In, class Out>
struct repeated {
  static constexpr bool same = std::is_same_v<In, Out>;
};

namespace nn {

/// y = M_{N-1}(.. M_1(M_0(x))); the type of M's call is worked out once, however large N is.
template <class M, int N>
struct Repeat {
  static_assert(N >= 1, "etch: Repeat: at least one module");
  M item[N];

  static constexpr const char* etch_names = "#";
  constexpr auto operator()(const auto& x) const { return forward(x); }
  // By index: nvcc does not take a range-for over a prototype's array for a constant.
  constexpr void etch_members(auto&& f) const {
    for (int i = 0; i < N; ++i) f(item[i]);
  }
  constexpr void etch_members(auto&& f) {
    for (int i = 0; i < N; ++i) f(item[i]);
  }

  constexpr auto forward(auto x) const {
    auto y = item[0](x);
    if constexpr (N > 1) {
      using Loop = repeated<decltype(y), decltype(item[1](y))>;
      static_assert(Loop::same, "etch: Repeat: the module must return the shape it is given");
      if constexpr (Loop::same)
        for (int i = 1; i < N; ++i) y = item[i](y);
    }
    return y;
  }
  constexpr const M& operator[](int i) const { return item[i]; }
  constexpr M& operator[](int i) { return item[i]; }
};

}  // namespace nn
}  // namespace ETCH_ABI
}  // namespace etch

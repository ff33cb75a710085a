// What `x(every, 1)` traces to: index 0 of the axes that are fixed, whose offset is already in the pointer.
#pragma once

#include <etch/expr/lazy.hpp>

namespace etch {
inline namespace ETCH_ABI {
namespace detail {

constexpr std::int64_t index_or_zero(Every) { return 0; }
constexpr std::int64_t index_or_zero(std::int64_t i) { return i; }

template <class X, bool... Keep>
struct picked {
  static constexpr Dims make() {
    constexpr bool keep[] = {Keep...};
    const Dims x = X::dims(0);
    Dims r;
    for (int i = 0; i < x.rank; ++i)
      if (keep[i]) r.push(x[i]);
    return r;
  }
  static constexpr Dims value = make();
};

/// Keeps the axes marked, takes the first element of the others.
template <bool... Keep>
struct pick_fn {
  template <class X>
  constexpr auto operator()(X x) const {
    using Rule = picked<X, Keep...>;
    using R = result_of<typename X::value_type, Rule, X>;
    constexpr bool keep[] = {Keep...};
    Builder& b = *x.builder;
    int n = x.id;
    for (int i = 0; i < X::rank; ++i)
      if (!keep[i]) n = b.slice(n, i, 0, 1, 1);
    return R{&b, b.reshape(n, b.shape_of(Rule::value))};
  }
};

}  // namespace detail
}  // namespace ETCH_ABI
}  // namespace etch

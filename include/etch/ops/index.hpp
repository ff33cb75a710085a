// Lookup by index: rows of a table, and the scatter that is its gradient.
#pragma once

#include <etch/expr/lazy.hpp>
#include <etch/ops/reduce.hpp>

namespace etch {
inline namespace ETCH_ABI {

namespace detail {
template <class X, class I>
struct taken {
  static constexpr Dims make() {
    Dims r = I::dims(X::rank);
    const Dims x = X::dims(0);
    for (int i = 1; i < x.rank; ++i) r.push(x[i]);
    return r;
  }
  static constexpr Dims value = make();
};
}  // namespace detail

/// y[i.., c] = table[index[i..], c]; an index outside [0, V) is an error at run time.
struct embedding_fn {
  template <class I, class X>
  constexpr auto operator()(I index, X table) const {
    constexpr bool integral = is_integral(dtype_of<typename I::value_type>);
    static_assert(integral, "etch: embedding: indices must be integers");
    using Rule = detail::taken<detail::tracer_of<X>, detail::tracer_of<I>>;
    auto& b = *table.builder;
    return result_of<typename X::value_type, Rule, X, I>{&b, b.take(table.id, b.cast(index.id, DType::int64))};
  }
};
namespace detail {
/// The rows of a matrix.
struct matrix_rows_fn {
  template <class I, class X>
  constexpr auto operator()(I index, X table) const {
    constexpr bool matrix = X::rank == 2;
    if constexpr (!matrix) {
      static_assert(matrix, "etch: embedding: the table must be a matrix");
      return Poison{};
    } else {
      return embedding_fn{}(index, table);
    }
  }
};
}  // namespace detail
/// Rows of `table` [V, C] named by integer `index` [...], as torch.nn.functional.embedding.
template <Operand I, Operand X> constexpr auto embedding(const I& index, const X& table) { return apply<detail::matrix_rows_fn>(index, table); }

}  // namespace ETCH_ABI
}  // namespace etch

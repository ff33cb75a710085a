// Matrices: triangles and diagonals; grids and combinations of vectors.
#pragma once

#include <etch/ops/expand.hpp>
#include <etch/ops/join.hpp>

namespace etch {
inline namespace ETCH_ABI {

namespace detail {
/// A line of shape `like` with sizes of 1 but for one axis: 0, 1, 2, ... along it, everywhere else the same.
constexpr int iota_along(Builder& b, int axis, DType d, const Shape& like) {
  Shape line;
  line.rank = like.rank;
  for (int i = 0; i < like.rank; ++i) line.size[i] = i == axis ? like.size[i] : 1;
  return b.expand(b.reshape(b.iota(like.size[axis], d), line), like);
}

/// Of each matrix, the part on and below (Lower) or above the diagonal that lies K columns to the right; zeros elsewhere.
template <bool Lower, int K>
struct triangle_fn {
  template <class X>
  constexpr auto operator()(X x) const {
    constexpr bool matrices = X::rank >= 2;
    if constexpr (!matrices) {
      static_assert(matrices, "etch: tril: at least two dimensions");
      return Poison{};
    } else {
      Builder& b = *x.builder;
      const Shape s = b.shape(x.id);
      const int row = iota_along(b, s.rank - 2, DType::int32, s), column = iota_along(b, s.rank - 1, DType::int32, s);
      const int offset = b.map(Op::sub, DType::int32, column, row);
      const int kept = b.map(Lower ? Op::le : Op::ge, DType::boolean, offset, b.constant(K, DType::int32, s));
      X r = x;
      r.id = b.map(Op::where, b.dtype(x.id), kept, x.id, b.constant(0, b.dtype(x.id), s));
      return r;
    }
  }
};

/// x's last axis as the diagonal of the new axes A and B, zeros elsewhere.
template <class X, int Offset, int A, int B>
struct embedded_diagonal {
  static constexpr int rank = X::rank + 1;
  static constexpr int a = axis_of(A, rank), b = axis_of(B, rank);
  static constexpr bool two_axes = X::rank > 0 && a >= 0 && b >= 0 && a != b;
  static constexpr Dim last = two_axes ? X::dims(0)[X::rank - 1] : static_dim(0);
  static constexpr bool size_is_static = !last.bounded;
  static constexpr int size = last.size + (Offset < 0 ? -Offset : Offset);
  static constexpr int start = Offset < 0 ? -Offset * size : Offset;
  static constexpr Dims make() {
    Dims r;
    const Dims x = X::dims(0);
    int next = 0;
    for (int i = 0; two_axes && i < rank; ++i) r.push(i == a || i == b ? static_dim(size) : x[next++]);
    return r;
  }
  static constexpr Dims value = make();
};
template <int Offset, int A, int B>
struct diag_embed_fn {
  template <class X>
  constexpr auto operator()(X x) const {
    using Rule = embedded_diagonal<X, Offset, A, B>;
    if constexpr (!Rule::two_axes || !Rule::size_is_static) {
      static_assert(Rule::two_axes, "etch: diag_embed: the new axes must be in range and differ");
      static_assert(Rule::size_is_static, "etch: diag_embed: the last axis must have a static size");
      return Poison{};
    } else {
      Builder& b = *x.builder;
      Shape flat = b.shape(x.id), square = flat;
      flat.size[flat.rank - 1] = Rule::size * Rule::size;
      square.size[square.rank - 1] = square.size[square.rank] = Rule::size;
      ++square.rank;
      const int r = b.reshape(b.place(b.constant(0, b.dtype(x.id), flat), x.id, flat.rank - 1, Rule::start, Rule::size + 1), square);
      int order[max_rank]{};
      int next = 0;
      for (int i = 0; i < Rule::rank; ++i) order[i] = i == Rule::a ? Rule::rank - 2 : i == Rule::b ? Rule::rank - 1 : next++;
      return result_of<typename X::value_type, Rule, X>{&b, b.permute(r, order)};
    }
  }
};
template <int K>
struct diag_fn {
  template <class X>
  constexpr auto operator()(X x) const {
    constexpr bool vector_or_matrix = X::rank == 1 || X::rank == 2;
    if constexpr (!vector_or_matrix) {
      static_assert(vector_or_matrix, "etch: diag: the operand must have one or two dimensions");
      return Poison{};
    } else if constexpr (X::rank == 1) {
      return diag_embed_fn<K, 0, 1>{}(x);
    } else {
      return diagonal_fn<K, 0, 1>{}(x);
    }
  }
};
template <int K>
struct diagflat_fn {
  constexpr auto operator()(auto x) const { return diag_embed_fn<K, 0, 1>{}(flatten_fn<0, -1>{}(x)); }
};

/// Operand I of N vectors along axis I (xy: the first two exchanged) of the grid of all.
template <bool XY, class... X>
struct grid {
  static constexpr int count = sizeof...(X);
  static constexpr bool at_most_vectors = ((X::rank <= 1) && ...) && count <= max_rank;
  static constexpr int axis(int i) { return XY && count >= 2 && i < 2 ? 1 - i : i; }
  static constexpr Dims make() {
    const Dims all[] = {X::dims(0)...};
    Dims r;
    r.rank = count;
    for (int i = 0; i < count; ++i) {
      r[axis(i)] = all[i].rank == 0 ? static_dim(1) : all[i][0];
      r[axis(i)].source = -1;
    }
    return r;
  }
  static constexpr bool check() {
    const Dims all[] = {X::dims(0)...};
    bool ok = at_most_vectors;
    for (const Dims& d : all) ok = ok && (d.rank == 0 || !d[0].bounded);
    return ok;
  }
  static constexpr bool vectors_of_static_size = check();
  static constexpr Dims value = vectors_of_static_size ? make() : Dims{};
};
template <class Grid, int I>
struct grid_fn {
  template <class X>
  constexpr auto operator()(X x) const {
    Builder& b = *x.builder;
    const Shape to = b.shape_of(Grid::value);
    Shape line;
    line.rank = to.rank;
    for (int i = 0; i < to.rank; ++i) line.size[i] = i == Grid::axis(I) ? to.size[i] : 1;
    return result_of<typename X::value_type, Grid>{&b, b.expand(b.reshape(x.id, line), to)};
  }
};
template <class Grid, std::size_t... I, class... X>
constexpr auto make_grid(std::index_sequence<I...>, const X&... x) {
  return Values<decltype(apply<grid_fn<Grid, static_cast<int>(I)>>(x))...>{{{{apply<grid_fn<Grid, static_cast<int>(I)>>(x)}...}}};
}
struct cartesian_prod_fn {
  template <class X, std::size_t... I>
  static constexpr auto columns(std::index_sequence<I...>, auto... x) {
    return stack_fn<1>{}(flatten_fn<0, -1>{}(grid_fn<X, static_cast<int>(I)>{}(x))...);
  }
  template <class X, class... R>
  constexpr auto operator()(X x, R... rest) const {
    using Grid = grid<false, X, R...>;
    constexpr bool vectors = X::rank == 1 && ((R::rank == 1) && ...) && Grid::vectors_of_static_size;
    if constexpr (!vectors) {
      static_assert(vectors, "etch: cartesian_prod: the operands must be vectors of static size");
      return Poison{};
    } else if constexpr (sizeof...(R) == 0) {
      return x;
    } else {
      return columns<Grid>(std::index_sequence_for<X, R...>{}, x, rest...);
    }
  }
};

constexpr std::int64_t binomial(std::int64_t n, int r) {
  std::int64_t p = 1;
  for (int i = 0; i < r; ++i) p = p * (n - i) / (i + 1);
  return n < r ? 0 : p;
}
template <int N, int R>
struct choices {
  static constexpr Dims make() {
    Dims r;
    r.push(static_dim(static_cast<int>(binomial(N, R))));
    r.push(static_dim(R));
    return r;
  }
  static constexpr Dims value = make();
};
/// Row p holds the p-th choice of R elements in lexicographic order. Of the numbers below n, the first of choice p is
/// #{i : C(n, R) - C(n - 1 - i, R) <= p}; what is left of p chooses R - 1 of those after it. With repetition, choices
/// of n + R - 1 elements are made, and element k of them stands for itself less k.
template <int R, bool Repeat>
struct combinations_fn {
  template <class X>
  constexpr auto operator()(X x) const {
    constexpr bool vector = X::rank == 1 && R >= 1 && !X::dims(0)[0].bounded;
    if constexpr (!vector) {
      static_assert(vector, "etch: combinations: the operand must be a vector of static size, and at least one element be chosen");
      return Poison{};
    } else {
      constexpr int n = X::dims(0)[0].size + (Repeat && X::dims(0)[0].size > 0 ? R - 1 : 0);
      return rows<choices<n, R>>(x, n);
    }
  }
  /// C(m, r) of nodes.
  static constexpr Value choose(Value m, int r) {
    Value p = m;
    for (int i = 1; i < r; ++i) p = p * (m - i);
    double factorial = 1;
    for (int i = 2; i <= r; ++i) factorial *= i;
    return r > 1 ? p / p.number(factorial) : p;
  }
  template <class Rule, class X>
  static constexpr auto rows(X x, int n) {
    Builder& b = *x.builder;
    constexpr int count = Rule::value[0].size;
    Shape table, line, column;
    table.rank = 2;
    table.size[0] = count;
    table.size[1] = n;
    line.rank = 1;
    line.size[0] = count;
    column.rank = 2;
    column.size[0] = count;
    column.size[1] = 1;
    const DType d = DType::float64;  // exact below 2^53
    auto spread = [&](Value v) { return Value{&b, b.expand(b.reshape(v.id, column), table)}; };
    const Value i{&b, iota_along(b, 1, d, table)};
    Value left{&b, b.iota(count, d)};           // of p
    Value pool = Value{&b, b.constant(n, d, line)};  // how many elements come after the last one chosen
    int r = b.empty(b.shape_of(Rule::value), b.dtype(x.id));
    for (int k = 0; k < R; ++k) {
      const Value before = spread(choose(pool, R - k)) - choose(Value{&b, b.constant(n - 1, d, table)} - i, R - k);
      const Value passed = compare(Op::le, before, spread(left));
      const Value chosen{&b, b.reduce(Op::sum, passed.cast(d).id, 0b10)};
      left = left - (choose(pool, R - k) - choose(Value{&b, b.constant(n, d, line)} - chosen, R - k));
      pool = Value{&b, b.constant(n - 1, d, line)} - chosen;
      const int index = (Repeat ? chosen - k : chosen).cast(DType::int64).id;
      r = b.place(r, b.reshape(b.take(x.id, index), column), 1, k, 1);
    }
    return result_of<typename X::value_type, Rule>{&b, r};
  }
};
}  // namespace detail

/// The part of each matrix on and below the diagonal K columns to the right; zeros elsewhere.
template <int K = 0, Operand X> constexpr auto tril(const X& x) { return apply<detail::triangle_fn<true, K>>(x); }
template <int K = 0, Operand X> constexpr auto triu(const X& x) { return apply<detail::triangle_fn<false, K>>(x); }
/// The last axis as a diagonal, Offset columns to the right, of the new axes A and B.
template <int Offset = 0, int A = -2, int B = -1, Operand X> constexpr auto diag_embed(const X& x) { return apply<detail::diag_embed_fn<Offset, A, B>>(x); }
/// A matrix with x as its diagonal; of a matrix, its diagonal.
template <int K = 0, Operand X> constexpr auto diag(const X& x) { return apply<detail::diag_fn<K>>(x); }
template <int K = 0, Operand X> constexpr auto diagflat(const X& x) { return apply<detail::diagflat_fn<K>>(x); }
/// Which axis of a grid belongs to the first vector: 0, or 1 as in a picture.
enum class Indexing { ij, xy };
/// Every vector spread over the grid of all.
template <Indexing I = Indexing::ij, Operand... X>
constexpr auto meshgrid(const X&... x) {
  using Grid = detail::grid<I == Indexing::xy, traced<X>...>;
  static_assert(Grid::vectors_of_static_size, "etch: meshgrid: the operands must be vectors of static size");
  if constexpr (Grid::vectors_of_static_size) return detail::make_grid<Grid>(std::index_sequence_for<X...>{}, x...);
  else return Poison{};
}
/// All tuples of elements of the vectors, as rows.
template <Operand X, Operand... R> constexpr auto cartesian_prod(const X& x, const R&... rest) { return apply<detail::cartesian_prod_fn>(x, rest...); }
/// All choices of R elements of a vector in order, as rows; WithReplacement: an element may be chosen again.
template <int R = 2, bool WithReplacement = false, Operand X> constexpr auto combinations(const X& x) { return apply<detail::combinations_fn<R, WithReplacement>>(x); }

}  // namespace ETCH_ABI
}  // namespace etch

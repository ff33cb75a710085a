// Products over chosen axes: `tensordot<2>(a, b)`, `inner`, `vecdot`, `kron`, and chains of matrices.
#pragma once

#include <etch/graph/contraction.hpp>
#include <etch/ops/complex.hpp>
#include <etch/ops/contract.hpp>
#include <etch/ops/reduce.hpp>

namespace etch {
inline namespace ETCH_ABI {

/// A list of axes: `tensordot<Axes<0, 1>, Axes<2, 0>>(a, b)`.
template <int... A>
struct Axes {
  static constexpr int count = sizeof...(A);
};

namespace detail {

/// Which axes of A and B are summed over each other, and the shape that is left.
template <class A, class B, class AxesA, class AxesB>
struct tensordot_shape;
template <class A, class B, int... I, int... J>
struct tensordot_shape<A, B, Axes<I...>, Axes<J...>> {
  static constexpr bool valid() {
    if (sizeof...(I) != sizeof...(J)) return false;
    unsigned seen_a = 0, seen_b = 0;
    const int i[] = {I..., 0}, j[] = {J..., 0};
    for (std::size_t k = 0; k < sizeof...(I); ++k) {
      const int p = axis_of(i[k], A::rank), q = axis_of(j[k], B::rank);
      if (p < 0 || q < 0 || (seen_a >> p & 1) != 0 || (seen_b >> q & 1) != 0) return false;
      seen_a |= 1u << p;
      seen_b |= 1u << q;
    }
    return true;
  }
  static constexpr bool names_axes_in_pairs = valid();
  struct Result {
    Labelled a, b, out;
    Dims dims;
    int first = 0, second = 0;
    bool sizes_agree = true;
  };
  static constexpr Result make() {
    Result r;
    const Dims a = A::dims(0), b = B::dims(A::rank);
    const int i[] = {I..., 0}, j[] = {J..., 0};
    for (int k = 0; k < a.rank; ++k) r.a.push(k);
    for (int k = 0; k < b.rank; ++k) r.b.push(max_rank + k);
    for (std::size_t k = 0; names_axes_in_pairs && k < sizeof...(I); ++k) {
      const int p = axis_of(i[k], a.rank), q = axis_of(j[k], b.rank);
      r.b.label[q] = p;
      if (r.sizes_agree && !agree(a[p], b[q]) && !a[p].is(1) && !b[q].is(1)) {
        r.sizes_agree = false;
        r.first = a[p].size;
        r.second = b[q].size;
      }
    }
    if (!names_axes_in_pairs || a.rank + b.rank - 2 * static_cast<int>(sizeof...(I)) > max_rank) return r;
    for (int k = 0; k < a.rank; ++k)
      if (r.b.axis(k) < 0) {
        r.out.push(k);
        r.dims.push(a[k]);
      }
    for (int k = 0; k < b.rank; ++k)
      if (r.b.label[k] >= max_rank) {
        r.out.push(max_rank + k);
        r.dims.push(b[k]);
      }
    return r;
  }
  static constexpr Result result = make();
  static constexpr Dims value = result.dims;
};

template <int N, class A, class B, class I>
struct last_and_first;
template <int N, class A, class B, std::size_t... I>
struct last_and_first<N, A, B, std::index_sequence<I...>> {
  using last = Axes<(A::rank - N + static_cast<int>(I))...>;
  using first = Axes<static_cast<int>(I)...>;
};
}  // namespace detail

/// Carries the sizes of two axes that meet into the error message.
template <int A, int B, bool Agree>
struct paired_sizes {
  static constexpr bool agree = Agree;
};

template <class AxesA, class AxesB>
struct tensordot_fn {
  template <class A, class B>
  constexpr auto operator()(A x, B y) const {
    using Rule = detail::tensordot_shape<detail::tracer_of<A>, detail::tracer_of<B>, AxesA, AxesB>;
    using Sizes = paired_sizes<Rule::result.first, Rule::result.second, Rule::result.sizes_agree>;
    if constexpr (!Rule::names_axes_in_pairs) {
      static_assert(Rule::names_axes_in_pairs, "etch: tensordot: the axes of both operands must exist, once each, and be as many");
      return Poison{};
    } else if constexpr (!Sizes::agree) {
      static_assert(Sizes::agree, "etch: tensordot: sizes of axes that meet must agree or be 1");
      return Poison{};
    } else {
      constexpr DType d = detail::common_dtype<A, B>();
      auto& b = *x.builder;
      const detail::Autocasting none(b);  // autocast leaves it in its operands' dtype
      detail::Labelled operand[] = {Rule::result.a, Rule::result.b};
      operand[0].id = b.cast(x.id, d);
      operand[1].id = b.cast(y.id, d);
      return result_of<type_of<d>, Rule, A, B>{&b, detail::contraction(b, operand, 2, Rule::result.out.label, Rule::result.out.rank)};
    }
  }
};

namespace detail {
template <int N>
struct tensordot_count_fn {
  template <class A, class B>
  constexpr auto operator()(A x, B y) const {
    constexpr bool enough = N >= 0 && N <= A::rank && N <= B::rank;
    if constexpr (!enough) {
      static_assert(enough, "etch: tensordot: the axes of both operands must exist, once each, and be as many");
      return Poison{};
    } else {
      using Pairs = last_and_first<N, A, B, std::make_index_sequence<N>>;
      return tensordot_fn<typename Pairs::last, typename Pairs::first>{}(x, y);
    }
  }
};
struct inner_fn {
  template <class A, class B>
  constexpr auto operator()(A x, B y) const {
    if constexpr (A::rank == 0 || B::rank == 0) return x * y;
    else return tensordot_fn<Axes<-1>, Axes<-1>>{}(x, y);
  }
};
template <int Axis>
struct vecdot_fn {
  template <class A, class B>
  constexpr auto operator()(A x, B y) const {
    using Rule = broadcast<A, B>;
    if constexpr (!Rule::agree_or_are_one) {
      static_assert(Rule::agree_or_are_one, "etch: vecdot: sizes must agree or be 1");
      return Poison{};
    } else {
      const auto p = conj_fn{}(x) * y;
      using P = std::remove_cvref_t<decltype(p)>;
      constexpr int axis = axis_of(Axis, P::rank);
      if constexpr (axis < 0) {
        static_assert(axis >= 0, "etch: vecdot: axis out of range");
        return Poison{};
      } else {
        using R = reduced<P, 1u << axis, false>;
        return result_of<typename P::value_type, R, P>{p.builder, p.builder->reduce(Op::sum, p.id, 1u << axis)};
      }
    }
  }
};

template <class A, class B>
struct kron_shape {
  static constexpr Dims make() {
    const Dims a = A::dims(0), b = B::dims(A::rank);
    Dims r;
    r.rank = a.rank > b.rank ? a.rank : b.rank;
    for (int i = 0; i < r.rank; ++i) {
      const int ia = i - (r.rank - a.rank), ib = i - (r.rank - b.rank);
      r[i] = ia < 0 ? b[ib] : ib < 0 ? a[ia] : a[ia].is(1) ? b[ib] : b[ib].is(1) ? a[ia] : static_dim(a[ia].size * b[ib].size);
    }
    return r;
  }
  static constexpr Dims value = make();
};
/// y[i p, j q] = a[i, j] b[p, q], the blocks side by side; axes of size 1 need no axis of their own.
struct kron_fn {
  template <class A, class B>
  constexpr auto operator()(A x, B y) const {
    using Rule = kron_shape<tracer_of<A>, tracer_of<B>>;
    constexpr DType d = common_dtype<A, B>();
    Builder& b = *x.builder;
    const Shape sx = b.shape(x.id), sy = b.shape(y.id);
    Shape outer, inner, full;
    for (int i = 0; i < Rule::value.rank; ++i) {
      const int ix = i - (Rule::value.rank - sx.rank), iy = i - (Rule::value.rank - sy.rank);
      const int n = ix < 0 ? 1 : sx.size[ix], m = iy < 0 ? 1 : sy.size[iy];
      const bool both = n != 1 && m != 1;
      if (both || m == 1) {
        outer.size[outer.rank++] = n;
        inner.size[inner.rank++] = 1;
        full.size[full.rank++] = n;
      }
      if (both || m != 1) {
        outer.size[outer.rank++] = 1;
        inner.size[inner.rank++] = m;
        full.size[full.rank++] = m;
      }
    }
    const int p = b.map(Op::mul, d, b.expand(b.reshape(b.cast(x.id, d), outer), full), b.expand(b.reshape(b.cast(y.id, d), inner), full));
    return result_of<type_of<d>, Rule, A, B>{&b, b.reshape(p, b.shape_of(Rule::value))};
  }
};

/// The shape of a chain of products: the first operand may be a row, the last a column.
template <class... A>
struct chain_shape {
  static constexpr int count = sizeof...(A);
  struct Result {
    bool matrices = true;
    bool sizes_agree = true;
    int first = 0, second = 0;
    Dims dims;
  };
  static constexpr Result make() {
    Result r;
    int source = 0, i = 0;
    Dims d[count]{};
    ((d[i++] = A::dims(source), source += A::rank), ...);
    for (int k = 0; k < count; ++k) r.matrices = r.matrices && (d[k].rank == 2 || (d[k].rank == 1 && count > 1 && (k == 0 || k == count - 1)));
    if (!r.matrices) return r;
    for (int k = 0; k + 1 < count; ++k) {
      const Dim a = d[k][d[k].rank - 1], b = d[k + 1][0];
      if (r.sizes_agree && !agree(a, b)) {
        r.sizes_agree = false;
        r.first = a.size;
        r.second = b.size;
      }
    }
    if (d[0].rank == 2) r.dims.push(d[0][0]);
    if (d[count - 1].rank == 2) r.dims.push(d[count - 1][1]);
    return r;
  }
  static constexpr Result result = make();
  static constexpr Dims value = result.dims;
};
struct multi_dot_fn {
  template <class... A>
  constexpr auto operator()(A... x) const {
    using Rule = chain_shape<tracer_of<A>...>;
    using Sizes = paired_sizes<Rule::result.first, Rule::result.second, Rule::result.sizes_agree>;
    if constexpr (!Rule::result.matrices) {
      static_assert(Rule::result.matrices, "etch: multi_dot: operands must be matrices; the first and the last may be vectors");
      return Poison{};
    } else if constexpr (!Sizes::agree) {
      static_assert(Sizes::agree, "etch: multi_dot: sizes of axes that meet must agree");
      return Poison{};
    } else {
      constexpr DType d = common_dtype<A...>();
      constexpr int count = sizeof...(A);
      Builder& b = *builder_of(x...);
      const int ids[] = {x.id...};
      Labelled operand[count];
      Labelled out;
      for (int i = 0; i < count; ++i) {
        operand[i].id = b.cast(ids[i], d);
        if (i > 0 || b.shape(ids[i]).rank == 2) operand[i].push(i);
        if (i + 1 < count || b.shape(ids[i]).rank == 2) operand[i].push(i + 1);
      }
      if (operand[0].label[0] == 0) out.push(0);
      if (operand[count - 1].rank > 0 && operand[count - 1].label[operand[count - 1].rank - 1] == count) out.push(count);
      return result_of<type_of<d>, Rule, A...>{&b, contraction(b, operand, count, out.label, out.rank)};
    }
  }
};

}  // namespace detail

/// The product summed over the last N axes of a and the first N of b.
template <int N, Operand A, Operand B> constexpr auto tensordot(const A& a, const B& b) { return apply<detail::tensordot_count_fn<N>>(a, b); }
/// The product summed over pairs of axes: `tensordot<Axes<0, 1>, Axes<2, 0>>(a, b)`.
template <class AxesA, class AxesB, Operand A, Operand B> constexpr auto tensordot(const A& a, const B& b) { return apply<tensordot_fn<AxesA, AxesB>>(a, b); }
/// The product summed over the last axis of both.
template <Operand A, Operand B> constexpr auto inner(const A& a, const B& b) { return apply<detail::inner_fn>(a, b); }
/// sum(conj(a) b) along an axis, batches broadcast.
template <int Axis = -1, Operand A, Operand B> constexpr auto vecdot(const A& a, const B& b) { return apply<detail::vecdot_fn<Axis>>(a, b); }
/// The Kronecker product.
template <Operand A, Operand B> constexpr auto kron(const A& a, const B& b) { return apply<detail::kron_fn>(a, b); }
/// a b c ..., in the order that needs the fewest multiplications.
template <Operand... A>
  requires(sizeof...(A) >= 1 && sizeof...(A) <= detail::max_operands)
constexpr auto multi_dot(const A&... a) {
  return apply<detail::multi_dot_fn>(a...);
}
template <Operand... A>
  requires(sizeof...(A) >= 1 && sizeof...(A) <= detail::max_operands)
constexpr auto chain_matmul(const A&... a) {
  return apply<detail::multi_dot_fn>(a...);
}

}  // namespace ETCH_ABI
}  // namespace etch

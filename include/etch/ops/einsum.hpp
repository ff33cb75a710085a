// einsum: products and sums by named axes. `einsum<"bij,bjk->bik">(a, b)`; spaces mean nothing, `...` stands for the axes
// not named, and without `->` the result has the labels that stand once, in alphabetical order, after the axes of `...`.
#pragma once

#include <etch/core/text.hpp>
#include <etch/graph/contraction.hpp>
#include <etch/ops/pointwise.hpp>

namespace etch {
inline namespace ETCH_ABI {
namespace detail {

/// An equation for operands of known shapes: the label of every axis of every operand and of the result.
struct Equation {
  Labelled operand[max_operands]{};
  Labelled result;
  Dim size[64]{};
  bool reads = true;        ///< the equation and the operands' ranks fit together
  bool sizes_agree = true;  ///< axes of one label have one size, or 1
  int first = 0, second = 0;  ///< two sizes that do not

  static constexpr int ellipsis = 52;  ///< labels 52..: the axes of `...`, counted from the last

  static constexpr int label_of(char c) {
    if (c >= 'A' && c <= 'Z') return c - 'A';
    return c >= 'a' && c <= 'z' ? c - 'a' + 26 : -1;
  }
  /// One term from `at` to a comma, an arrow or the end; `rank` < 0: of a result, whose `...` has `hidden` axes.
  static constexpr Labelled term(const char*& at, int rank, int hidden, bool& ok) {
    Labelled r;
    int named = 0;
    for (const char* c = at; *c != '\0' && *c != ',' && *c != '-'; ++c) named += label_of(*c) >= 0 ? 1 : 0;
    if (rank >= 0) hidden = rank - named;
    bool dots = false;
    for (; *at != '\0' && *at != ',' && *at != '-'; ++at) {
      if (*at == ' ') continue;
      if (*at == '.' && at[1] == '.' && at[2] == '.' && !dots && hidden >= 0 && r.rank + hidden <= max_rank) {
        for (int i = hidden - 1; i >= 0; --i) r.push(ellipsis + i);
        dots = true;
        at += 2;
      } else if (label_of(*at) >= 0 && r.rank < max_rank) {
        r.push(label_of(*at));
      } else {
        ok = false;
      }
    }
    if (rank >= 0 && r.rank != rank) ok = false;
    return r;
  }
  constexpr Equation(const char* text, const Dims* dims, int count) {
    int uses[64]{};
    int hidden = 0;
    for (int i = 0; i < count; ++i) {
      operand[i] = term(text, dims[i].rank, 0, reads);
      if (i + 1 < count && *text++ != ',') {
        reads = false;
        return;
      }
      if (!reads) return;
      for (int k = 0; k < operand[i].rank; ++k) {
        const int l = operand[i].label[k];
        const Dim d = dims[i][k];
        if (l - ellipsis >= hidden) hidden = l - ellipsis + 1;
        if (uses[l]++ == 0 || size[l].is(1)) {
          bool twice = false;
          for (int j = 0; j < k; ++j) twice = twice || operand[i].label[j] == l;
          if (twice && !d.is(1)) disagree(size[l], d);
          size[l] = d;
        } else {
          bool twice = false;
          for (int j = 0; j < k; ++j) twice = twice || operand[i].label[j] == l;
          if (!agree(size[l], d) && (twice || !d.is(1))) disagree(size[l], d);
          else if (size[l].tag == 0 && !d.is(1)) size[l] = d;
        }
      }
    }
    if (*text == '-' && text[1] == '>') {
      text += 2;
      result = term(text, -1, hidden, reads);
      for (int i = 0; i < result.rank; ++i) {
        const int l = result.label[i];
        reads = reads && uses[l] > 0;
        for (int j = 0; j < i; ++j) reads = reads && result.label[j] != l;
      }
    } else {
      for (int i = hidden - 1; i >= 0; --i) result.push(ellipsis + i);
      for (int l = 0; l < ellipsis && result.rank < max_rank; ++l)
        if (uses[l] == 1) result.push(l);
    }
    reads = reads && *text == '\0';
  }
  constexpr void disagree(Dim a, Dim b) {
    if (!sizes_agree) return;
    sizes_agree = false;
    first = a.size;
    second = b.size;
  }
};

template <Text E, class... A>
struct einsum_shape {
  static constexpr Equation make() {
    int source = 0;
    Dims dims[sizeof...(A)]{};
    int i = 0;
    ((dims[i++] = A::dims(source), source += A::rank), ...);
    return Equation(E.at, dims, static_cast<int>(sizeof...(A)));
  }
  static constexpr Equation equation = make();
  static constexpr bool names_every_axis = equation.reads;
  static constexpr Dims sizes() {
    Dims r;
    for (int i = 0; i < equation.result.rank; ++i) r.push(equation.size[equation.result.label[i]]);
    return r;
  }
  static constexpr Dims value = sizes();
};
}  // namespace detail

/// Carries two sizes of one label into the error message.
template <int A, int B, bool Agree>
struct label_sizes {
  static constexpr bool agree = Agree;
};

namespace detail {
/// Whether a label of the first operand is not in the result.
template <class Equation>
constexpr bool sums(const Equation& e) {
  for (int i = 0; i < e.operand[0].rank; ++i) {
    bool kept = false;
    for (int k = 0; k < e.result.rank; ++k) kept = kept || e.result.label[k] == e.operand[0].label[i];
    if (!kept) return true;
  }
  return false;
}
}  // namespace detail

template <Text E>
struct einsum_fn {
  template <class... A>
  constexpr auto operator()(A... x) const {
    using Rule = detail::einsum_shape<E, detail::tracer_of<A>...>;
    using Sizes = label_sizes<Rule::equation.first, Rule::equation.second, Rule::equation.sizes_agree>;
    if constexpr (!Rule::names_every_axis) {
      static_assert(Rule::names_every_axis, "etch: einsum: the equation must name every axis of every operand, and the result's once each");
      return Poison{};
    } else if constexpr (!Sizes::agree) {
      static_assert(Sizes::agree, "etch: einsum: sizes of one label must agree or be 1");
      return Poison{};
    } else {
      constexpr int count = sizeof...(A);
      // a sum of one operand's integers is int64, as `sum`
      constexpr DType common = detail::common_dtype<A...>(), d = count == 1 && is_integral(common) && detail::sums(Rule::equation) ? DType::int64 : common;
      auto& b = *detail::builder_of(x...);
      const int ids[] = {x.id...};
      detail::Labelled operand[count];
      for (int i = 0; i < count; ++i) {
        operand[i] = Rule::equation.operand[i];
        operand[i].id = b.cast(ids[i], d);
      }
      return result_of<type_of<d>, Rule, A...>{&b, detail::contraction(b, operand, count, Rule::equation.result.label, Rule::equation.result.rank)};
    }
  }
};

/// Products and sums by labels, as torch.einsum: `einsum<"ij,jk->ik">(a, b)`, `einsum<"ii">(a)`, `einsum<"...i,...i">(a, b)`.
template <Text E, Operand... A>
  requires(sizeof...(A) >= 1 && sizeof...(A) <= detail::max_operands)
constexpr auto einsum(const A&... a) {
  return apply<einsum_fn<E>>(a...);
}

namespace detail {
struct bilinear_fn {
  template <class X1, class X2, class W, class... B>
  constexpr auto operator()(X1 x1, X2 x2, W weight, B... bias) const {
    if constexpr (all_half<X1, X2, W, B...>) {
      return rounded_once<typename X1::value_type, bilinear_fn>(x1, x2, weight, bias...);
    } else {
      const Autocasting none(*x1.builder);  // autocast leaves it in its operands' dtype
      return (einsum_fn<"...i,oij,...j->...o">{}(x1, weight, x2) + ... + bias);
    }
  }
};
}  // namespace detail
/// y[.., o] = sum_ij x1[.., i] W[o, i, j] x2[.., j] + b[o]
template <Operand A, Operand B, Operand W> constexpr auto bilinear(const A& x1, const B& x2, const W& weight) { return apply<detail::bilinear_fn>(x1, x2, weight); }
template <Operand A, Operand B, Operand W, Operand C>
constexpr auto bilinear(const A& x1, const B& x2, const W& weight, const C& bias) {
  return apply<detail::bilinear_fn>(x1, x2, weight, bias);
}

}  // namespace ETCH_ABI
}  // namespace etch

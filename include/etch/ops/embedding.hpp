// Rows of a table by index, with what torch.nn.functional.embedding is told beside: which row never learns, how long rows may be, and
// whether what is asked for often learns less each time.
//
//   y[.., c] = weight[ids[..], c] min(1, max_norm / |weight[ids[..]]|)      the gradient goes to the row that was read, as it is
//
// A row that is too long is shortened where it is read; `embedding_renorm_` shortens it in the table, and so does a module that trains.
#pragma once

#include <etch/ops/gather.hpp>
#include <etch/ops/index.hpp>
#include <etch/ops/norm.hpp>
#include <etch/ops/shape.hpp>

namespace etch {
inline namespace ETCH_ABI {

template <long long I>
struct PaddingIdx {};
/// The row that gets no gradient; negative ones count from the end.
template <long long I> inline constexpr PaddingIdx<I> padding_idx{};
template <double N>
struct MaxNorm {};
/// What a row's norm is cut down to when it is read.
template <auto N> inline constexpr MaxNorm<static_cast<double>(N)> max_norm{};
template <double P>
struct NormType {};
/// Which norm that is; 2 without one.
template <auto P> inline constexpr NormType<static_cast<double>(P)> norm_type{};
struct ScaleGradByFreq {};
/// A row's gradient is divided by how often it was asked for.
inline constexpr ScaleGradByFreq scale_grad_by_freq{};
/// No index is padding.
inline constexpr long long no_padding = -1LL << 62;

namespace detail {

struct EmbeddingOptions {
  long long padding = no_padding;
  double max_norm = -1, norm_type = 2;
  bool by_frequency = false;
  template <long long I>
  constexpr void add(PaddingIdx<I>) {
    padding = I;
  }
  template <double N>
  constexpr void add(MaxNorm<N>) {
    max_norm = N;
  }
  template <double P>
  constexpr void add(NormType<P>) {
    norm_type = P;
  }
  constexpr void add(ScaleGradByFreq) { by_frequency = true; }
  constexpr bool plain() const { return padding == no_padding && max_norm < 0 && !by_frequency; }
};
template <auto... Option>
constexpr EmbeddingOptions embedding_options() {
  EmbeddingOptions o;
  (o.add(Option), ...);
  return o;
}

/// Whether the padding, where there is one, is a row of the table.
template <auto... Option>
constexpr bool padding_is_a_row(long long rows) {
  const long long padding = embedding_options<Option...>().padding;
  return padding == no_padding || (padding >= -rows && padding < rows);
}

/// Rows as an embedding with these options reads them.
template <auto... Option>
constexpr auto shortened(auto rows) {
  constexpr EmbeddingOptions o = embedding_options<Option...>();
  if constexpr (o.max_norm >= 0) {
    const auto n = norm_fn<ord<o.norm_type>, keepdim, -1>{}(rows);
    return rows * where(n > o.max_norm, o.max_norm / (n + 1e-7), 1);
  } else {
    return rows;
  }
}
/// The table in which the rows that are read are as they are read.
template <auto... Option>
struct renormed_table_fn {
  template <class W, class I>
  constexpr W operator()(W weight, I ids) const {
    Builder& b = *weight.builder;
    const auto rows = shortened<Option...>(detach(embedding_fn{}(ids, weight)));
    const int at = flat(b, b.checked(ids.id, 0, b.shape(weight.id).size[0], false));
    const Shape to{2, {b.shape(at).size[0], b.shape(weight.id).size[1]}};
    return {&b, b.scatter(weight.id, along_axis(b, at, 0, to), b.reshape(rows.id, to), 0, Op::place)};
  }
};

/// Rows of a table; value and gradient differ where options say so: y = value + (row - row) share, of which the second row learns.
template <auto... Option>
struct table_rows_fn {
  template <class I, class W>
  constexpr auto operator()(I ids, W weight) const {
    constexpr EmbeddingOptions o = embedding_options<Option...>();
    constexpr bool integral = is_integral(dtype_of<typename I::value_type>);
    static_assert(integral, "etch: embedding: indices must be integers");
    const auto rows = matrix_rows_fn{}(ids, weight);
    if constexpr (o.plain() || W::rank != 2) {
      return rows;
    } else {
      constexpr long long count = W::dims(0)[0].size, padding = o.padding < 0 && o.padding != no_padding ? o.padding + count : o.padding;
      static_assert(padding_is_a_row<Option...>(count), "etch: embedding: padding_idx must be one of the rows");
      const auto fixed = detach(rows);
      const auto learnt = (rows - fixed) * unsqueeze_fn<-1>{}(share<o.by_frequency, padding, typename W::value_type>(ids, weight));
      return shortened<Option...>(fixed) + learnt;
    }
  }

 private:
  /// How much of what arrives at a row it learns.
  template <bool ByFrequency, long long Padding, class T, class I, class W>
  static constexpr auto share(I ids, W weight) {
    const auto all = cast_fn<T>{}(ids != static_cast<std::int64_t>(Padding));
    if constexpr (!ByFrequency) {
      return all;
    } else {
      Builder& b = *ids.builder;
      const int rows = b.shape(weight.id).size[0], at = b.checked(ids.id, 0, rows, false);
      const int times = b.scatter_add(at, b.constant(1, dtype_of<T>, b.shape(at)), rows);
      return all / std::remove_const_t<decltype(all)>{&b, b.take(times, at)};
    }
  }
};
}  // namespace detail

/// torch.nn.functional.embedding with options: `embedding<padding_idx<0>, max_norm<1.0>, norm_type<2>, scale_grad_by_freq>(ids, table)`.
template <auto Option, auto... More, Operand I, Operand X>
constexpr auto embedding(const I& index, const X& table) {
  return apply<detail::table_rows_fn<Option, More...>>(index, table);
}
/// torch.embedding_renorm_: shortens the rows of `table` that `index` names, `embedding_renorm_<max_norm<1.0>, norm_type<1>>(table, ids)`.
template <auto Option, auto... More, class X, Operand I>
X&& embedding_renorm_(X&& table, const I& index) {
  table = apply<detail::renormed_table_fn<Option, More...>>(table, index);
  return static_cast<X&&>(table);
}

}  // namespace ETCH_ABI
}  // namespace etch

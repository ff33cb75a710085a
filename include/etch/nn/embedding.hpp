// Embedding: rows of a table by index, y[.., c] = weight[ids[..], c]; and rows by position.
#pragma once

#include <etch/model/module.hpp>
#include <etch/nn/init.hpp>
#include <etch/ops/embedding_bag.hpp>

namespace etch {
inline namespace ETCH_ABI {

/// Carries the positions asked for and the rows there are.
template <int Positions, int Rows>
struct positions_and_rows {
  static constexpr bool fit = Positions <= Rows;
};

namespace detail {
template <class I, class W>
struct position_rows {
  static constexpr Dims make() {
    Dims r;
    r.push(I::dims(W::rank)[I::rank - 1]);
    const Dims w = W::dims(0);
    for (int i = 1; i < w.rank; ++i) r.push(w[i]);
    return r;
  }
  static constexpr Dims value = make();
};
}  // namespace detail

struct position_embedding_fn {
  template <class I, class W>
  constexpr auto operator()(I, W weight) const {
    using Fit = positions_and_rows<I::dims()[I::rank - 1].size, W::dims()[0].size>;
    if constexpr (!Fit::fit) {
      static_assert(Fit::fit, "etch: position_embedding: there must be a row for every position");
      return Poison{};
    } else {
      using Rule = detail::position_rows<I, W>;
      auto& b = *weight.builder;
      return result_of<typename W::value_type, Rule, W, I>{
          &b, b.slice(weight.id, 0, 0, b.shape_of(Rule::value).size[0], 1)};
    }
  }
};
/// Row t of `weight` [rows, C] for each position t of `ids` [.., T]: [T, C], the first T rows; T may be bounded.
template <Operand I, Operand W>
constexpr auto position_embedding(const I& ids, const W& weight) {
  return apply<position_embedding_fn>(ids, weight);
}

namespace nn {
namespace detail {
/// While it trains, rows of a module's table that are too long are shortened in the table; the gradient is that of the table as it was.
/// Not in a loop over modules and not where the weight is computed: there is no table to write to.
template <auto... Option, class W>
constexpr void renorm(const W& weight, auto ids) {
  if constexpr (etch::detail::embedding_options<Option...>().max_norm >= 0) {
    auto& b = *ids.builder;
    if (ids.training() && b[b.parameter(&weight)].op == etch::detail::Op::input) assign(weight, etch::detail::renormed_table_fn<Option...>{}(latest(b, weight), ids));
  }
}
}  // namespace detail

/// torch.nn.Embedding: integer ids [..] in [0, Rows) -> [.., C]; options stand behind the type of its numbers:
/// `Embedding<100, 8, float, padding_idx<0>, max_norm<1.0>, scale_grad_by_freq>`.
template <auto Rows, auto C, class T = float, auto... Option>
struct Embedding {
  Param<T, Rows, C> weight;
  ETCH_MODULE(weight)
  constexpr auto forward(auto ids) const {
    detail::renorm<Option...>(weight, ids);
    return apply<etch::detail::table_rows_fn<Option...>>(ids, weight);
  }
  void reset_parameters(Generator& g) {
    init::normal_(weight, g);
    constexpr long long padding = etch::detail::embedding_options<Option...>().padding;
    if constexpr (padding != no_padding)
      for (int c = 0; c < weight.size(1); ++c) weight.data()[(padding < 0 ? padding + weight.size(0) : padding) * weight.size(1) + c] = 0;
  }
  static_assert(etch::detail::padding_is_a_row<Option...>(dims_of<Rows>()[0].size), "etch: embedding: padding_idx must be one of the rows");
};

/// torch.nn.EmbeddingBag: ids [B, L], or ids [I] and offsets, and for sums a weight for each index.
template <auto Rows, auto C, BagMode Mode = BagMode::mean, bool IncludeLast = false, long long Padding = no_padding, class T = float, auto... Option>
struct EmbeddingBag {
  Param<T, Rows, C> weight;
  ETCH_MODULE(weight)
  constexpr auto forward(auto ids, auto... more) const {
    detail::renorm<Option...>(weight, ids);
    return embedding_bag<Mode, IncludeLast, Padding, Option...>(ids, weight, more...);
  }
  void reset_parameters(Generator& g) { init::normal_(weight, g); }
};

}  // namespace nn
}  // namespace ETCH_ABI
}  // namespace etch

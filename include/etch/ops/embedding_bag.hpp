// Bags of rows of a table, each reduced to one row: sum, mean or maximum; an empty bag is 0.
//
//   indices [B, L]: each row is a bag        indices [I] with offsets [B]: bag b is [offsets[b], offsets[b + 1])
#pragma once

#include <etch/ops/embedding.hpp>
#include <etch/ops/reduce.hpp>
#include <etch/ops/shape.hpp>
#include <etch/ops/sort.hpp>

namespace etch {
inline namespace ETCH_ABI {

enum class BagMode { mean, sum, max };

namespace detail {

template <class W, auto... D>
struct bag_rows {
  static constexpr Dims make() {
    Dims r = dims_of<D...>();
    r.push(W::dims(sizeof...(D))[1]);
    return r;
  }
  static constexpr Dims value = make();
};

template <BagMode Mode, bool IncludeLast, long long Padding, auto... Option>
struct embedding_bag_fn {
  template <class I, class W, class... More>
  constexpr auto operator()(I indices, W weight, More... more) const {
    constexpr bool table = W::rank == 2, ids = is_integral(dtype_of<typename I::value_type>) && (I::rank == 1 || I::rank == 2);
    constexpr bool offsets = I::rank == 2 || has_offsets<More...>();
    if constexpr (!table || !ids || !offsets) {
      static_assert(table, "etch: embedding_bag: the weight must be [rows, columns]");
      static_assert(ids, "etch: embedding_bag: indices must be integers [bags, length], or [indices] with offsets");
      static_assert(offsets, "etch: embedding_bag: indices in one line need offsets");
      return Poison{};
    } else if constexpr (I::rank == 2) {
      return of_matrix(indices, weight, more...);
    } else {
      return of_line(indices, weight, more...);
    }
  }

 private:
  template <class... More>
  static constexpr bool has_offsets() {
    const bool integers[] = {is_integral(dtype_of<typename More::value_type>)..., false};
    return integers[0];
  }
  template <class R, class S>
  static constexpr auto weighted(R rows, S weights) {
    static_assert(Mode == BagMode::sum, "etch: embedding_bag: only sums take a weight for each index");
    return rows * unsqueeze_fn<-1>{}(weights);
  }
  static constexpr auto weighted(auto rows) { return rows; }

  /// Rows of the table, and whether each counts: [.., C], [.., 1].
  template <class I, class W, class... S>
  static constexpr auto of_matrix(I indices, W weight, S... weights) {
    using T = typename W::value_type;
    const auto rows = weighted(table_rows_fn<Option...>{}(indices, weight), weights...);
    const auto counts = unsqueeze_fn<-1>{}(indices != static_cast<std::int64_t>(Padding));
    const auto bag_size = reduce_fn<Op::sum, 1>{}(cast_fn<T>{}(counts));
    if constexpr (Mode == BagMode::max) {
      return where(bag_size > 0, reduce_fn<Op::amax, 1>{}(where(counts, rows, -inf)), 0);
    } else {
      const auto sum = reduce_fn<Op::sum, 1>{}(where(counts, rows, 0));
      if constexpr (Mode == BagMode::sum) return sum;
      else return sum / larger(bag_size, 1);
    }
  }

  template <class I, class W, class O, class... S>
  static constexpr auto of_line(I indices, W weight, O offsets, S... weights) {
    using T = typename W::value_type;
    constexpr DType d = dtype_of<T>;
    constexpr int bags = O::dims(0)[0].size - (IncludeLast ? 1 : 0);
    Builder& b = *indices.builder;
    const auto given = weighted(table_rows_fn<Option...>{}(indices, weight), weights...);
    const auto counts = unsqueeze_fn<-1>{}(indices != static_cast<std::int64_t>(Padding));
    const int begin = b.slice(b.cast(offsets.id, DType::int64), 0, 0, bags, 1);
    const Shape line = b.shape(indices.id), table = b.shape(given.id);
    // the bag of each position: how many begin at it or before, less one
    const int before = b.along(Op::searchsorted, begin, 0, true, b.iota(line.size[0], DType::int64));
    const int bag = b.checked(b.map(Op::sub, DType::int64, before, b.constant(1, DType::int64, line)), 0, bags, false);
    using Rule = bag_rows<W, bags>;
    using Bags = result_of<T, Rule, Tracer<T, bags>, W>;
    using Ones = Tracer<T, bags, 1>;
    const int one = b.reshape(b.cast(counts.id, d), Shape{2, {line.size[0], 1}});
    const Ones bag_size{&b, b.scatter_add(bag, one, bags)};
    if constexpr (Mode == BagMode::max) {
      const auto rows = where(counts, given, -inf);
      const int at = b.expand(b.reshape(bag, Shape{2, {line.size[0], 1}}), table);
      const Shape to = b.shape_of(Rule::value);
      return where(bag_size > 0, Bags{&b, b.scatter(b.constant(-inf, d, to), at, rows.id, 0, Op::amax)}, 0);
    } else {
      const auto rows = where(counts, given, 0);
      const Bags sum{&b, b.scatter_add(bag, rows.id, bags)};
      if constexpr (Mode == BagMode::sum) return sum;
      else return sum / larger(bag_size, 1);
    }
  }
};
}  // namespace detail

/// torch.nn.functional.embedding_bag of rows of indices, or with offsets of a line of them; sums may have a weight for each
/// index behind that. `IncludeLast`: the last offset is where the last bag ends; indices equal to `Padding` do not count. Behind these
/// stands what an embedding is told: `max_norm<1.0>`, `scale_grad_by_freq`.
template <BagMode Mode = BagMode::mean, bool IncludeLast = false, long long Padding = no_padding, auto... Option, Operand I, Operand W, Operand... More>
constexpr auto embedding_bag(const I& indices, const W& weight, const More&... more) {
  return apply<detail::embedding_bag_fn<Mode, IncludeLast, Padding, Option...>>(indices, weight, more...);
}

}  // namespace ETCH_ABI
}  // namespace etch

// Pruning: a layer whose weight has a mask, and what sets the mask: torch.nn.utils.prune.
//
//   Pruned<Linear<3, 4>>     weight = weight_orig weight_mask     the gradient of what is masked is 0; names in files are PyTorch's
#pragma once

#include <etch/expr/tensor.hpp>
#include <etch/model/make.hpp>
#include <etch/nn/parametrizations.hpp>

namespace etch {
inline namespace ETCH_ABI {
namespace nn {
namespace detail {

template <class W>
struct mask_of;
template <Role R, class T, auto... D>
struct mask_of<ModuleTensor<R, T, D...>> {
  using type = ModuleBuffer<T, D...>;
  using tensor = Tensor<T, D...>;
};

/// How many of `left` an amount means: a number of them, or a share of what is left.
template <class A>
long pruned_count(A amount, long left) {
  if constexpr (std::is_integral_v<A>) {
    if (static_cast<long>(amount) < 0 || static_cast<long>(amount) > left) fail("prune", "there must be as many left as are pruned", Message{} << "got " << static_cast<long>(amount) << " of " << left);
    return static_cast<long>(amount);
  } else {
    if (!(amount >= 0 && amount <= 1)) fail("prune", "a share must lie between 0 and 1", Message{} << "got " << static_cast<double>(amount));
    return static_cast<long>(__builtin_rint(static_cast<double>(amount) * static_cast<double>(left)));  // halves to even, as Python rounds
  }
}
/// Calls drop(i) for the `count` smallest of n scores, of equal ones the first; those below 0 do not take part.
template <class Drop>
void each_smallest(const double* score, long n, long count, Drop drop) {
  if (count <= 0) return;
  std::uint64_t low = 0, high = 0x7ff0000000000000ULL;  // numbers that are not negative are ordered as their bits
  const auto at_most = [&](std::uint64_t bits) {
    const double limit = __builtin_bit_cast(double, bits);
    long found = 0;
    for (long i = 0; i < n; ++i) found += score[i] >= 0 && score[i] <= limit ? 1 : 0;
    return found;
  };
  while (low < high) {
    const std::uint64_t middle = low + (high - low) / 2;
    if (at_most(middle) >= count) high = middle;
    else low = middle + 1;
  }
  const double last = __builtin_bit_cast(double, low);
  for (long i = 0; i < n; ++i)
    if (score[i] >= 0 && score[i] < last) drop(i), --count;
  for (long i = 0; i < n && count > 0; ++i)
    if (score[i] == last) drop(i), --count;
}
/// Of n scores, those that are left: drops as many of the smallest as the amount says.
template <class A, class Score, class Drop>
void drop_smallest(long n, A amount, Score score, Drop drop) {
  const Storage memory(static_cast<std::size_t>(n > 0 ? n : 1) * sizeof(double));
  double* const scores = static_cast<double*>(memory.data());
  long left = 0;
  for (long i = 0; i < n; ++i) left += (scores[i] = score(i)) >= 0 ? 1 : 0;
  each_smallest(scores, n, pruned_count(amount, left), drop);
}

/// Masks places on an axis of the weight, by score(magnitudes of one place, how many): a place of which nothing is left does not take part.
template <int Axis, class M, class A, class Score>
void drop_rows(M& m, A amount, Score score) {
  using Parts = ParametrizedParts<typename M::Weight, Axis>;
  const Storage memory(sizeof(double) * static_cast<std::size_t>(Parts::rows * Parts::columns + 1));
  double* const value = static_cast<double*>(memory.data());
  bool left[Parts::rows > 0 ? Parts::rows : 1]{};
  Parts::each(m.layer.weight, [&](int row, int column, double w) { value[row * Parts::columns + column] = __builtin_fabs(w); });
  Parts::each(m.mask, [&](int row, int column, double k) {
    value[row * Parts::columns + column] *= k;
    left[row] = left[row] || k != 0;
  });
  bool dropped[Parts::rows > 0 ? Parts::rows : 1]{};
  drop_smallest(Parts::rows, amount, [&](long row) { return left[row] ? score(value + row * Parts::columns, Parts::columns) : -1; }, [&](long row) { dropped[row] = true; });
  for (int i = 0; i < Parts::rows * Parts::columns; ++i)
    if (dropped[i / Parts::inner() % Parts::rows]) m.mask.data()[i] = 0;
}

}  // namespace detail

/// A layer of which part of the weight counts as 0. Its mask is all ones at first; the functions of `nn::utils::prune` change it.
template <class Layer>
struct Pruned {
  using Weight = typename detail::weighted<Layer>::type;
  Layer layer;
  typename detail::mask_of<Weight>::type mask;

  static constexpr const char* etch_names = detail::parametrized_names<Layer, detail::Parametrization::pruned>.at;
  constexpr void etch_members(auto&& f) const { layer.etch_members(f), f(mask); }
  constexpr void etch_members(auto&& f) { layer.etch_members(f), f(mask); }
  constexpr auto operator()(const auto&... x) const { return forward(x...); }
  constexpr auto forward(auto x, auto... more) const {
    return detail::called_with(layer, etch::detail::lower(x.builder, layer.weight) * etch::detail::lower(x.builder, mask), x, more...);
  }
  void reset_parameters(Generator& g)
    requires detail::Weighted<Layer>
  {
    if constexpr (requires { layer.reset_parameters(g); }) layer.reset_parameters(g);
    init::ones_(mask);
  }
};

namespace utils::prune {

/// Masks so many of the smallest values that are left, or such a share of them: `l1_unstructured(model->fc, 0.3)`.
template <class Layer, class A>
void l1_unstructured(Pruned<Layer>& m, A amount) {
  detail::drop_smallest(m.mask.numel(), amount, [&](long i) { return m.mask.data()[i] == 0 ? -1 : __builtin_fabs(static_cast<double>(m.layer.weight.data()[i])); }, [&](long i) { m.mask.data()[i] = 0; });
}
/// The same of values drawn by lot.
template <class Layer, class A>
void random_unstructured(Pruned<Layer>& m, A amount, Generator& g) {
  const Storage drawn(static_cast<std::size_t>(m.mask.numel()) * sizeof(double));
  double* const score = static_cast<double*>(drawn.data());
  init::detail::fill<init::detail::Draw::uniform>(score, m.mask.numel(), g, 0.0, 1.0);
  detail::drop_smallest(m.mask.numel(), amount, [&](long i) { return m.mask.data()[i] == 0 ? -1 : score[i]; }, [&](long i) { m.mask.data()[i] = 0; });
}
/// Masks so many places on an axis, those whose values have the smallest norm: `ln_structured<1>(model->fc, 2, 1.0)`, n = 1.
template <int Axis, class Layer, class A>
void ln_structured(Pruned<Layer>& m, A amount, double n = 2) {
  detail::drop_rows<Axis>(m, amount, [&](const double* row, int count) {
    const bool top = n > 1e308;
    double s = 0;
    for (int i = 0; i < count; ++i) s = top ? (row[i] > s ? row[i] : s) : s + (n == 2 ? row[i] * row[i] : __builtin_pow(row[i], n));
    return top ? s : __builtin_pow(s, 1 / n);
  });
}
/// The same of places drawn by lot.
template <int Axis, class Layer, class A>
void random_structured(Pruned<Layer>& m, A amount, Generator& g) {
  detail::drop_rows<Axis>(m, amount, [&](const double*, int) {
    double score = 0;
    init::detail::fill<init::detail::Draw::uniform>(&score, 1, g, 0.0, 1.0);
    return score;
  });
}
/// Masks the smallest values of several layers together: `global_unstructured(0.2, model->fc1, model->fc2)`.
template <class A, class... Layer>
void global_unstructured(A amount, Pruned<Layer>&... m) {
  const long n = (static_cast<long>(m.mask.numel()) + ... + 0L);
  const auto at = [&](long i, auto use) {
    const auto one = [&](auto& layer) {
      if (i >= 0 && i < layer.mask.numel()) use(layer, i);
      i -= layer.mask.numel();
    };
    (one(m), ...);
  };
  const auto score = [&](long i) {
    double s = -1;
    at(i, [&](const auto& layer, long k) { s = layer.mask.data()[k] == 0 ? -1 : __builtin_fabs(static_cast<double>(layer.layer.weight.data()[k])); });
    return s;
  };
  detail::drop_smallest(n, amount, score, [&](long i) { at(i, [](auto& layer, long k) { layer.mask.data()[k] = 0; }); });
}
/// Masks what `mask`, a tensor of the weight's sizes, has 0 for; what is masked stays so.
template <class Layer, Operand X>
void custom_from_mask(Pruned<Layer>& m, const X& mask) {
  const typename detail::mask_of<typename Pruned<Layer>::Weight>::tensor all = m.mask * to<typename decltype(m.mask)::value_type>(mask);
  std::memcpy(m.mask.data(), all.data(), sizeof(*all.data()) * static_cast<std::size_t>(all.numel()));
}
/// The layer alone, with the mask in its weight.
template <class Layer>
Model<Layer> remove(const Pruned<Layer>& m) {
  Model<Layer> model{Storage(sizeof(Layer))};
  std::memcpy(model.data(), &m.layer, sizeof(Layer));
  for (int i = 0; i < m.mask.numel(); ++i) model->weight.data()[i] *= m.mask.data()[i];
  return model;
}

}  // namespace utils::prune
}  // namespace nn
}  // namespace ETCH_ABI
}  // namespace etch

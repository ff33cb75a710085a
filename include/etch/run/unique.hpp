// The different elements of a tensor, or the different slices along an axis: unique, unique_consecutive, and bincount.
//
//   auto [values, inverse, counts] = unique(x);     x = values at inverse; counts[i] is how often values[i] occurs
#pragma once

#include <etch/run/counted.hpp>

namespace etch {
inline namespace ETCH_ABI {

template <class V, class I, class C>
struct Unique {
  V values;
  I inverse;
  C counts;
};

namespace detail {

/// Axis and name of the size among the template arguments of `unique`.
struct UniqueOptions {
  int axis = max_rank;
  constexpr void add(int a) { axis = a; }
  template <class Name>
  constexpr void add(Name) {}
};
template <auto... Option>
constexpr int unique_axis() {
  UniqueOptions o;
  (o.add(Option), ...);
  return o.axis;
}
/// The caller's name for the number of different elements, or `counted<Max>`.
template <int Max>
constexpr auto unique_name() {
  return counted<Max>;
}
template <int Max, auto First, auto... Rest>
constexpr auto unique_name() {
  if constexpr (std::is_integral_v<decltype(First)>) return unique_name<Max, Rest...>();
  else return First;
}
/// The tensor types of the results: size `Name` in place of axis A of X, and one index for each item.
template <class X, int A, class Sequence>
struct unique_types;
template <class T, auto... D, int A, std::size_t... I>
struct unique_types<Tensor<T, D...>, A, std::index_sequence<I...>> {
  template <auto Name, std::size_t K>
  static constexpr auto size_at() {
    if constexpr (K == A) return Name;
    else return element_of<K, D...>();
  }
  template <auto Name>
  using values = Tensor<T, size_at<Name, I>()...>;
  using inverse = Tensor<std::int64_t, element_of<A, D...>()>;
};
template <class T, auto... D, std::size_t... I>
struct unique_types<Tensor<T, D...>, -1, std::index_sequence<I...>> {
  template <auto Name>
  using values = Tensor<T, Name>;
  using inverse = Tensor<std::int64_t, D...>;
};

/// Which of `count` items of `width` elements are alike: item i at x + i * step, its elements as `element(i, c)` says.
template <class T, class Element>
int group_alike(int count, std::int64_t width, bool consecutive, Element element, int* order, std::int64_t* group) {
  for (int i = 0; i < count; ++i) order[i] = i;
  if (!consecutive && count > 0) {  // stable, by the last element first: in the end by the first
    using Key = cpu::detail::sort_key<T>;
    Storage memory(cpu::detail::sort_room<Key>(count));
    auto* const item = static_cast<cpu::detail::SortItem<Key>*>(memory.data());
    for (std::int64_t c = width - 1; c >= 0; --c) {
      Key differs = 0;
      for (int i = 0; i < count; ++i) {
        item[i] = {cpu::detail::key_of<T>(element(order[i], c)), static_cast<std::uint32_t>(order[i])};
        differs = static_cast<Key>(differs | (item[i].key ^ item[0].key));
      }
      cpu::detail::sort_items(item, item + count, count, differs, [order](std::int64_t place, const cpu::detail::SortItem<Key>& x) { order[place] = static_cast<int>(x.at); });
    }
  }
  int groups = 0;
  for (int i = 0; i < count; ++i) {
    bool same = i > 0;
    for (std::int64_t c = 0; same && c < width; ++c) same = element(order[i], c) == element(order[i - 1], c);
    if (!same) ++groups;
    group[order[i]] = groups - 1;
  }
  return groups;
}

template <bool Consecutive, auto... Option, class X>
auto unique_of(const X& given) {
  const auto& x = values_of(given);
  using Tens = std::remove_cvref_t<decltype(x)>;
  using T = typename Tens::value_type;
  constexpr int asked = unique_axis<Option...>(), axis = asked == max_rank ? -1 : axis_of(asked, Tens::rank);
  constexpr bool in_range = asked == max_rank || axis >= 0;
  static_assert(in_range, "etch: unique: axis out of range");
  constexpr int most = static_cast<int>(asked == max_rank ? capacity(Tens::dims()) : Tens::dims()[axis < 0 ? 0 : axis].size);
  constexpr auto name = unique_name<most, Option...>();
  std::int64_t outer = 1, inner = 1;
  for (int i = 0; i < axis; ++i) outer *= x.size(i);
  for (int i = axis + 1; axis >= 0 && i < Tens::rank; ++i) inner *= x.size(i);
  const int count = static_cast<int>(axis < 0 ? x.numel() : x.size(axis));
  const T* const from = x.data();
  auto element = [&](std::int64_t item, std::int64_t c) { return from[(c / inner * count + item) * inner + c % inner]; };
  Storage order(static_cast<std::size_t>(count) * sizeof(int) + 64);
  using Types = unique_types<decltype(tensor_like(typename Tens::tracer{})), axis, std::make_index_sequence<static_cast<std::size_t>(Tens::rank)>>;
  typename Types::inverse inverse;
  inverse.resize(axis < 0 ? x.sizes() : &count);
  int* const at = static_cast<int*>(order.data());
  const int groups = group_alike<T>(count, outer * inner, Consecutive, element, at, inverse.data());
  Tensor<std::int64_t, name> counts(groups);
  typename Types::template values<name> values;
  int sizes[max_rank]{groups};
  for (int i = 0; axis >= 0 && i < Tens::rank; ++i) sizes[i] = i == axis ? groups : x.size(i);
  values.resize(sizes);
  for (int i = 0; i < count; ++i) ++counts.data()[inverse.data()[i]];
  for (int i = count - 1; i >= 0; --i)  // the first of equals has the last word
    for (std::int64_t c = 0; c < outer * inner; ++c) values.data()[(c / inner * groups + inverse.data()[at[i]]) * inner + c % inner] = element(at[i], c);
  return Unique<decltype(values), decltype(inverse), decltype(counts)>{static_cast<decltype(values)&&>(values), static_cast<decltype(inverse)&&>(inverse), static_cast<decltype(counts)&&>(counts)};
}

}  // namespace detail

/// The different elements, sorted, where each element of x is among them, and how often each occurs. Along an axis, `unique<0>(x)`,
/// the different slices. The number of them is `counted<...>`, or a bounded dim given by name: `unique<0, rows>(x)`.
template <auto... Option, Operand X>
auto unique(const X& x) {
  if constexpr (!detail::has_values<X>) {
    static_assert(detail::has_values<X>, "etch: unique: the size of the result depends on values, so it has no place in a traced function");
    return Poison{};
  } else {
    return detail::unique_of<false, Option...>(x);
  }
}
/// The same with the first of each run of equal elements (or slices), in the order in which they stand.
template <auto... Option, Operand X>
auto unique_consecutive(const X& x) {
  if constexpr (!detail::has_values<X>) {
    static_assert(detail::has_values<X>, "etch: unique: the size of the result depends on values, so it has no place in a traced function");
    return Poison{};
  } else {
    return detail::unique_of<true, Option...>(x);
  }
}

}  // namespace ETCH_ABI
}  // namespace etch

// Sizes in types: an `int`, a named size `struct Batch : dim<32> {}`, or a bounded one `struct Seq : dyn<512> {}`.
//
// A shape in a type is a pack of such values; everything computed about shapes is computed on `Dims`, a plain array,
// and turned back into a pack once, at the end (`from_dims`). A named dim keeps its identity by remembering which
// dimension of the operands it came from.
#pragma once

#include <etch/core/config.hpp>
#include <etch/core/dtype.hpp>

#include <cstddef>
#include <cstdint>
#include <type_traits>
#include <utility>

namespace etch {
inline namespace ETCH_ABI {

inline constexpr int max_rank = 10;

/// A named size known at compile time: `struct Channels : dim<3> {};`.
template <int N>
struct dim {
  static_assert(N >= 0, "etch: dim: a size must not be negative");
  static constexpr int capacity = N;
  static constexpr bool bounded = false;
};

/// A named size known at run time, at most `Max`: memory is planned for the bound, storage is dense at the actual size.
template <int Max>
struct dyn {
  static_assert(Max >= 1, "etch: dyn: a bound must be positive");
  static constexpr int capacity = Max;
  static constexpr bool bounded = true;
};

/// Several numbers as one template argument: `movedim<ints<0, 1>, ints<2, 3>>(x)`.
template <int... N>
struct ints {
  static constexpr int count = sizeof...(N);
  static constexpr int at[sizeof...(N) + 1] = {N..., 0};
};

/// The first axis argument `every`: the whole of an axis in `a(every, 1)`.
struct Every {};
inline constexpr Every every{};
/// Elements [Start, Stop) of an axis, every Step-th, in `a(Slice<1, 5>{}, 1)`; clamped to the axis as Python's.
template <int Start, int Stop = 2147483647, int Step = 1>
struct Slice {
  static_assert(Step >= 1, "etch: Slice: the step must be positive");
};
/// As many axes as are left, in `a(ellipsis, 1)`, and a new axis of size 1, in `a(newaxis, every)`.
struct Ellipsis {};
inline constexpr Ellipsis ellipsis{};
struct NewAxis {};
inline constexpr NewAxis newaxis{};

namespace detail {

template <class T>
constexpr std::uint64_t type_hash() {
  const char* text = __PRETTY_FUNCTION__;
  std::uint64_t h = 14695981039346656037ULL;
  for (; *text != '\0'; ++text) h = (h ^ static_cast<unsigned char>(*text)) * 1099511628211ULL;
  return h;
}
template <class T>
inline constexpr std::uint64_t tag_of = type_hash<T>();

}  // namespace detail

/// One size as a value: `capacity` elements at most; `tag` is 0 for a plain integer; `source` says which operand
/// dimension holds its type.
struct Dim {
  int size = 0;
  int source = -1;
  std::uint64_t tag = 0;
  bool bounded = false;
  constexpr bool is(int n) const { return !bounded && size == n; }
};

/// Equal by type where both are named; a plain integer agrees with a static name of the same size.
constexpr bool agree(Dim a, Dim b) {
  if (a.bounded || b.bounded) return a.tag == b.tag && a.bounded == b.bounded;
  return a.size == b.size && (a.tag == 0 || b.tag == 0 || a.tag == b.tag);
}

/// A shape as a value.
struct Dims {
  int rank = 0;
  Dim at[max_rank]{};
  constexpr void push(Dim d) { at[rank++] = d; }
  constexpr Dim& operator[](int i) { return at[i]; }
  constexpr const Dim& operator[](int i) const { return at[i]; }
};

/// Equal ranks, and sizes that agree one by one.
constexpr bool agree(const Dims& a, const Dims& b) {
  if (a.rank != b.rank) return false;
  for (int i = 0; i < a.rank; ++i)
    if (!agree(a[i], b[i])) return false;
  return true;
}

constexpr Dim static_dim(int n) { return Dim{n, -1, 0, false}; }

template <class D>
constexpr Dim dim_value(D d, int source) {
  if constexpr (std::is_integral_v<D>) {
    (void)source;
    return Dim{static_cast<int>(d), -1, 0, false};
  } else {
    (void)d;
    return Dim{D::capacity, source, detail::tag_of<D>, D::bounded};
  }
}

/// The shape `D...` as a value, its named dims numbered from `source`.
template <auto... D>
constexpr Dims dims_of(int source = 0) {
  static_assert(sizeof...(D) <= max_rank, "etch: shape: at most 10 dimensions");
  Dims r;
  ((r.at[r.rank] = dim_value(D, source + r.rank), ++r.rank), ...);
  return r;
}

/// The most elements a shape can hold.
constexpr std::int64_t capacity(const Dims& d) {
  std::int64_t n = 1;
  for (int i = 0; i < d.rank; ++i) n *= d.at[i].size;
  return n;
}
template <auto... D>
inline constexpr std::int64_t capacity_of = capacity(dims_of<D...>());

namespace detail {
constexpr bool no_negative_size(const Dims& d) {
  for (int i = 0; i < d.rank; ++i)
    if (d[i].size < 0) return false;
  return true;
}
}  // namespace detail

/// The axis `a` of a shape of `rank` dimensions, counted from the end where negative; -1 where out of range.
constexpr int axis_of(int a, int rank) {
  const int i = a < 0 ? a + rank : a;
  return i >= 0 && i < rank ? i : -1;
}

/// The same, where a number by itself counts as one axis: what PyTorch allows of most functions.
constexpr int axis_of_any(int a, int rank) { return axis_of(a, rank == 0 ? 1 : rank); }
/// Whether no axis is named twice.
template <int... A>
constexpr bool axes_differ(int rank) {
  unsigned seen = 0;
  const int axes[] = {A..., -max_rank - 1};
  for (int a : axes) {
    const int i = axis_of_any(a, rank);
    if (i >= 0 && (seen >> i & 1) != 0) return false;
    if (i >= 0) seen |= 1u << i;
  }
  return true;
}

namespace detail {

template <auto V>
struct constant {
  static constexpr auto value = V;
};
template <std::size_t I, auto V>
struct indexed {
  friend constexpr constant<V> element(const indexed*, constant<I>) { return {}; }
};
template <class I, auto... V>
struct indexed_pack;
template <std::size_t... I, auto... V>
struct indexed_pack<std::index_sequence<I...>, V...> : indexed<I, V>... {};

/// Element `I` of a pack of values of any type.
template <std::size_t I, auto... V>
constexpr auto element_of() {
  using Pack = indexed_pack<std::make_index_sequence<sizeof...(V)>, V...>;
  return decltype(element(static_cast<const Pack*>(nullptr), constant<I>{}))::value;
}

/// The template argument for one size: an int, or the named dim `All[source]`.
template <int Size, int Source, auto... All>
constexpr auto dim_argument() {
  if constexpr (Source < 0) {
    return Size;
  } else {
    return element_of<static_cast<std::size_t>(Source), All...>();
  }
}

}  // namespace detail

/// Two element types to their common one.
template <class A, class B>
using promoted = type_of<promote(dtype_of<A>, dtype_of<B>)>;

/// A shape that fits in a type: `from_dims<Tracer, T, Rule, All...>` is `Tracer<T, sizes of Rule::value...>`.
namespace detail {
template <template <class, auto...> class To, class T, class Rule, class I, auto... All>
struct pack_of;
template <template <class, auto...> class To, class T, class Rule, std::size_t... I, auto... All>
struct pack_of<To, T, Rule, std::index_sequence<I...>, All...> {
  using type = To<T, dim_argument<Rule::value.at[I].size, Rule::value.at[I].source, All...>()...>;
};
}  // namespace detail
template <template <class, auto...> class To, class T, class Rule, auto... All>
using from_dims = typename detail::pack_of<To, T, Rule, std::make_index_sequence<static_cast<std::size_t>(Rule::value.rank)>, All...>::type;

/// Whether every size is an `int` or a named dim: the form every result has.
template <auto... D>
inline constexpr bool canonical = ((std::is_same_v<decltype(D), int> || std::is_class_v<decltype(D)>) && ...);

}  // namespace ETCH_ABI
}  // namespace etch

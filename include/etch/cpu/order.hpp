// Sorting and searching: the stable order of the elements along one axis of [outer, size, inner], and places in sorted rows.
//
// Elements become unsigned keys whose order is theirs: NaN last, both zeros equal. Few keys are compared with each other, many are sorted by
// those bits in which they differ, some at a time, lowest first, which is stable and takes a time linear in their number.
#pragma once

#include <etch/cpu/scan.hpp>

namespace etch {
inline namespace ETCH_ABI {
namespace cpu {
namespace detail {

template <int Bytes> struct key_type;
template <> struct key_type<1> { using type = std::uint8_t; };
template <> struct key_type<2> { using type = std::uint16_t; };
template <> struct key_type<4> { using type = std::uint32_t; };
template <> struct key_type<8> { using type = std::uint64_t; };
template <class T> using sort_key = typename key_type<static_cast<int>(sizeof(T))>::type;

template <class T>
ETCH_INLINE sort_key<T> key_of(T x) {
  using K = sort_key<T>;
  constexpr K sign = static_cast<K>(K{1} << (8 * sizeof(T) - 1));
  if constexpr (is_floating(dtype_of<T>)) {
    if (x != x) return static_cast<K>(~K{0});
    if (x == T(0)) return sign;
    const K bits = __builtin_bit_cast(K, x);
    return static_cast<K>((bits & sign) != 0 ? ~bits : bits | sign);
  } else if constexpr (std::is_same_v<T, bool> || std::is_same_v<T, std::uint8_t>) {
    return static_cast<K>(x);
  } else {
    return static_cast<K>(static_cast<K>(x) ^ sign);
  }
}

/// A key, and where its element stands.
template <class K>
struct SortItem {
  K key;
  std::uint32_t at;
};
/// A key as vectors compare it: a signed number of whole lanes.
template <class K> using sort_lane = std::conditional_t<sizeof(K) == 8, std::int64_t, std::int32_t>;
template <class K>
ETCH_INLINE sort_lane<K> lane_of(K key) {
  constexpr K sign = sizeof(K) < 4 ? 0 : static_cast<K>(K{1} << (8 * sizeof(K) - 1));
  return static_cast<sort_lane<K>>(static_cast<K>(key ^ sign));
}
template <class K> inline constexpr int sort_lanes = ETCH_VECTOR_BYTES < 16 ? 4 : ETCH_VECTOR_BYTES / static_cast<int>(sizeof(sort_lane<K>));

/// Few items: put(place, item), where the place is the number of those before it, which vectors count.
template <class K> inline constexpr index_t few_items = 8 * sort_lanes<K>;
template <class K, class Put>
void sort_few(const SortItem<K>* item, index_t n, Put put) {
  using I = sort_lane<K>;
  constexpr int L = sort_lanes<K>;
  using V = simd::Vec<I, L>;
  I key[few_items<K>]{}, place[L];
  for (index_t i = 0; i < n; ++i) key[i] = lane_of(item[i].key);
  const V one = simd::splat<I, L>(1), lane = simd::iota<I, L>(0);
  for (index_t first = 0; first < n; first += L) {
    const V mine = simd::load<I, L>(key + first);
    const index_t end = first + L < n ? first + L : n;
    V before = simd::splat<I, L>(0);
    for (index_t j = 0; j < first; ++j) before = simd::select(mine < simd::splat<I, L>(key[j]), before, before + one);
    for (index_t j = first; j < end; ++j) {
      const V other = simd::splat<I, L>(key[j]);
      before = simd::select((other < mine) | ((other == mine) & (simd::splat<I, L>(static_cast<I>(j - first)) < lane)), before + one, before);
    }
    for (index_t j = end; j < n; ++j) before = simd::select(simd::splat<I, L>(key[j]) < mine, before + one, before);
    simd::store(place, before);
    for (index_t j = first; j < end; ++j) put(static_cast<index_t>(place[j - first]), item[j]);
  }
}

/// Bytes for two of each of n items.
template <class K>
std::size_t sort_room(index_t n) {
  return aligned(2 * static_cast<std::size_t>(n) * sizeof(SortItem<K>));
}

/// put(place, item) for each of `n` items in their stable order; `differs` has the bits in which keys differ, `other` is room for as many.
template <class K, class Put>
void sort_items(SortItem<K>* item, SortItem<K>* other, index_t n, K differs, Put put) {
  if (n <= few_items<K>) return sort_few(item, n, put);
  constexpr int widest = 11, most = static_cast<int>(sizeof(K));
  const std::uint64_t bits = static_cast<std::uint64_t>(differs) | (differs == 0 ? 1 : 0);
  const int first = __builtin_ctzll(bits), width = 64 - __builtin_clzll(bits) - first, wide = n < 512 ? 8 : n < 4096 ? 9 : widest, passes = (width + wide - 1) / wide, digit = (width + passes - 1) / passes;
  const std::uint32_t values = 1u << digit, mask = values - 1;
  std::uint32_t count[most < 6 ? most << widest : 6 << widest];  // of each digit's values: eight of 8 bits, or six of 11
  std::memset(count, 0, sizeof(count[0]) * static_cast<std::size_t>(passes) << digit);
  for (index_t i = 0; i < n; ++i) {
    const std::uint64_t key = item[i].key >> first;
    ETCH_UNROLL for (int d = 0; d < most; ++d)
      if (d < passes) ++count[(static_cast<std::uint32_t>(d) << digit) + (static_cast<std::uint32_t>(key >> d * digit) & mask)];
  }
  for (int pass = 0, shift = first; pass < passes; ++pass, shift += digit) {
    std::uint32_t *const place = count + (static_cast<std::size_t>(pass) << digit), start = 0;
    for (std::uint32_t v = 0; v < values; ++v) {
      const std::uint32_t here = place[v];
      place[v] = start;
      start += here;
    }
    if (pass + 1 == passes) {
      for (index_t i = 0; i < n; ++i) put(static_cast<index_t>(place[static_cast<std::uint32_t>(item[i].key >> shift) & mask]++), item[i]);
      return;
    }
    for (index_t i = 0; i < n; ++i) {
      const SortItem<K> x = item[i];
      other[place[static_cast<std::uint32_t>(x.key >> shift) & mask]++] = x;
    }
    SortItem<K>* const turn = item;
    item = other;
    other = turn;
  }
}

/// The first `most` of the order only, kept sorted while all keys pass by: few of them come so far. Equal keys stay behind.
template <class K, class KeyAt>
void first_keys(SortItem<K>* item, index_t n, index_t most, KeyAt key_at) {
  index_t have = 0;
  K worst = static_cast<K>(~K{0});
  for (index_t i = 0; i < n; ++i) {
    const K key = key_at(i);
    if (have == most && key >= worst) continue;
    index_t j = have < most ? have++ : most - 1;
    for (; j > 0 && item[j - 1].key > key; --j) item[j] = item[j - 1];
    item[j] = {key, static_cast<std::uint32_t>(i)};
    worst = item[have - 1].key;
  }
}

/// How many of n keys are `Equal` to x, or not above it.
template <bool Equal, class I>
index_t count_keys(const I* key, index_t n, I x) {
  constexpr int L = sort_lanes<std::make_unsigned_t<I>>, side = 4;
  using V = simd::Vec<I, L>;
  const V one = simd::splat<I, L>(1), zero = simd::splat<I, L>(0), bound = simd::splat<I, L>(x);
  V count[side] = {zero, zero, zero, zero};
  const auto take = [&](int j, V v) {
    if constexpr (Equal) count[j] = simd::select(v == bound, count[j] + one, count[j]);
    else count[j] = simd::select(bound < v, count[j], count[j] + one);
  };
  index_t i = 0;
  for (; i + side * L <= n; i += side * L)
    ETCH_UNROLL for (int j = 0; j < side; ++j) take(j, simd::load<I, L>(key + i + j * L));
  for (; i + L <= n; i += L) take(0, simd::load<I, L>(key + i));
  auto sum = static_cast<index_t>(simd::hsum((count[0] + count[1]) + (count[2] + count[3])));
  for (; i < n; ++i) sum += Equal ? key[i] == x : key[i] <= x;
  return sum;
}
/// Where the key x stands for the time `nth`, which it does.
template <class I>
index_t place_of_key(const I* key, index_t n, I x, index_t nth) {
  constexpr index_t block = 64;
  index_t i = 0;
  for (; i + block < n; i += block) {
    const index_t here = count_keys<true>(key + i, block, x);
    if (nth < here) break;
    nth -= here;
  }
  while (key[i] != x || nth-- > 0) ++i;
  return i;
}
/// The position of the key with `rank` before it in the stable order: the least that so many are not above lies between two which come closer by
/// halves; where few keys are left between them, `room` takes these. `next`, if asked for, is the position of the one after it.
template <class I>
index_t place_of_rank(const I* const key, const index_t size, index_t rank, I* room, index_t* next = nullptr) {
  const I* from = key;
  index_t n = size, below = 0, within = size;  // keys less than `low`, and not above `high`
  I low = key[0], high = key[0];
  for (index_t i = 1; i < n; ++i) {
    low = key[i] < low ? key[i] : low;
    high = key[i] > high ? key[i] : high;
  }
  while (low < high) {
    using U = std::make_unsigned_t<I>;
    const I middle = static_cast<I>(static_cast<U>(low) + (static_cast<U>(high) - static_cast<U>(low)) / 2);
    const index_t count = count_keys<false>(from, n, middle);
    if (count > rank) high = middle, within = count;
    else low = static_cast<I>(middle + 1), below = count;
    if (n > 512 && (within - below) * 8 < n) {
      index_t kept = 0;
      for (index_t i = 0; i < n; ++i) {
        room[kept] = from[i];
        kept += from[i] >= low && from[i] <= high ? 1 : 0;
      }
      from = room, n = kept;
      rank -= below, within -= below, below = 0;
    }
  }
  if (next != nullptr) {
    I above = low;
    if (rank + 1 >= within) {
      above = std::numeric_limits<I>::max();
      for (index_t i = 0; i < size; ++i) above = key[i] > low && key[i] < above ? key[i] : above;
    }
    *next = place_of_key(key, size, above, above == low ? rank + 1 - below : 0);
  }
  return place_of_key(key, size, low, rank - below);
}

/// So many ranks are looked for one by one; of more, all keys are sorted.
inline constexpr index_t few_selected = 4;

/// [outer, size, inner, ranks]; accesses x, perhaps ranks, order. The reversed keys of a descending order keep equal elements as they stand. Bits 9
/// and on of the argument say what is wanted where it is not all, and no others are written: the first so many, or (middle_rank) the
/// median and the first that is not a number, or (below it) one of them. Of ranks, these and the one after each are wanted.
template <class T>
void run_argsort(Machine& machine, int s) {
  using K = sort_key<T>;
  const Step& step = machine.step(s);
  struct Work {
    const T* x;
    std::int64_t* y;
    char* room;
    std::size_t room_bytes;
    index_t size, inner, lanes;
    int parts;
    bool descending;
    index_t wanted;
    const std::int64_t* ranks;
    index_t selected;
  };
  const index_t inner = machine.size(step.dim[2]);
  Work w{reinterpret_cast<const T*>(machine.pointer(step.access)), reinterpret_cast<std::int64_t*>(machine.pointer(step.access + step.accesses - 1)), static_cast<char*>(machine.workspace()),
         sort_room<K>(machine.capacity(step.dim[1])), machine.size(step.dim[1]), inner, machine.size(step.dim[0]) * inner, 1, (step.arg >> 8 & 1) != 0, static_cast<index_t>(static_cast<std::int64_t>(step.arg) >> 9), nullptr, machine.size(step.dim[3])};
  if (step.accesses == 3 && w.selected <= few_selected) w.ranks = reinterpret_cast<const std::int64_t*>(machine.pointer(step.access + 1));
  w.parts = parts_of(w.lanes, w.lanes * w.size * 8);
  auto part = [](void* context, int chunk, int thread) {
    const Work& k = *static_cast<const Work*>(context);
    for (index_t lane = k.lanes * chunk / k.parts; lane < k.lanes * (chunk + 1) / k.parts; ++lane) {
      const index_t base = lane / k.inner * k.size * k.inner + lane % k.inner;
      auto* const item = reinterpret_cast<SortItem<K>*>(k.room + static_cast<std::size_t>(thread) * k.room_bytes);
      auto key_at = [&k, base, all = k.descending ? static_cast<K>(~K{0}) : K{0}](index_t i) { return static_cast<K>(key_of(k.x[base + i * k.inner]) ^ all); };
      if (k.wanted > 0 && k.wanted < k.size) {
        first_keys(item, k.size, k.wanted, key_at);
        for (index_t i = 0; i < k.wanted; ++i) k.y[base + i * k.inner] = item[i].at;
        continue;
      }
      if ((k.wanted < 0 || k.ranks != nullptr) && k.size > 0) {
        using I = sort_lane<K>;
        I* const key = reinterpret_cast<I*>(item);
        constexpr I nan = static_cast<I>(sizeof(K) < 4 ? static_cast<K>(~K{0}) : static_cast<K>(~K{0}) >> 1);
        for (index_t i = 0; i < k.size; ++i) key[i] = lane_of(key_at(i));
        const std::int64_t* at = k.ranks + (lane / k.inner * k.selected * k.inner + lane % k.inner);
        for (index_t q = 0; k.ranks != nullptr && q < k.selected; ++q, at += k.inner) {
          const index_t rank = *at < 0 ? 0 : *at < k.size ? static_cast<index_t>(*at) : k.size - 1;
          index_t next = 0;
          k.y[base + rank * k.inner] = place_of_rank(key, k.size, rank, key + k.size, rank + 1 < k.size ? &next : nullptr);
          if (rank + 1 < k.size) k.y[base + (rank + 1) * k.inner] = next;
        }
        if (k.ranks != nullptr) continue;
        index_t rank = middle_rank - 1 - k.wanted;
        if (k.wanted == middle_rank) {
          const index_t numbers = is_floating(dtype_of<T>) ? count_keys<false>(key, k.size, static_cast<I>(nan - 1)) : k.size;
          rank = numbers > 0 ? (numbers - 1) / 2 : 0;
          if (numbers < k.size) k.y[base + numbers * k.inner] = place_of_key(key, k.size, nan, 0);
        }
        k.y[base + rank * k.inner] = place_of_rank(key, k.size, rank, key + k.size);
        continue;
      }
      K differs = 0;
      for (index_t i = 0; i < k.size; ++i) {
        item[i] = {key_at(i), static_cast<std::uint32_t>(i)};
        differs = static_cast<K>(differs | (item[i].key ^ item[0].key));
      }
      sort_items(item, item + k.size, k.size, differs, [&k, base](index_t place, const SortItem<K>& x) { k.y[base + place * k.inner] = x.at; });
    }
  };
  parallel_for(w.parts, part, &w);
}
template <class T>
std::size_t argsort_workspace(const Machine& machine, const Step& s) {
  return sort_room<sort_key<T>>(machine.capacity(s.dim[1]));
}

/// Where n values belong among `size` sorted ones, eight at a time: the halvings of one need not wait for those of another.
template <bool Right, class T>
void find_places(const T* sorted, index_t size, const T* x, index_t n, std::int64_t* y) {
  const auto passes = [](const T& key, const T& value) { return Right ? !(key > value) : !(key >= value); };
  const auto find = [&](const T* value, std::int64_t* to, auto together) {
    constexpr int many = decltype(together)::value;
    index_t low[many]{};
    for (index_t left = size; left > 0;) {  // each belongs at low to low + left
      const index_t half = left > 1 ? left / 2 : 1;
      ETCH_UNROLL for (int k = 0; k < many; ++k) low[k] += passes(sorted[low[k] + half - 1], value[k]) ? half : 0;
      left -= half;
    }
    ETCH_UNROLL for (int k = 0; k < many; ++k) to[k] = low[k];
  };
  constexpr int many = 8;
  index_t i = 0;
  for (; i + many <= n; i += many) find(x + i, y + i, std::integral_constant<int, many>{});
  for (; i < n; ++i) find(x + i, y + i, std::integral_constant<int, 1>{});
}
/// [rows, sorted, 1, values]; accesses sorted, values, places. A value belongs before the first that is not below it, or
/// (`right`) before the first that is above it; what is not a number belongs at the end.
template <class T>
void run_searchsorted(Machine& machine, int s) {
  const Step& step = machine.step(s);
  const index_t rows = machine.size(step.dim[0]), size = machine.size(step.dim[1]), values = machine.size(step.dim[3]);
  const bool right = (step.arg >> 8 & 1) != 0;
  const T* sorted = reinterpret_cast<const T*>(machine.pointer(step.access));
  const T* x = reinterpret_cast<const T*>(machine.pointer(step.access + 1));
  auto* y = reinterpret_cast<std::int64_t*>(machine.pointer(step.access + 2));
  for (index_t r = 0; r < rows; ++r, sorted += size, x += values, y += values) (right ? find_places<true, T> : find_places<false, T>)(sorted, size, x, values, y);
}

}  // namespace detail
}  // namespace cpu
}  // namespace ETCH_ABI
}  // namespace etch

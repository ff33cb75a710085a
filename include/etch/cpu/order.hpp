// Sorting and searching: the stable order of the elements along one axis of [outer, size, inner], and places in sorted rows.
//
// Elements become unsigned keys whose order is theirs: NaN last, both zeros equal. Few keys are sorted by insertion, many by
// their bytes, lowest first, which is stable and takes a time linear in their number.
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

/// What sorting one lane needs: keys and positions, twice.
template <class K>
struct SortRoom {
  K* key;
  K* other_key;
  std::uint32_t* at;
  std::uint32_t* other_at;
  /// What was written is what is read next.
  void turn() {
    K* const k = key;
    key = other_key;
    other_key = k;
    std::uint32_t* const a = at;
    at = other_at;
    other_at = a;
  }
  static std::size_t bytes(index_t n) { return aligned(2 * static_cast<std::size_t>(n) * (sizeof(K) + 4) + 64); }
  SortRoom(char* memory, index_t n)
      : key(reinterpret_cast<K*>(memory)), other_key(key + n), at(reinterpret_cast<std::uint32_t*>(memory + (2 * static_cast<std::size_t>(n) * sizeof(K) + 7) / 8 * 8)), other_at(at + n) {}
};

/// Sorts `n` keys together with their positions; afterwards they are in `key` and `at`.
template <class K>
void sort_keys(SortRoom<K>& r, index_t n) {
  constexpr index_t few = sizeof(K) > 4 ? 96 : 48;
  if (n <= few) {
    for (index_t i = 1; i < n; ++i) {
      const K key = r.key[i];
      const std::uint32_t at = r.at[i];
      index_t j = i;
      for (; j > 0 && r.key[j - 1] > key; --j) {
        r.key[j] = r.key[j - 1];
        r.at[j] = r.at[j - 1];
      }
      r.key[j] = key;
      r.at[j] = at;
    }
    return;
  }
  constexpr int digits = static_cast<int>(sizeof(K));
  std::uint32_t count[digits][256] = {};
  for (index_t i = 0; i < n; ++i)
    for (int d = 0; d < digits; ++d) ++count[d][r.key[i] >> (8 * d) & 255];
  for (int d = 0; d < digits; ++d) {
    std::uint32_t* c = count[d];
    if (c[r.key[0] >> (8 * d) & 255] == static_cast<std::uint32_t>(n)) continue;  // all alike in this byte
    std::uint32_t start = 0;
    for (int v = 0; v < 256; ++v) {
      const std::uint32_t here = c[v];
      c[v] = start;
      start += here;
    }
    for (index_t i = 0; i < n; ++i) {
      const std::uint32_t to = c[r.key[i] >> (8 * d) & 255]++;
      r.other_key[to] = r.key[i];
      r.other_at[to] = r.at[i];
    }
    r.turn();
  }
}

/// The first `most` of the order only, kept sorted while all keys pass by: few of them come so far. Equal keys stay behind.
template <class K, class KeyAt>
void first_keys(SortRoom<K>& r, index_t n, index_t most, KeyAt key_at) {
  index_t have = 0;
  K worst = static_cast<K>(~K{0});
  for (index_t i = 0; i < n; ++i) {
    const K key = key_at(i);
    if (have == most && key >= worst) continue;
    index_t j = have < most ? have++ : most - 1;
    for (; j > 0 && r.key[j - 1] > key; --j) {
      r.key[j] = r.key[j - 1];
      r.at[j] = r.at[j - 1];
    }
    r.key[j] = key;
    r.at[j] = static_cast<std::uint32_t>(i);
    worst = r.key[have - 1];
  }
}

/// The position of the key with `rank` before it in the stable order: what shares its leading bits, then of those what shares the next,
/// until few are left to be sorted.
template <class K>
std::uint32_t key_of_rank(SortRoom<K>& r, index_t n, index_t rank) {
  constexpr int digit = 11;
  constexpr index_t few = 48;
  bool counted = false;  // whether the positions are written
  for (int rest = 8 * static_cast<int>(sizeof(K)); n > few && rest > 0;) {
    const int width = rest < digit ? rest : digit;
    rest -= width;
    const auto of = [rest, mask = (1u << width) - 1](K key) { return static_cast<std::uint32_t>(key >> rest) & mask; };
    std::uint32_t count[1 << digit] = {};
    for (index_t i = 0; i < n; ++i) ++count[of(r.key[i])];
    std::uint32_t v = 0;
    for (;; v += 32) {  // 32 at a time as far as that goes
      std::uint32_t here = 0;
      for (int j = 0; j < 32; ++j) here += count[v + static_cast<std::uint32_t>(j)];
      if (rank < static_cast<index_t>(here)) break;
      rank -= static_cast<index_t>(here);
    }
    for (; rank >= static_cast<index_t>(count[v]); ++v) rank -= static_cast<index_t>(count[v]);
    index_t kept = 0;
    for (index_t i = 0; i < n; ++i) {
      r.other_key[kept] = r.key[i];
      r.other_at[kept] = counted ? r.at[i] : static_cast<std::uint32_t>(i);
      kept += of(r.key[i]) == v ? 1 : 0;
    }
    r.turn();
    counted = true;
    n = kept;
  }
  for (index_t i = 0; !counted && i < n; ++i) r.at[i] = static_cast<std::uint32_t>(i);
  if (n <= few) sort_keys(r, n);
  return r.at[rank];
}

/// [outer, size, inner]; accesses x, order. The reversed keys of a descending order keep equal elements as they stand. Bits 9
/// and on of the argument say what is wanted where it is not all, and no others are written: the first so many, or (middle_rank) the
/// median and the first that is not a number, or (below it) one of them.
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
  };
  const index_t inner = machine.size(step.dim[2]);
  Work w{reinterpret_cast<const T*>(machine.pointer(step.access)), reinterpret_cast<std::int64_t*>(machine.pointer(step.access + 1)), static_cast<char*>(machine.workspace()),
         SortRoom<K>::bytes(machine.capacity(step.dim[1])), machine.size(step.dim[1]), inner, machine.size(step.dim[0]) * inner, 1, (step.arg >> 8 & 1) != 0, static_cast<index_t>(static_cast<std::int64_t>(step.arg) >> 9)};
  w.parts = parts_of(w.lanes, w.lanes * w.size * 8);
  auto part = [](void* context, int chunk, int thread) {
    const Work& k = *static_cast<const Work*>(context);
    for (index_t lane = k.lanes * chunk / k.parts; lane < k.lanes * (chunk + 1) / k.parts; ++lane) {
      const index_t base = lane / k.inner * k.size * k.inner + lane % k.inner;
      SortRoom<K> room(k.room + static_cast<std::size_t>(thread) * k.room_bytes, k.size);
      auto key_at = [&k, base, all = k.descending ? static_cast<K>(~K{0}) : K{0}](index_t i) { return static_cast<K>(key_of(k.x[base + i * k.inner]) ^ all); };
      if (k.wanted > 0 && k.wanted < k.size) {
        first_keys(room, k.size, k.wanted, key_at);
        for (index_t i = 0; i < k.wanted; ++i) k.y[base + i * k.inner] = room.at[i];
        continue;
      }
      if (k.wanted < 0 && k.size > 0) {
        index_t rank = middle_rank - 1 - k.wanted, numbers = k.size, nan = 0;
        for (index_t i = 0; i < k.size; ++i) {
          room.key[i] = key_at(i);
          if (is_floating(dtype_of<T>) && room.key[i] == static_cast<K>(~K{0})) nan = numbers-- == k.size ? i : nan;
        }
        if (k.wanted == middle_rank) {
          rank = numbers > 0 ? (numbers - 1) / 2 : 0;
          if (numbers < k.size) k.y[base + numbers * k.inner] = nan;
        }
        k.y[base + rank * k.inner] = key_of_rank(room, k.size, rank);
        continue;
      }
      for (index_t i = 0; i < k.size; ++i) {
        room.key[i] = key_at(i);
        room.at[i] = static_cast<std::uint32_t>(i);
      }
      sort_keys(room, k.size);
      for (index_t i = 0; i < k.size; ++i) k.y[base + i * k.inner] = room.at[i];
    }
  };
  parallel_for(w.parts, part, &w);
}
template <class T>
std::size_t argsort_workspace(const Machine& machine, const Step& s) {
  return SortRoom<sort_key<T>>::bytes(machine.capacity(s.dim[1]));
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
  for (index_t r = 0; r < rows; ++r, sorted += size)
    for (index_t i = 0; i < values; ++i, ++x) {
      index_t low = 0, high = size;
      while (low < high) {
        const index_t middle = low + (high - low) / 2;
        if (right ? sorted[middle] > *x : sorted[middle] >= *x) high = middle;
        else low = middle + 1;
      }
      *y++ = low;
    }
}

}  // namespace detail
}  // namespace cpu
}  // namespace ETCH_ABI
}  // namespace etch

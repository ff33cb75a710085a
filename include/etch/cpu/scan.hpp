// Scans: y[i] = y[i-1] combined with x[i], along one axis of [outer, size, inner], from either end.
//
// A lane is one (outer, inner) pair. Lanes do not depend on each other, so they run side by side and in parallel, and the order
// within one never changes. Floats accumulate in double.
#pragma once

#include <etch/cpu/machine.hpp>

namespace etch {
inline namespace ETCH_ABI {
namespace cpu {
namespace detail {

template <class T>
using accumulator = std::conditional_t<is_floating(dtype_of<T>), double, T>;

/// A rule has a state for a lane; `first` and `next` take the element (and the factor of a recurrence) and its position.
struct RunningSum {
  template <class T> using state = accumulator<T>;
  template <class T> using result = T;
  static constexpr bool has_factor = false;
  static constexpr bool chains = true;  ///< each element waits for the sum before it, so lanes run side by side
  template <class T> static ETCH_INLINE void first(accumulator<T>& s, T x, index_t) { s = static_cast<accumulator<T>>(x); }
  template <class T> static ETCH_INLINE void next(accumulator<T>& s, T, T x, index_t) { s = static_cast<accumulator<T>>(s + static_cast<accumulator<T>>(x)); }
  template <class T> static ETCH_INLINE T value(accumulator<T> s) { return static_cast<T>(s); }
  template <class V> static ETCH_INLINE V together(V s, V x) { return s + x; }  ///< the same of lanes side by side
};
struct RunningProduct : RunningSum {
  template <class V> static ETCH_INLINE V together(V s, V x) { return s * x; }
  template <class T> static ETCH_INLINE void next(accumulator<T>& s, T, T x, index_t) { s = static_cast<accumulator<T>>(s * static_cast<accumulator<T>>(x)); }
};
struct Recurrence : RunningSum {
  template <class V> static void together(V s, V x) = delete;
  static constexpr bool has_factor = true;
  template <class T> static ETCH_INLINE void next(accumulator<T>& s, T factor, T x, index_t) {
    s = static_cast<accumulator<T>>(s * static_cast<accumulator<T>>(factor) + static_cast<accumulator<T>>(x));
  }
};
struct RunningLogSumExp : RunningSum {
  template <class V> static void together(V s, V x) = delete;
  template <class T> static ETCH_INLINE void next(accumulator<T>& s, T, T x, index_t) {
    const double y = static_cast<double>(x), high = s > y || s != s ? s : y, low = s > y || s != s ? y : s;
    s = high == low && __builtin_isinf(high) ? high : high + __builtin_log1p(__builtin_exp(low - high));
  }
};
/// Where the extremum so far stands: the last of equals, and what is not a number beats everything, as in torch.cummax.
template <bool Smallest>
struct RunningExtremum {
  template <class T>
  struct State {
    T best;
    index_t at;
  };
  template <class T> using state = State<T>;
  template <class T> using result = std::int64_t;
  static constexpr bool has_factor = false;
  static constexpr bool smallest = Smallest;
  static constexpr bool chains = false;  // a new extremum is rare: a branch, and nothing to wait for
  template <class T> static ETCH_INLINE void first(State<T>& s, T x, index_t i) { s = {x, i}; }
  template <class T> static ETCH_INLINE void next(State<T>& s, T, T x, index_t i) {
    const bool stays = Smallest ? s.best < x : x < s.best;
    if (__builtin_expect(!stays, 0) && (x != x || s.best == s.best)) s = {x, i};
  }
  template <class T> static ETCH_INLINE std::int64_t value(const State<T>& s) { return s.at; }
  template <class T> static ETCH_INLINE T element(const State<T>& s) { return s.best; }  ///< what stands there
};

/// One scan over its operands.
template <class T, class Rule>
struct Scan {
  using Out = typename Rule::template result<T>;
  static constexpr index_t side = 8;   ///< lanes side by side: as many chains of dependent additions
  static constexpr index_t wide = 64;  ///< where they lie side by side: whole cache lines
  static constexpr index_t most = 2048; ///< of those whose rule is known for vectors: long enough that memory is read in runs, and their sums stay in the first-level cache
  using Sum = accumulator<T>;
  static constexpr bool vectors = (sizeof(T) == 4 || sizeof(T) == 8) && !etch::detail::is_complex_type<T> && !std::is_same_v<T, bool> &&
                                  requires(simd::Vec<Sum, 8> v) { Rule::together(v, v); };
  static constexpr bool finds = requires { Rule::smallest; };
  static constexpr bool skips = finds && (sizeof(T) == 4 || sizeof(T) == 8) && !etch::detail::is_half<T>;

  const T* factor;
  const T* x;
  Out* y;
  index_t size, inner, lanes;
  bool reverse;
  T* found = nullptr;  ///< the elements themselves, where a program wants them

  index_t offset(index_t lane) const { return lane / inner * size * inner + lane % inner; }
  template <class State>
  ETCH_INLINE void step(State& s, index_t e, index_t i) const {
    T f{};
    if constexpr (Rule::has_factor) f = factor[e];
    Rule::template next<T>(s, f, x[e], i);
    write(s, e);
  }
  template <class State>
  ETCH_INLINE void write(const State& s, index_t e) const {
    y[e] = Rule::template value<T>(s);
    if constexpr (finds) {
      if (found != nullptr) found[e] = Rule::template element<T>(s);
    }
  }
  template <index_t Most, class At>
  ETCH_INLINE void walk(index_t count, At at) const {
    typename Rule::template state<T> s[Most];
    const index_t begin = reverse ? size - 1 : 0, by = reverse ? -1 : 1;
    for (index_t l = 0; l < count; ++l) {
      const index_t e = at(l) + begin * inner;
      Rule::template first<T>(s[l], x[e], begin);
      write(s[l], e);
    }
    for (index_t k = 1; k < size; ++k) {
      const index_t i = begin + k * by;
      for (index_t l = 0; l < count; ++l) step(s[l], at(l) + i * inner, i);
    }
  }
  /// Lanes that lie side by side, one row of them after the other.
  void walk_rows(index_t base, index_t count) const {
    constexpr int L = ETCH_VECTOR_BYTES / static_cast<int>(sizeof(Sum)) > 1 ? ETCH_VECTOR_BYTES / static_cast<int>(sizeof(Sum)) : 1;  // whole vectors of sums: nothing is cut or joined
    alignas(64) Sum sum[most];
    const T* from = x + base + (reverse ? (size - 1) * inner : 0);
    Out* to = y + base + (reverse ? (size - 1) * inner : 0);
    const index_t by = reverse ? -inner : inner;
    for (index_t l = 0; l < count; ++l) sum[l] = static_cast<Sum>(to[l] = from[l]);
    index_t k = 1;
    const auto rows = [&](auto taken) {  // so many rows at once: their sums are stored once
      constexpr index_t n = decltype(taken)::value;
      const T* const x0 = from + k * by;
      Out* const y0 = to + k * by;
      index_t l = 0;
      for (; l + L <= count; l += L) {
        auto v = simd::load<Sum, L>(sum + l);
        for (index_t j = 0; j < n; ++j) {
          v = Rule::together(v, simd::convert<Sum>(simd::load<T, L>(x0 + j * by + l)));
          simd::store(y0 + j * by + l, simd::convert<T>(v));
        }
        simd::store(sum + l, v);
      }
      for (; l < count; ++l)
        for (index_t j = 0; j < n; ++j) {
          Rule::template next<T>(sum[l], T{}, x0[j * by + l], k + j);
          y0[j * by + l] = Rule::template value<T>(sum[l]);
        }
      k += n;
    };
    while (k + 4 <= size) rows(std::integral_constant<index_t, 4>{});
    while (k < size) rows(std::integral_constant<index_t, 1>{});
  }
  /// One lane of neighbours in which a new extremum is rare: vectors without one are asked once.
  void walk_line(index_t base) const {
    constexpr int L = 8;
    typename Rule::template state<T> s;
    const T* const from = x + base;
    Out* const to = y + base;
    Rule::template first<T>(s, from[0], 0);
    write(s, base);
    for (index_t i = 1; i < size;) {
      if (i + L <= size) {
        const auto v = simd::load<T, L>(from + i), best = simd::splat<T, L>(s.best);
        const auto stays = [&] {
          if constexpr (Rule::smallest) return best < v;
          else return v < best;
        }();
        if (__builtin_expect(!any(!stays), 1)) {
          simd::store(to + i, simd::splat<Out, L>(Rule::template value<T>(s)));
          if (found != nullptr) simd::store(found + base + i, best);
          i += L;
          continue;
        }
      }
      const index_t end = size - i < L ? size : i + L;
      for (; i < end; ++i) step(s, base + i, i);
    }
  }
  void run(index_t begin, index_t end) const {
    for (index_t lane = begin; lane < end;) {
      const index_t base = offset(lane), beside = inner - lane % inner < end - lane ? inner - lane % inner : end - lane;
      if constexpr (vectors) {
        if (beside >= side && size > 0) {
          const index_t count = beside < most ? beside : most;
          walk_rows(base, count);
          lane += count;
          continue;
        }
      }
      if constexpr (skips) {
        if (inner == 1 && !reverse && size > 0) {
          walk_line(base);
          ++lane;
          continue;
        }
      }
      if (beside >= wide) {
        walk<wide>(wide, [base](index_t l) { return base + l; });
        lane += wide;
      } else if (beside >= side) {
        walk<side>(side, [base](index_t l) { return base + l; });
        lane += side;
      } else if (end - lane == 1 || (!Rule::chains && inner == 1)) {
        walk<1>(1, [base](index_t) { return base; });
        ++lane;
      } else {
        index_t from[side];
        const index_t count = end - lane < side ? end - lane : side;
        for (index_t l = 0; l < count; ++l) from[l] = offset(lane + l);
        walk<side>(count, [&from](index_t l) { return from[l]; });
        lane += count;
      }
    }
  }
};

/// How many parts lanes of so many elements together are divided into.
inline int parts_of(index_t lanes, index_t elements) {
  const index_t parts = elements >> 15;
  return static_cast<int>(parts < 2 || lanes < 2 ? 1 : parts < lanes ? (parts < 16 ? parts : 16) : (lanes < 16 ? lanes : 16));
}

/// [outer, size, inner]; accesses (factor,) x, y, and of an extremum where its values go, if a program wants them.
template <class T, class Rule>
void run_scan(Machine& machine, int s) {
  using Work = Scan<T, Rule>;
  const Step& step = machine.step(s);
  const int x = step.access + (Rule::has_factor ? 1 : 0);
  const index_t inner = machine.size(step.dim[2]);
  struct Shared {
    Work work;
    int parts;
  } w{{reinterpret_cast<const T*>(machine.pointer(step.access)), reinterpret_cast<const T*>(machine.pointer(x)),
       reinterpret_cast<typename Work::Out*>(machine.pointer(x + 1)), machine.size(step.dim[1]), inner, machine.size(step.dim[0]) * inner, (step.arg >> 8 & 1) != 0},
      1};
  if (Work::finds && step.accesses == 3) w.work.found = reinterpret_cast<T*>(machine.pointer(x + 2));
  w.parts = num_threads() == 1 ? 1 : parts_of(w.work.lanes, w.work.lanes * w.work.size);  // no lane asks in which part it is
  auto part = [](void* context, int chunk, int) {
    const Shared& k = *static_cast<const Shared*>(context);
    k.work.run(k.work.lanes * chunk / k.parts, k.work.lanes * (chunk + 1) / k.parts);
  };
  parallel_for(w.parts, part, &w);
}

/// The elements one place further along the axis; accesses x, y.
template <class T>
void run_delay(Machine& machine, int s) {
  const Step& step = machine.step(s);
  const index_t outer = machine.size(step.dim[0]), size = machine.size(step.dim[1]), inner = machine.size(step.dim[2]);
  if (size == 0) return;
  const bool reverse = (step.arg >> 8 & 1) != 0;
  const T* x = reinterpret_cast<const T*>(machine.pointer(step.access));
  T* y = reinterpret_cast<T*>(machine.pointer(step.access + 1));
  const index_t moved = (size - 1) * inner;
  for (index_t o = 0; o < outer; ++o, x += size * inner, y += size * inner) {
    std::memcpy(static_cast<void*>(y + (reverse ? 0 : inner)), x + (reverse ? inner : 0), static_cast<std::size_t>(moved) * sizeof(T));
    for (index_t i = 0; i < inner; ++i) y[(reverse ? moved : 0) + i] = static_cast<T>(static_cast<int>(step.arg >> 9));
  }
}

}  // namespace detail
}  // namespace cpu
}  // namespace ETCH_ABI
}  // namespace etch

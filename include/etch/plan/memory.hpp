// Offsets of buffers in the arena: in the order of time, or by size where that leaves too much unused.
//
//   least = max over steps of the bytes alive        no offsets need less
//
// What a fused loop makes of an operand that dies there, element by element, lies in its place: those lines need not be fetched before they are written.
#pragma once

#include <etch/plan/lower.hpp>

namespace etch {
inline namespace ETCH_ABI {
namespace detail {

/// Sizes of the buffers, and the steps between which they are alive.
template <int N>
constexpr void find_lifetimes(Planning<N>& p, PlanDraft<N>& out) {
  out.buffers = p.buffers;
  for (int i = 0; i < p.buffers; ++i) {
    const int n = p.buffer_node[i];
    out.buffer[i].bytes = n < 0 ? static_cast<std::int64_t>(-1 - n) * 64 : (p.z.capacity(p.elements(n)) * static_cast<std::int64_t>(size_of(p.node(n).dtype)) + 63) / 64 * 64;
    out.buffer[i].first = out.steps;
    out.buffer[i].last = -1;
  }
  for (int s = 0; s < out.steps; ++s) {
    auto touch = [&](const Access& a) {
      if (a.root != Root::buffer) return;
      Buffer& b = out.buffer[a.index];
      b.first = s < b.first ? s : b.first;
      b.last = s > b.last ? s : b.last;
    };
    for (int k = 0; k < out.step[s].accesses; ++k) touch(out.access[out.step[s].access + k]);
    for (int k = 0; k < out.step[s].combines; ++k) touch(out.combine[out.step[s].combine + k].target);
  }
}

/// Whether two accesses of a step are to the same elements of two buffers.
constexpr bool walks_alike(const Step& s, const Access& a, const Access& b) {
  bool same = a.root == Root::buffer && b.root == Root::buffer && a.size == b.size && a.byte == b.byte && a.extra == 0 && b.extra == 0 && a.chunk == 0 && b.chunk == 0;
  for (int k = 0; k < s.loop_dims; ++k) same = same && a.stride[k] == b.stride[k];
  return same;
}

/// Joins buffers that fused loops make with operands of theirs that die, if each element was read last before it is written. Rows are whole
/// cache lines: the next one's first load would wait for the masked store that ends a row.
template <int N>
constexpr void join_dying(PlanDraft<N>& out) {
  for (int n = 0; n < out.steps; ++n) {
    const Step& s = out.step[n];
    if (s.kind != StepKind::fused) continue;
    Access* const access = out.access + s.access;
    const auto whole = [&](const Access& a) { return s.loop_dims == 1 || s.loop[0] == 1 || (s.loop[s.loop_dims - 1] > 0 && s.loop[s.loop_dims - 1] * a.size % 64 == 0); };
    int loaded[256]{}, stored[256]{};  // by slot: 1 + the last word that loads it, the first that stores it
    bool other[256]{};
    for (int w = s.code; w < s.code + s.words; ++w) {
      const Instruction i = decode(out.word[w]);
      const auto op = static_cast<Word>(i.op);
      if (op == Word::number64) ++w;
      if (op != Word::load && op != Word::store && op != Word::accumulate) continue;
      if (op == Word::load && stored[i.slot] == 0) loaded[i.slot] = w + 1;
      if (op == Word::store && stored[i.slot] == 0) stored[i.slot] = w + 1;
      other[i.slot] = other[i.slot] || op == Word::accumulate || static_cast<Stride>(i.mode) != Stride::unit;
    }
    const auto is_only = [&](int slot) {
      for (int k = 0; k < s.accesses; ++k)
        if (k != slot && access[k].root == Root::buffer && access[k].index == access[slot].index) return false;
      return true;
    };
    for (int to = 0; to < s.accesses; ++to) {
      if (stored[to] == 0 || loaded[to] != 0 || other[to] || access[to].root != Root::buffer || out.buffer[access[to].index].first != n || !is_only(to) || !whole(access[to])) continue;
      for (int from = 0; from < s.accesses; ++from) {
        if (stored[from] != 0 || loaded[from] == 0 || loaded[from] > stored[to] || other[from] || !walks_alike(s, access[from], access[to]) || !is_only(from)) continue;
        const int kept = access[from].index, gone = access[to].index;
        if (out.buffer[kept].last != n || out.buffer[kept].bytes != out.buffer[gone].bytes) continue;
        out.buffer[kept].last = out.buffer[gone].last;
        out.buffer[gone].last = -1;
        const auto rename = [&](Access& a) {
          if (a.root == Root::buffer && a.index == gone) a.index = kept;
        };
        for (int k = 0; k < out.accesses; ++k) rename(out.access[k]);
        for (int k = 0; k < out.combines; ++k) rename(out.combine[k].target);
        break;
      }
    }
  }
}

/// The most that is alive in any step.
template <int N>
constexpr std::int64_t least_bytes(const PlanDraft<N>& out) {
  std::int64_t change[PlanDraft<N>::max_steps + 1]{};
  for (int i = 0; i < out.buffers; ++i) {
    const Buffer& b = out.buffer[i];
    if (b.last < 0) continue;
    change[b.first] += b.bytes;
    change[b.last + 1] -= b.bytes;
  }
  std::int64_t alive = 0, most = 0;
  for (int s = 0; s < out.steps; ++s) {
    alive += change[s];
    most = alive > most ? alive : most;
  }
  return most;
}

/// Offsets in the order of time: each takes the lowest gap it fits into, which was in use most often, or the room above.
template <int N>
constexpr void place_by_time(PlanDraft<N>& out) {
  // births and deaths by step
  int births[PlanDraft<N>::max_steps + 1]{}, deaths[PlanDraft<N>::max_steps + 1]{};
  int next_birth[PlanDraft<N>::max_buffers]{}, next_death[PlanDraft<N>::max_buffers]{};
  for (int s = 0; s <= out.steps; ++s) births[s] = deaths[s] = -1;
  for (int i = out.buffers - 1; i >= 0; --i) {
    const Buffer& b = out.buffer[i];
    if (b.last < 0) continue;
    next_birth[i] = births[b.first];
    births[b.first] = i;
    next_death[i] = deaths[b.last];
    deaths[b.last] = i;
  }
  // gaps below the highest address, sorted; the room above is always free
  std::int64_t gap_begin[PlanDraft<N>::max_buffers]{}, gap_end[PlanDraft<N>::max_buffers]{};
  int gaps = 0;
  std::int64_t top = 0;
  for (int s = 0; s < out.steps; ++s) {
    for (int i = s > 0 ? deaths[s - 1] : -1; i >= 0; i = next_death[i]) {
      const std::int64_t begin = out.buffer[i].offset, end = begin + out.buffer[i].bytes;
      int k = gaps;
      while (k > 0 && gap_begin[k - 1] > begin) --k;
      const bool joins_below = k > 0 && gap_end[k - 1] == begin, joins_above = k < gaps && gap_begin[k] == end;
      if (joins_below && joins_above) {
        gap_end[k - 1] = gap_end[k];
        --gaps;
        for (int j = k; j < gaps; ++j) {
          gap_begin[j] = gap_begin[j + 1];
          gap_end[j] = gap_end[j + 1];
        }
      } else if (joins_below) {
        gap_end[k - 1] = end;
      } else if (joins_above) {
        gap_begin[k] = begin;
      } else {
        for (int j = gaps++; j > k; --j) {
          gap_begin[j] = gap_begin[j - 1];
          gap_end[j] = gap_end[j - 1];
        }
        gap_begin[k] = begin;
        gap_end[k] = end;
      }
    }
    if (gaps > 0 && gap_end[gaps - 1] == top) top = gap_begin[--gaps];
    for (int i = births[s]; i >= 0; i = next_birth[i]) {
      const std::int64_t bytes = out.buffer[i].bytes;
      int gap = 0;
      while (gap < gaps && gap_end[gap] - gap_begin[gap] < bytes) ++gap;
      if (gap == gaps) {
        out.buffer[i].offset = top;
        top += bytes;
        out.arena_bytes = top > out.arena_bytes ? top : out.arena_bytes;
        continue;
      }
      out.buffer[i].offset = gap_begin[gap];
      gap_begin[gap] += bytes;
      if (gap_begin[gap] < gap_end[gap]) continue;
      --gaps;
      for (int j = gap; j < gaps; ++j) {
        gap_begin[j] = gap_begin[j + 1];
        gap_end[j] = gap_end[j + 1];
      }
    }
  }
}

/// Offsets by size, the largest first: each takes the lowest gap between those that are alive when it is. Returns the bytes of all.
template <int N>
constexpr std::int64_t place_by_size(const PlanDraft<N>& out, std::int64_t* offset) {
  int order[PlanDraft<N>::max_buffers]{}, placed[PlanDraft<N>::max_buffers]{};  // by size; by offset
  int count = 0;
  for (int i = 0; i < out.buffers; ++i) {
    if (out.buffer[i].last < 0) continue;
    int k = count++;
    for (; k > 0 && out.buffer[order[k - 1]].bytes < out.buffer[i].bytes; --k) order[k] = order[k - 1];
    order[k] = i;
  }
  std::int64_t top = 0;
  for (int n = 0; n < count; ++n) {
    const Buffer& b = out.buffer[order[n]];
    std::int64_t at = 0;
    for (int k = 0; k < n; ++k) {
      const Buffer& other = out.buffer[placed[k]];
      if (other.last < b.first || b.last < other.first) continue;
      if (offset[placed[k]] >= at + b.bytes) break;
      const std::int64_t end = offset[placed[k]] + other.bytes;
      at = end > at ? end : at;
    }
    offset[order[n]] = at;
    top = at + b.bytes > top ? at + b.bytes : top;
    int k = n;
    for (; k > 0 && offset[placed[k - 1]] > at; --k) placed[k] = placed[k - 1];
    placed[k] = order[n];
  }
  return top;
}

/// Offsets for all buffers; by size, which looks at all pairs of them, only where it may bring something.
template <int N>
constexpr void assign_memory(Planning<N>& p, PlanDraft<N>& out) {
  find_lifetimes(p, out);
  join_dying(out);
  place_by_time(out);
  const std::int64_t least = least_bytes(out);
  if (out.arena_bytes <= least + least / 64) return;
  std::int64_t offset[PlanDraft<N>::max_buffers]{};
  const std::int64_t bytes = place_by_size(out, offset);
  if (bytes >= out.arena_bytes) return;
  out.arena_bytes = bytes;
  for (int i = 0; i < out.buffers; ++i) out.buffer[i].offset = offset[i];
}

}  // namespace detail
}  // namespace ETCH_ABI
}  // namespace etch

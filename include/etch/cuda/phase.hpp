// A small program as one kernel: its steps as phases, between which all threads of its blocks meet.
//
//   for each phase:  items thread, thread + threads, ...;  barrier
//
// What a plan keeps in its arena lies in the shared memory of a block that is alone, and in global memory where there are several. An item is
// one thread's, and nothing in a phase depends on how many threads and blocks there are: on the CPU they are a loop, phase by phase, and give
// the same bits.
#pragma once

#include <etch/cuda/accumulators.hpp>
#include <etch/cuda/demand.hpp>
#include <etch/cuda/product_element.hpp>

namespace etch {
inline namespace ETCH_ABI {
namespace device {
inline namespace ETCH_PLACE {

enum class PhaseKind : std::uint8_t {
  elements,  ///< of a fused group, each by itself
  rows,      ///< each ends in a reduction
  columns,   ///< of accumulators whose columns share nothing: one of them, all its rows or some
  start,     ///< accumulators become neutral
  parts,     ///< of accumulators: some rows, or some columns of one row
  combine,   ///< the parts of accumulators, in order
  product,   ///< tiles of a product
  demand,    ///< values that are checked
};

/// What all threads do between two barriers. Memory of the block is told by its offset.
struct Phase {
  PhaseKind kind = PhaseKind::elements;
  DType dtype = DType::float32;
  Op op = Op::sum;
  int step = 0;      ///< of its program
  int group = 0;     ///< which of the kernel's
  int access = 0;    ///< the first of its step, or the one it is about
  index_t count = 0; ///< items
  bool meets = true; ///< whether the threads do behind it
  FusedArgs args;
  Extent extent;
  // a product, or where an epilogue finds it: accesses, of which c may be -1, memory of the block
  index_t stride[3][3]{}, m = 0, n = 0, k = 0, batches = 1;
  int operand[3] = {-1, -1, -1};
  index_t product_at = 0;
  // accumulators: what a part has, and what lies between two
  index_t elements = 0, part_bytes = 0;
  int target = -1;  ///< an entry behind the accesses
  Walk walk;
  index_t size = 0;
  Demand rule{};
  bool wraps = false;
};

/// A number of a call, and how many there may be.
inline constexpr int value_bytes = 16, max_values = 32;

/// One program of a call: its phases and addresses, as the host has bound them.
struct BlockProgram {
  const Phase* phase = nullptr;
  int phases = 0, entries = 0;     ///< entries: every access, then the targets of accumulators
  char* const* entry = nullptr;
  char* room = nullptr;            ///< what the block's own memory stands for
  index_t room_bytes = 0, scratch_at = 0, scratch_bytes = 0;
  char* values = nullptr;          ///< likewise, for the numbers of this call
  int value_count = 0;
  int first_group = 0;             ///< of the kernel's
  Fault* fault = nullptr;
};
/// One launch: a program, or two, one after the other.
struct BlockCall {
  BlockProgram program[2];
  int programs = 0, blocks = 1;
  bool has_room = true;  ///< whether rooms lie in the block's memory; elsewhere where they do not fit or there are several blocks
  alignas(16) char value[2][max_values * value_bytes];

  static constexpr index_t whole(index_t bytes) { return (bytes + 15) / 16 * 16; }
  ETCH_SCALAR index_t entries_at(int p) const { return p == 0 ? 0 : whole(program[0].entries * static_cast<index_t>(sizeof(char*))); }
  ETCH_SCALAR index_t values_at(int p) const {
    const index_t first = entries_at(1) + (programs > 1 ? whole(program[1].entries * static_cast<index_t>(sizeof(char*))) : 0);
    return first + (p == 0 ? 0 : program[0].value_count * value_bytes);
  }
  ETCH_SCALAR index_t room_at() const { return (values_at(1) + program[1].value_count * value_bytes + 63) / 64 * 64; }
  /// Bytes of the block's memory; two programs use the same room.
  index_t bytes() const { return room_at() + (has_room ? (program[0].room_bytes > program[1].room_bytes ? program[0].room_bytes : program[1].room_bytes) : 0); }
};

/// Rows and columns of a product that one thread computes, a grid of tiles apart: neighbours read neighbours.
inline constexpr int tile_rows = 4, tile_columns = 2;
template <class T>
struct ProductTile {
  Matrix a, b, c;
  index_t m, n, k;
  static constexpr index_t across(index_t n, int tile) { return (n + tile - 1) / tile; }
  static constexpr index_t count(index_t batches, index_t m, index_t n) { return batches * across(m, tile_rows) * across(n, tile_columns); }
  ETCH_INLINE void operator()(index_t item) const {
    const index_t down = across(m, tile_rows), right = across(n, tile_columns), r = item / right % down, s = item % right, batch = item / (down * right);
    const T* const x = reinterpret_cast<const T*>(a.data) + batch * a.batch;
    const T* const y = reinterpret_cast<const T*>(b.data) + batch * b.batch;
    index_t row[tile_rows], column[tile_columns];  // behind the edge: the first again, which is not stored
    for (int i = 0; i < tile_rows; ++i) row[i] = (r + i * down < m ? r + i * down : r) * a.row;
    for (int j = 0; j < tile_columns; ++j) column[j] = (s + j * right < n ? s + j * right : s) * b.column;
    T sum[tile_rows][tile_columns]{};
    for (index_t l = 0; l < k; ++l) {
      T left[tile_rows];
      for (int i = 0; i < tile_rows; ++i) left[i] = x[row[i] + l * a.column];
      for (int j = 0; j < tile_columns; ++j) {
        const T v = y[l * b.row + column[j]];
        for (int i = 0; i < tile_rows; ++i) sum[i][j] += left[i] * v;
      }
    }
    T* const to = reinterpret_cast<T*>(c.data) + batch * c.batch;
    for (int i = 0; i < tile_rows; ++i)
      for (int j = 0; j < tile_columns; ++j)
        if (r + i * down < m && s + j * right < n) to[(r + i * down) * c.row + (s + j * right) * c.column] = sum[i][j];
  }
};

/// What a thread does: `Code` is [groups, (begin, count).., the groups' words..].
template <std::uint64_t... Code>
struct BlockThread {
  static constexpr std::uint64_t code[] = {Code...};
  static constexpr int groups = static_cast<int>(code[0]);
  template <int G>
  using Words = std::make_index_sequence<static_cast<std::size_t>(code[2 + 2 * G])>;

  const BlockCall& call;
  char* memory;  ///< the block's
  int block, thread, threads;  ///< of a block

  /// The first of this thread's items, and how far the next one is: warps are dealt to blocks in turn.
  ETCH_INLINE index_t first() const {
    const int warp = threads % 32 == 0 ? 32 : threads;
    return static_cast<index_t>(thread / warp * call.blocks + block) * warp + thread % warp;
  }
  ETCH_INLINE index_t stride() const { return static_cast<index_t>(threads) * call.blocks; }

  ETCH_INLINE char** entries(int p) const { return reinterpret_cast<char**>(memory + call.entries_at(p)); }
  ETCH_INLINE char* room(int p) const { return call.has_room ? memory + call.room_at() : call.program[p].room; }
  /// An address as this block has it.
  ETCH_INLINE char* moved(int p, char* address) const {
    const BlockProgram& x = call.program[p];
    const auto at = reinterpret_cast<std::uintptr_t>(address), in_room = at - reinterpret_cast<std::uintptr_t>(x.room), in_values = at - reinterpret_cast<std::uintptr_t>(x.values);
    if (in_room < static_cast<std::uintptr_t>(x.room_bytes)) return room(p) + in_room;
    if (in_values < static_cast<std::uintptr_t>(x.value_count * value_bytes)) return memory + call.values_at(p) + in_values;
    return address;
  }
  /// The first phase of all: addresses and numbers come to each block.
  ETCH_INLINE void arrive() const {
    for (int p = 0; p < call.programs; ++p) {
      for (int i = thread; i < call.program[p].entries; i += threads) entries(p)[i] = moved(p, call.program[p].entry[i]);
      for (int i = thread; i < call.program[p].value_count * value_bytes; i += threads) memory[call.values_at(p) + i] = call.value[p][i];
    }
  }
  /// Phase q of program p.
  ETCH_INLINE void run(int p, int q) const {
    const Phase& f = call.program[p].phase[q];
    char** const entry = entries(p) + f.access;
    switch (f.kind) {
      case PhaseKind::start: return each(f, StartAccumulator{entry, f.part_bytes, f.elements, f.op, f.dtype});
      case PhaseKind::combine: return each(f, CombineParts{entry, entries(p) + f.target, f.part_bytes, f.extent.parts, f.op, f.dtype});
      case PhaseKind::product: return f.dtype == DType::float64 ? each(f, tile_of<double>(p, f)) : each(f, tile_of<float>(p, f));
      case PhaseKind::demand: return each(f, DemandElement<std::int64_t>{entry, entry + 1, f.walk, f.size, f.rule, f.wraps, call.program[p].fault, f.step});
      default: return fused(p, f, std::make_index_sequence<static_cast<std::size_t>(groups)>{});
    }
  }

 private:
  template <class F>
  ETCH_INLINE void each(const Phase& f, const F& item) const {
    for (index_t i = first(); i < f.count; i += stride()) item(i);
  }
  template <class T>
  ETCH_INLINE ProductTile<T> tile_of(int p, const Phase& f) const {
    const auto matrix = [&](int o) { return Matrix{f.operand[o] < 0 ? room(p) + f.product_at : entries(p)[f.operand[o]], f.stride[o][0], f.stride[o][1], f.stride[o][2]}; };
    return {matrix(0), matrix(1), matrix(2), f.m, f.n, f.k};
  }
  template <std::size_t... G>
  ETCH_INLINE void fused(int p, const Phase& f, std::index_sequence<G...>) const {
    FusedArgs args = f.args;
    args.base = entries(p) + f.access;
    args.random = reinterpret_cast<const std::uint64_t*>(moved(p, reinterpret_cast<char*>(const_cast<std::uint64_t*>(args.random))));
    const int wanted = f.group + call.program[p].first_group;
    (void)((wanted == static_cast<int>(G) ? (group(p, f, args, group_at<static_cast<int>(G)>(Words<static_cast<int>(G)>{})), true) : false) || ...);
  }
  template <int G, std::size_t... W>
  static constexpr Group<code[code[1 + 2 * G] + W]...>* group_at(std::index_sequence<W...>) {
    return nullptr;
  }
  template <class G>
  ETCH_INLINE void group(int p, const Phase& f, const FusedArgs& args, G*) const {
    const index_t element = f.dtype == DType::float64 ? 8 : 4;
    const TileView tile{room(p) + f.product_at, f.n * element, element};
    for (index_t i = first(); i < f.count; i += stride()) {
      FusedCall c;
      c.args = &args;
      c.row1 = f.extent.rows;
      c.col1 = f.extent.columns;
      c.scratch = room(p) + call.program[p].scratch_at + first() * call.program[p].scratch_bytes;
      bool leads = true;
      if constexpr (G::division == Division::elements) {
        c.row0 = i / f.extent.columns, c.row1 = c.row0 + 1;
        c.col0 = i % f.extent.columns, c.col1 = c.col0 + 1;
        leads = c.col0 == 0;
      } else if constexpr (G::division == Division::rows) {
        c.row0 = i, c.row1 = i + 1;
      } else if (f.kind == PhaseKind::columns) {
        const index_t part = i / f.extent.columns;
        c.row0 = f.extent.rows * part / f.extent.parts, c.row1 = f.extent.rows * (part + 1) / f.extent.parts;
        c.col0 = i % f.extent.columns, c.col1 = c.col0 + 1;
        c.chunk = static_cast<int>(part);
        leads = c.col0 == 0;
      } else {
        index_t& begin = f.extent.by_column ? c.col0 : c.row0;
        index_t& end = f.extent.by_column ? c.col1 : c.row1;
        const index_t all = end;
        begin = all * i / f.count, end = all * (i + 1) / f.count;
        c.chunk = static_cast<int>(i);
      }
      tile.point(c);
      G::run(c, Alone{leads});
    }
  }
};

}  // namespace ETCH_PLACE
}  // namespace device
}  // namespace ETCH_ABI
}  // namespace etch

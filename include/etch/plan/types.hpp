// What a plan is made of: locations (where a node's elements lie), slots and words of kernels, steps, buffers.
#pragma once

#include <etch/graph/graph.hpp>

namespace etch {
inline namespace ETCH_ABI {
namespace detail {

/// A number of either sign as the code of a stride: negative ones lie below all symbols.
constexpr int stride_code(int n) { return n >= 0 ? n : n - max_plan_symbols; }
/// Whether a size or stride is known to the plan.
constexpr bool is_static(int code) { return code >= 0 || code < -max_plan_symbols; }
/// The number that such a code stands for.
constexpr int number_of(int code) { return code >= 0 ? code : code + max_plan_symbols; }

/// Whose memory a location is in.
enum class Root : std::uint8_t {
  none,
  input,     ///< slot of the program's inputs
  output,    ///< slot of the program's outputs
  buffer,    ///< the arena
  constant,  ///< a number: no memory
  iota,      ///< its own index: no memory
  extent,    ///< the table of actual sizes
  scratch,   ///< a row kept between two passes of one kernel, one per thread
  tile,      ///< the finished block of a product, while it is in cache
};

/// Where the elements of a node lie: base + byte + (offset + extra + sum index_i stride_i) elements.
struct Location {
  Root root;
  int index;
  std::int64_t byte;
  std::int64_t offset;
  int extra;   ///< a symbolic offset (a size code), 0 for none
  bool dense;  ///< the strides are those of a dense tensor
  int stride[max_rank];
};

/// How a kernel walks one operand: base plus one stride for each dimension of the loop.
struct Access {
  Root root;
  std::uint8_t size;  ///< bytes of an element
  int index;
  std::int64_t byte;  ///< offset from the root, in bytes
  int extra;          ///< symbolic offset in elements
  int stride[max_rank]; ///< elements, for each loop dimension, outermost first; the last one is the column's
  std::int64_t chunk; ///< bytes between the partial results of two chunks
  bool constant;      ///< of an input that stays as it is
};

enum class StepKind : std::uint8_t {
  fused, dot, take, scatter_add, checked, gather, scatter,
  cumsum, cumprod, logcumsumexp, cummax, cummin, recurrence, delay, argsort, searchsorted,
  ctc, svd,
  attention, attention_grad, loop,
  window_dot,  ///< a product whose operands are read through windows
  max_pool, max_pool_back
};
constexpr const char* name_of(StepKind k) {
  constexpr const char* names[] = {"fused", "product", "take", "scatter_add", "checked", "gather", "scatter", "cumsum", "cumprod", "logcumsumexp", "cummax", "cummin", "recurrence", "delay", "argsort", "searchsorted",
                                   "ctc", "svd", "attention", "attention_grad", "loop", "convolution", "max_pool", "max_pool_back"};
  return names[static_cast<int>(k)];
}
constexpr bool is_along(StepKind k) { return k >= StepKind::cumsum && k <= StepKind::searchsorted; }

/// One kernel call.
struct Step {
  StepKind kind = StepKind::fused;
  DType dtype = DType::float32;
  int level = 0;
  int node = -1;             ///< the node a library kernel computes
  int code = 0, words = 0;   ///< fused code (an epilogue, for a product)
  int access = 0, accesses = 0;
  int loop_dims = 0;         ///< of the fused loop, the last is the column
  int loop[max_rank]{};      ///< their sizes, outermost first
  int dims = 0;              ///< sizes of a library kernel: a product's [batch.., M, N, K]
  int dim[max_rank + 1]{};
  int chunks = 1;            ///< independent parts of the loop, fixed here so that threads cannot change a bit
  bool by_column = false;    ///< chunks divide the columns, not the rows
  bool backwards = false;    ///< the last chunk first: what the kernel before has just written is still in the caches
  int block = 0;             ///< columns at a time, all rows of them before the next: what lies a line apart is read while its line is in the cache
  std::uint32_t streamed = 0;  ///< accesses of a product's epilogue that are stored past the caches, as bits
  int combine = 0, combines = 0;  ///< accumulators to initialise before and to combine after
  std::int64_t scratch = 0;       ///< bytes per thread for rows kept between passes
  std::uint64_t arg = 0;          ///< of the node: attention's scale and mask, a loop's number
  std::int64_t flops = 0, bytes = 0;
};

/// An accumulator of a step: `count` elements, combined over the chunks by `op`.
struct Combine {
  Op op = Op::sum;
  DType dtype = DType::float32;
  int access = 0;  ///< of the step: where the partial results are
  int count = 1;   ///< a size code
  Access target{};
};

/// A piece of the arena and the steps between which it is alive.
/// In an array, nvcc leaves members unset that have no initialiser where another has one: all have one, or none.
struct Buffer {
  std::int64_t bytes;
  std::int64_t offset;
  int first, last;
};

/// The whole plan: steps in order, and the arrays they point into.
template <int Steps, int Words, int Accesses, int Combines, int Buffers, int Symbols>
struct Plan {
  static constexpr int steps = Steps, words = Words, accesses = Accesses, combines = Combines, buffers = Buffers, symbols = Symbols;
  Step step[Steps > 0 ? Steps : 1]{};
  std::uint64_t word[Words > 0 ? Words : 1]{};
  Access access[Accesses > 0 ? Accesses : 1]{};
  Combine combine[Combines > 0 ? Combines : 1]{};
  Buffer buffer[Buffers > 0 ? Buffers : 1]{};
  Symbol symbol[Symbols > 0 ? Symbols : 1]{};
  int random_slot = -1;
  std::int64_t arena_bytes = 0;
  std::int64_t scratch_bytes = 0;  ///< for each thread
  bool valid = false;
};

// ---- kernel words ----------------------------------------------------------------------------------------------------
//
//   bits  0-7   operation (Op for pointwise work, or one of Word below)
//         8-11  register class of the result      12-19 its number
//        20-27, 28-35, 36-43  operands            44-47 register class of the operands
//        48-55  slot (access)                     56-59 how the column moves, or the reduction
//        60-63  element type in memory
//   A constant keeps a float's bits in 32-63; a stream number likewise.

enum class Word : std::uint8_t {
  load = 128,    ///< d = memory[slot]
  store,         ///< memory[slot] = a
  number,        ///< d = the float in bits 32-63
  number64,      ///< d = the next word's bits
  index,         ///< d = position along an axis: base + column
  uniform,       ///< d = random number of this element
  initialise,    ///< d = neutral value of the reduction in bits 56-59
  reduce,        ///< d = d op a, lane by lane
  finish,        ///< d = all lanes of d combined
  accumulate,    ///< memory[slot] = memory[slot] op a
  row,           ///< what follows runs once for each row ...
  columns,       ///< ... what follows runs for each element of the row
};

/// Register classes: what a kernel computes in.
enum class Class : std::uint8_t { f32, f64, i32, i64, mask };
inline constexpr int classes = 5;

constexpr Class class_of(DType d) {
  switch (d) {
    case DType::float16:
    case DType::bfloat16:
    case DType::float32: return Class::f32;
    case DType::float64: return Class::f64;
    case DType::int64: return Class::i64;
    case DType::boolean: return Class::mask;
    default: return Class::i32;
  }
}

/// How a load or store moves along the row.
enum class Stride : std::uint8_t {
  splat, unit, strided,
  tile,      ///< unit, of the finished block of a product
  second,    ///< every second element
  backward,  ///< from the last to the first
  pair,      ///< two registers in turn, d and b of a load, a and b of a store: as complex numbers keep their parts
  stream,    ///< unit, of a store past the caches
};

struct Instruction {
  std::uint8_t op = 0;
  Class type = Class::f32, from = Class::f32;
  int d = 0, a = 0, b = 0, c = 0;
  int slot = 0;
  int mode = 0;
  DType memory = DType::float32;
  std::uint32_t bits = 0;
};

constexpr bool has_bits(std::uint8_t op) { return op == static_cast<std::uint8_t>(Word::number) || op == static_cast<std::uint8_t>(Word::uniform); }

constexpr std::uint64_t encode(const Instruction& i) {
  std::uint64_t w = static_cast<std::uint64_t>(i.op) | static_cast<std::uint64_t>(i.type) << 8 | static_cast<std::uint64_t>(i.d) << 12;
  if (has_bits(i.op)) return w | static_cast<std::uint64_t>(i.bits) << 32;
  w |= static_cast<std::uint64_t>(i.a) << 20 | static_cast<std::uint64_t>(i.b) << 28 | static_cast<std::uint64_t>(i.c) << 36;
  w |= static_cast<std::uint64_t>(i.from) << 44 | static_cast<std::uint64_t>(i.slot) << 48;
  return w | static_cast<std::uint64_t>(i.mode) << 56 | static_cast<std::uint64_t>(i.memory) << 60;
}
constexpr Instruction decode(std::uint64_t w) {
  Instruction i;
  i.op = static_cast<std::uint8_t>(w & 255);
  i.type = static_cast<Class>(w >> 8 & 15);
  i.d = static_cast<int>(w >> 12 & 255);
  if (has_bits(i.op)) {
    i.bits = static_cast<std::uint32_t>(w >> 32);
    return i;
  }
  i.a = static_cast<int>(w >> 20 & 255);
  i.b = static_cast<int>(w >> 28 & 255);
  i.c = static_cast<int>(w >> 36 & 255);
  i.from = static_cast<Class>(w >> 44 & 15);
  i.slot = static_cast<int>(w >> 48 & 255);
  i.mode = static_cast<int>(w >> 56 & 15);
  i.memory = static_cast<DType>(w >> 60 & 15);
  return i;
}

}  // namespace detail
}  // namespace ETCH_ABI
}  // namespace etch

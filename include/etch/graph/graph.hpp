// A program as a value: nodes in plain arrays, each naming its inputs by number. Inputs come before their users.
#pragma once

#include <etch/core/dim.hpp>
#include <etch/core/dtype.hpp>
#include <etch/graph/op.hpp>

#include <cstdint>

namespace etch {
inline namespace ETCH_ABI {
namespace detail {

/// Not constexpr: reaching it in a constant expression is the error.
inline void graph_is_too_large_raise_ETCH_MAX_NODES() {}
inline void a_program_has_too_many_bounded_sizes() {}
inline void a_graph_has_too_many_loops_or_a_loop_too_many_operands() {}
[[noreturn]] inline void etch_internal_shapes_differ() { __builtin_trap(); }

/// A bounded size: at run time `factor` times the sizes bound to its tags, at most `capacity`.
struct Symbol {
  std::int64_t capacity;
  int factor;
  int tags;
  std::uint64_t tag[3];
};

/// Sizes of a node; a bounded size is `-1 - index` into the graph's symbols.
struct Shape {
  int rank = 0;
  int size[max_rank]{};
  constexpr bool operator==(const Shape& o) const {
    if (rank != o.rank) return false;
    for (int i = 0; i < rank; ++i)
      if (size[i] != o.size[i]) return false;
    return true;
  }
};

/// No default initialisers: arrays of nodes are zeroed, which costs the compiler nothing.
struct Node {
  Op op;
  DType dtype;
  std::int16_t shape;  ///< index into the graph's shapes
  int in[3];           ///< nodes, -1 for none
  int after;           ///< 1 + a node that must be computed first, though it is not read; 0 for none
  std::uint64_t arg;
};

/// The step of a slice or place: every step-th element, backwards where negative.
constexpr int slice_step(std::uint64_t arg) { return static_cast<int>(static_cast<std::int64_t>(arg) >> 40); }

/// About how many multiply-adds one element of an operation costs.
constexpr int cost_of(const Node& v) {
  switch (v.op) {
    case Op::uniform: return 10;
    case Op::exp: case Op::exp2: case Op::log: case Op::log2: case Op::log10: case Op::sigmoid: case Op::sin: case Op::cos: return 8;
    case Op::tanh: case Op::erf: case Op::erfc: case Op::expm1: case Op::log1p: case Op::sinh: case Op::cosh: return 10;
    case Op::gelu: case Op::gelu_grad: return 18;
    case Op::tan: case Op::asin: case Op::acos: case Op::atan: case Op::atan2: case Op::asinh: case Op::acosh: case Op::atanh: case Op::pow: case Op::fmod: return 16;
    case Op::special1: case Op::special2: return is_cheap(static_cast<Special>(v.arg)) ? 1 : 16;
    case Op::div: case Op::sqrt: case Op::rsqrt: case Op::reciprocal: return 2;
    default: return 1;
  }
}

/// What a slot of a program's inputs is bound to.
enum class SlotKind : std::uint8_t { tensor, scalar, block, random, variable };
struct Slot {
  SlotKind kind = SlotKind::tensor;
  DType dtype = DType::float32;
  std::int16_t shape = 0;
  bool constant = false;  ///< bound to values that stay as they are: kernels may keep what they make of them
};

/// Where a program's result goes: node -> memory of an output, or back over an input (an effect).
struct Output {
  int node;
  int slot;             ///< output slot, or input slot where `effect`
  std::int64_t offset;  ///< bytes from the slot's base
  bool effect;
};

inline constexpr int max_symbols = 64;        ///< bounded sizes of a graph: names, and products of them
inline constexpr int max_plan_symbols = 256;  ///< and of its plan, which adds strides and counts
inline constexpr int max_tags = 16;           ///< different names of bounded sizes among a program's inputs
inline constexpr int max_graph_shapes = 512;
inline constexpr int max_slots = 64;

class Builder;
/// Adds a loop's body to a builder: `in` are the nodes of its operands in one iteration, `out` receives its results.
using LoopBody = void (*)(Builder&, const int* in, int* out);

inline constexpr int max_loops = 48;
inline constexpr int max_loop_values = 40;  ///< operands of a loop, results, or values kept for its gradient

/// What a `loop` node runs. Its operands are, in order, carried values (an iteration's first results are the next one's),
/// stacked ones (each iteration sees its own row) and constants; its results are what is carried out, then rows that are
/// stacked, then what its gradient wants kept, stacked too. No default initialisers, as for nodes.
struct Loop {
  LoopBody body;   ///< null where it is made from another loop
  int of;          ///< that other loop, -1 for none
  bool keeps;      ///< it is that loop with what it keeps among its rows; else it is its gradient
  int iterations;
  int carried, stacked, constants, rows;  ///< `rows`: stacked results
  int stream;      ///< tells its random numbers from those of others
  bool reversed;   ///< the last row comes first
  bool training;
  DType autocast;
  int saves;       ///< values kept for the gradient, once one was asked for
  int save[max_loop_values];  ///< their nodes in a trace of the body with its gradient

  constexpr int operands() const { return carried + stacked + constants; }
  constexpr int results() const { return carried + rows; }
};

/// A finished graph of exactly `N` nodes, `S` shapes, `R` results, `Y` bounded sizes and `L` slots.
template <int N, int S, int R, int Y, int L>
struct Graph {
  static constexpr int nodes = N, shapes = S, results = R, symbols = Y, slots = L;
  Node node[N > 0 ? N : 1]{};
  Shape shape[S > 0 ? S : 1]{};
  Output output[R > 0 ? R : 1]{};
  Symbol symbol[Y > 0 ? Y : 1]{};
  Slot slot[L > 0 ? L : 1]{};
};

/// A view of any graph, for algorithms that do not care about its capacity.
struct GraphRef {
  const Node* node;
  int nodes;
  const Shape* shape;
  int shapes;
  const Output* output;
  int outputs;
  const Symbol* symbol;
  int symbols;
  const Slot* slot;
  int slots;
  const Loop* loop;  ///< of a graph that is being made or compiled; a finished one has them compiled

  constexpr const Shape& shape_of(int id) const { return shape[node[id].shape]; }
  /// The most elements of one size.
  constexpr std::int64_t capacity(int size) const { return size >= 0 ? size : symbol[-1 - size].capacity; }
  constexpr std::int64_t elements(const Shape& s) const {
    std::int64_t n = 1;
    for (int i = 0; i < s.rank; ++i) n *= capacity(s.size[i]);
    return n;
  }
  constexpr std::int64_t elements(int id) const { return elements(shape_of(id)); }
  /// Which results of a `loop` node the graph has: a bit each.
  constexpr std::uint64_t wanted_results(int loop_node) const {
    std::uint64_t wanted = 1;
    for (int n = loop_node + 1; n < nodes; ++n)
      if (node[n].op == Op::result && node[n].in[0] == loop_node) wanted |= std::uint64_t{1} << node[n].arg;
    return wanted;
  }
  /// The operands of a node that has a list of them, in order; returns how many.
  constexpr int operands(int listing, int* out) const {
    int n = 0;
    for (int at = node[listing].in[0]; at >= 0; at = node[at].in[2])
      for (int k = 0; k < 2; ++k)
        if (node[at].in[k] >= 0) out[n++] = node[at].in[k];
    return n;
  }
};

template <int N, int S, int R, int Y, int L>
constexpr GraphRef ref(const Graph<N, S, R, Y, L>& g, const Loop* loops = nullptr) {
  return {g.node, N, g.shape, S, g.output, R, g.symbol, Y, g.slot, L, loops};
}

}  // namespace detail
}  // namespace ETCH_ABI
}  // namespace etch

// What a program became: a table of its kernels, equal ones in one line, and its totals; or the nodes of its graph.
//
//   calls  kernel          loop            read     write   flop  operations
//       4  product         1024x128x512  790 kB    2.1 MB  136 M  dot, add mul erf
//   ...
//   gradient: 89 calls of kernels, 61 fused groups (24 different), arena 37.8 MB, 1.42 Gflop
//
// Nothing is measured: all of it is known when the program is compiled. Bounded sizes count as their bounds.
#pragma once

#include <etch/plan/types.hpp>
#include <etch/run/train_step.hpp>

#include <cstdint>
#include <cstdio>
#include <cstring>

namespace etch {
inline namespace ETCH_ABI {
namespace tools {
namespace detail {

using namespace etch::detail;  // the names of the graph and the plan

/// A graph and its plan as plain arrays: printing is compiled once for all programs.
struct PlanRef {
  GraphRef graph;
  const Step* step;
  int steps;
  const std::uint64_t* word;
  const Access* access;
  const Symbol* symbol;
  std::int64_t arena_bytes, scratch_bytes;
  PlanRef (*const* body)();  ///< of each step that is a loop
  int times;                 ///< how often each step runs
  int depth;                 ///< loops around it

  std::int64_t capacity(int size) const { return size >= 0 ? size : symbol[-1 - size].capacity; }
  std::int64_t bytes(int node) const {
    return graph.elements(node) * static_cast<std::int64_t>(size_of(graph.node[node].dtype));
  }
};

using MakePlanRef = PlanRef (*)();
template <class Code>
PlanRef plan_ref();
template <class Code, int S>
constexpr MakePlanRef body_ref() {
  if constexpr (Code::plan.step[S].kind == StepKind::loop) return &plan_ref<typename Code::template Body<S>>;
  else return nullptr;
}
template <class Code, std::size_t... S>
const MakePlanRef* body_refs(std::index_sequence<S...>) {
  static constexpr MakePlanRef of[] = {body_ref<Code, static_cast<int>(S)>()..., nullptr};
  return of;
}
template <class Code>
PlanRef plan_ref() {
  constexpr const auto& p = Code::plan;
  return {ref(Code::graph), p.step, p.steps, p.word, p.access, p.symbol, Code::arena_bytes, p.scratch_bytes,
          body_refs<Code>(std::make_index_sequence<static_cast<std::size_t>(p.steps)>{}), 1, 0};
}
/// The program in step `s`, a loop.
inline PlanRef body_of(const PlanRef& p, int s) {
  PlanRef body = p.body[s]();
  body.times = p.times * static_cast<int>(p.step[s].dim[1]);
  body.depth = p.depth + 1;
  return body;
}

/// A short line of text that drops what does not fit.
struct ShortText {
  char text[72] = {};
  std::size_t size = 0;

  void add(const char* word) {
    const std::size_t length = std::strlen(word);
    if (size + length + 4 >= sizeof text) {
      if (!full_) std::memcpy(text + size, "...", 4);
      full_ = true;
    }
    if (full_) return;
    std::memcpy(text + size, word, length + 1);
    size += length;
  }
  /// Three digits and a unit: 37.8 M.
  ETCH_COLD void number(double value, const char* unit) {
    const char* prefix = "";
    for (const char* next : {"k", "M", "G", "T"}) {
      if (value < 999.5) break;
      value /= 1000;
      prefix = next;
    }
    char digits[32];
    std::snprintf(digits, sizeof digits, *prefix != '\0' && value < 9.95 ? "%.1f %s%s" : "%.0f %s%s", value, prefix,
                  unit);
    add(digits);
  }

 private:
  bool full_ = false;
};

ETCH_COLD inline ShortText quantity(std::int64_t value, const char* unit) {
  ShortText text;
  text.number(static_cast<double>(value), unit);
  return text;
}

/// What one step reads, writes and computes.
struct StepCost {
  std::int64_t read = 0, written = 0, flops = 0;
};

inline bool is_memory(Root root) { return root == Root::input || root == Root::output || root == Root::buffer; }
inline bool is_word(const Instruction& i, Word word) { return i.op == static_cast<std::uint8_t>(word); }

/// Visits the words of a step: f(instruction, whether it runs for each element).
template <class F>
void each_word(const PlanRef& p, const Step& s, F f) {
  bool columns = false;
  for (int w = s.code; w < s.code + s.words; ++w) {
    const Instruction i = decode(p.word[w]);
    if (is_word(i, Word::row))
      columns = false;
    else if (is_word(i, Word::columns))
      columns = true;
    else
      f(i, columns);
    if (is_word(i, Word::number64)) ++w;
  }
}

/// The name of what a word computes, null where it only moves numbers.
ETCH_COLD inline const char* name_of_word(const Instruction& i) {
  const auto reduction = [](int r) { return name_of(static_cast<Op>(static_cast<int>(Op::sum) + r)); };
  if (i.op < static_cast<std::uint8_t>(Op::count)) return name_of(static_cast<Op>(i.op));
  if (is_word(i, Word::uniform)) return "uniform";
  if (is_word(i, Word::reduce)) return reduction(i.mode);
  if (is_word(i, Word::accumulate)) return reduction(static_cast<int>(i.memory));
  return nullptr;
}

/// The words' part of a step: one operation is one flop, what is loaded after it was stored stays in cache.
ETCH_COLD inline void add_fused_cost(const PlanRef& p, const Step& s, StepCost& cost) {
  std::int64_t rows = 1;
  for (int k = 0; k + 1 < s.loop_dims; ++k) rows *= p.capacity(s.loop[k]);
  const std::int64_t columns = p.capacity(s.loop[s.loop_dims - 1]);
  bool read[256] = {}, written[256] = {};
  each_word(p, s, [&](const Instruction& i, bool each) {
    if (name_of_word(i) != nullptr) cost.flops += each ? rows * columns : rows;
    const bool store = is_word(i, Word::store) || is_word(i, Word::accumulate);
    if (!store && !is_word(i, Word::load)) return;
    const Access& a = p.access[s.access + i.slot];
    bool& counted = store ? written[i.slot] : read[i.slot];
    if (!is_memory(a.root) || counted || (!store && written[i.slot])) return;
    counted = true;
    std::int64_t bytes = a.size;
    for (int k = 0; k < s.loop_dims; ++k)
      if (a.stride[k] != 0) bytes *= p.capacity(s.loop[k]);
    (store ? cost.written : cost.read) += bytes;
  });
}

/// What windows are taken of.
inline int image_of(const GraphRef& g, int n) {
  while (is_view(g.node[n].op) || g.node[n].op == Op::place) n = g.node[n].in[g.node[n].op == Op::place ? 1 : 0];
  return n;
}
ETCH_COLD inline StepCost cost_of_step(const PlanRef& p, const Step& s) {
  StepCost cost;
  if (s.words != 0) add_fused_cost(p, s, cost);
  if (s.kind == StepKind::fused) return cost;
  const Node& node = p.graph.node[s.node];
  cost.flops += s.flops;
  if (s.kind == StepKind::dot || s.kind == StepKind::window_dot || s.words == 0)
    for (const int in : node.in)
      if (in >= 0 && p.graph.node[in].op != Op::list) cost.read += s.kind == StepKind::take && in == node.in[0] ? p.bytes(s.node) : p.bytes(s.kind == StepKind::window_dot ? image_of(p.graph, in) : in);
  if (s.kind == StepKind::attention_grad || s.kind == StepKind::loop) {
    int operand[max_loop_values]{};
    for (int i = 0, n = p.graph.operands(s.node, operand); i < n; ++i) cost.read += p.bytes(operand[i]);
  }
  if (s.words == 0) cost.written += p.bytes(s.node);
  for (int n = s.node + 1; n < p.graph.nodes; ++n)
    if (is_part(p.graph.node[n].op) && p.graph.node[n].in[0] == s.node) cost.written += p.bytes(n);
  return cost;
}

/// The operations of a step, each once, in order.
ETCH_COLD inline ShortText operations_of(const PlanRef& p, const Step& s) {
  ShortText text;
  const char* seen[64] = {};
  int count = 0;
  if (s.kind == StepKind::dot || s.kind == StepKind::window_dot) text.add(s.words != 0 ? "dot," : "dot");
  each_word(p, s, [&](const Instruction& i, bool) {
    const char* name = name_of_word(i);
    for (int k = 0; k < count; ++k)
      if (name == nullptr || std::strcmp(seen[k], name) == 0) return;
    if (name == nullptr || count == 64) return;
    if (text.size != 0) text.add(" ");
    text.add(seen[count++] = name);
  });
  if (text.size == 0 && s.kind == StepKind::fused) text.add("copy");
  return text;
}

ETCH_COLD inline ShortText loop_of(const PlanRef& p, const Step& s) {
  const bool fused = s.kind == StepKind::fused;
  ShortText text;
  for (int k = s.kind == StepKind::loop ? 1 : 0; k < (fused ? s.loop_dims : s.dims); ++k) {
    const int size = fused ? s.loop[k] : s.dim[k];
    char digits[32];
    std::snprintf(digits, sizeof digits, "%s%s%lld", text.size == 0 ? "" : "x", size < 0 ? "<=" : "",
                  static_cast<long long>(p.capacity(size)));
    text.add(digits);
  }
  return text;
}

inline bool same_kernel(const PlanRef& p, const Step& a, const Step& b) {
  return a.words == b.words &&
         std::memcmp(p.word + a.code, p.word + b.code, sizeof *p.word * static_cast<std::size_t>(a.words)) == 0;
}
inline bool same_line(const PlanRef& p, const Step& a, const Step& b) {
  if (a.kind == StepKind::loop) return &a == &b;
  if (a.kind != b.kind || a.loop_dims != b.loop_dims || a.dims != b.dims || !same_kernel(p, a, b)) return false;
  for (int k = 0; k < a.loop_dims; ++k)
    if (a.loop[k] != b.loop[k]) return false;
  for (int k = 0; k < a.dims; ++k)
    if (a.dim[k] != b.dim[k]) return false;
  return true;
}

/// Whether a step like this has come before.
template <class Same>
bool is_repeated(const PlanRef& p, int s, Same same) {
  for (int earlier = 0; earlier < s; ++earlier)
    if (same(p, p.step[earlier], p.step[s])) return true;
  return false;
}

/// A line for each kernel, those of a loop's body below it.
ETCH_COLD inline void print_steps(const PlanRef& p, std::FILE* out) {
  for (int s = 0; s < p.steps; ++s) {
    if (is_repeated(p, s, same_line)) continue;
    StepCost all;
    int calls = 0;
    for (int other = s; other < p.steps; ++other) {
      if (!same_line(p, p.step[s], p.step[other])) continue;
      const StepCost one = cost_of_step(p, p.step[other]);
      all = {all.read + one.read, all.written + one.written, all.flops + one.flops};
      ++calls;
    }
    const int indent = 2 * p.depth;
    std::fprintf(out, "%5d  %*s%-*s  %-16s %7s %8s %7s  %s\n", calls * p.times, indent, "", 14 - indent, name_of(p.step[s].kind),
                 loop_of(p, p.step[s]).text, quantity(all.read * p.times, "B").text, quantity(all.written * p.times, "B").text,
                 quantity(all.flops * p.times, "").text, operations_of(p, p.step[s]).text);
    if (p.step[s].kind == StepKind::loop) print_steps(body_of(p, s), out);
  }
}

/// The sums of one program, or of several.
struct PlanTotals {
  int calls = 0, groups = 0, kernels = 0;
  std::int64_t arena = 0, flops = 0;

  ETCH_COLD void add(const PlanRef& p) {
    for (int s = 0; s < p.steps; ++s) {
      calls += p.times;
      groups += p.step[s].words != 0;
      kernels += p.step[s].words != 0 && !is_repeated(p, s, same_kernel);
      flops += cost_of_step(p, p.step[s]).flops * p.times;
      if (p.step[s].kind == StepKind::loop) add(body_of(p, s));
    }
    if (p.depth == 0) arena += p.arena_bytes;
  }
  ETCH_COLD void print(const char* title, std::FILE* out) const {
    std::fprintf(out, "%s: %d kernels called, %d fused groups (%d different), arena %lld bytes, %.4g Mflop\n", title,
                 calls, groups, kernels, static_cast<long long>(arena), static_cast<double>(flops) / 1e6);
  }
};

ETCH_COLD inline void print_parameters(const PlanRef& p, std::FILE* out) {
  std::int64_t count = 0, bytes = 0;
  for (int n = 0; n < p.graph.nodes; ++n) {
    const Node& node = p.graph.node[n];
    if (node.op != Op::input || p.graph.slot[node.arg >> 48].kind != SlotKind::block) continue;
    count += p.graph.elements(n);
    bytes += p.bytes(n);
  }
  if (count != 0)
    std::fprintf(out, "parameters: %lld, %lld bytes\n", static_cast<long long>(count), static_cast<long long>(bytes));
}

ETCH_COLD inline void print_program(const char* title, const PlanRef& p, std::FILE* out) {
  std::fprintf(out, "%5s  %-14s  %-16s %7s %8s %7s  %s\n", "calls", "kernel", "loop", "read", "write", "flop",
               "operations");
  print_steps(p, out);
  PlanTotals totals;
  totals.add(p);
  totals.print(title, out);
}

ETCH_COLD inline void print_nodes(const PlanRef& p, std::FILE* out) {
  for (int n = 0; n < p.graph.nodes; ++n) {
    const Node& node = p.graph.node[n];
    std::fprintf(out, "%%%d = %s", n, name_of(node.op));
    if (node.op == Op::constant) std::fprintf(out, " %g", __builtin_bit_cast(double, node.arg));
    if (node.op == Op::input)
      std::fprintf(out, " slot %d + %lld", static_cast<int>(node.arg >> 48),
                   static_cast<long long>(node.arg & 0xFFFFFFFFFFFF));
    for (const int in : node.in)
      if (in >= 0) std::fprintf(out, " %%%d", in);
    std::fprintf(out, "  %s [", name_of(node.dtype));
    const Shape& s = p.graph.shape_of(n);
    for (int k = 0; k < s.rank; ++k)
      std::fprintf(out, "%s%s%lld", k == 0 ? "" : ", ", s.size[k] < 0 ? "<=" : "",
                   static_cast<long long>(p.graph.capacity(s.size[k])));
    std::fprintf(out, "]\n");
  }
  for (int i = 0; i < p.graph.outputs; ++i)
    std::fprintf(out, "%s %d + %lld <- %%%d\n", p.graph.output[i].effect ? "input" : "output", p.graph.output[i].slot,
                 static_cast<long long>(p.graph.output[i].offset), p.graph.output[i].node);
}

}  // namespace detail
}  // namespace tools

/// Prints the kernels of a compiled program and its totals.
template <class P>
requires requires { typename P::Code; }
ETCH_COLD void print_plan(const P&, std::FILE* out = stdout) {
  const auto plan = tools::detail::plan_ref<typename P::Code>();
  tools::detail::print_program("program", plan, out);
  tools::detail::print_parameters(plan, out);
}

/// Prints the kernels of a training step: loss and gradient, then the optimizer's update, then the totals of both.
template <class M, class F, class Optimizer, class... In>
ETCH_COLD void print_plan(const TrainStep<M, F, Optimizer, In...>&, std::FILE* out = stdout) {
  using Step = TrainStep<M, F, Optimizer, In...>;
  const auto gradient = tools::detail::plan_ref<typename Step::Gradient>();
  tools::detail::print_program("gradient", gradient, out);
  tools::detail::PlanTotals totals;
  totals.add(gradient);
  if constexpr (requires { typename Step::Engine::Code; }) {
    const auto update = tools::detail::plan_ref<typename Step::Engine::Code>();
    tools::detail::print_program("update", update, out);
    totals.add(update);
  }
  totals.print("step", out);
  tools::detail::print_parameters(gradient, out);
}

/// Prints the nodes of a compiled program's graph.
template <class P>
requires requires { typename P::Code; }
ETCH_COLD void print_graph(const P&, std::FILE* out = stdout) {
  tools::detail::print_nodes(tools::detail::plan_ref<typename P::Code>(), out);
}
/// Prints the nodes of a training step's graph: loss and gradient.
template <class M, class F, class Optimizer, class... In>
ETCH_COLD void print_graph(const TrainStep<M, F, Optimizer, In...>&, std::FILE* out = stdout) {
  tools::detail::print_nodes(tools::detail::plan_ref<typename TrainStep<M, F, Optimizer, In...>::Gradient>(), out);
}

}  // namespace ETCH_ABI
}  // namespace etch

// From something that can be traced to a graph, a plan and a table of kernels, all known to the compiler.
//
//   Spec::trace(Builder&)  ->  graph (dead code out)  ->  plan (checked)  ->  kernels
//
// Each arrow is its own constant, so that each has the compiler's whole budget and can be printed and tested alone.
#pragma once

#include <etch/cpu/library.hpp>
#include <etch/grad/reverse.hpp>
#include <etch/plan/plan.hpp>
#include <etch/run/distinct.hpp>

namespace etch {
inline namespace ETCH_ABI {
namespace detail {

/// nvcc's compilation for a GPU has no use for the CPU's kernels, and cannot have their vectors.
#if defined(__CUDA_ARCH__)
inline constexpr bool has_cpu_kernels = false;
#else
inline constexpr bool has_cpu_kernels = true;
#endif

/// A graph of at most N nodes while its size is not known to the type system.
template <int N>
struct GraphDraft {
  int nodes = 0, shapes = 0, outputs = 0, symbols = 0, slots = 0;
  Node node[N]{};
  Shape shape[512]{};
  Output output[2048]{};
  Symbol symbol[max_symbols]{};
  Slot slot[max_slots]{};
  Loop loop[max_loops]{};
};

/// Whether a node only gave its input a new name while the graph was made.
constexpr bool is_name(const GraphRef& g, int n) {
  const Node& v = g.node[n];
  return v.op == Op::cast && v.arg != 0 && g.node[v.in[0]].dtype == v.dtype;
}

/// Whether a product has one term each, so that it is pointwise work on operands as they lie: no windows, which products find themselves.
constexpr bool is_outer_product(const GraphRef& g, int n) {
  const Node& v = g.node[n];
  if (v.op != Op::dot || g.shape_of(v.in[1]).size[g.shape_of(v.in[1]).rank - 2] != 1) return false;
  for (int k = 0; k < 2; ++k) {
    int in = v.in[k];
    for (; is_view(g.node[in].op); in = g.node[in].in[0])
      if (g.node[in].op == Op::window) return false;
    if (g.node[in].op == Op::constant) return false;
  }
  return true;
}

/// Keeps what an output depends on, in order, renumbered; a product of one term each is multiplied elementwise.
template <int N>
constexpr void keep_live(const GraphRef& g, GraphDraft<N>& to) {
  int number[N]{};
  for (int i = 0; i < g.outputs; ++i) number[g.output[i].node] = 1;
  for (int n = g.nodes - 1; n >= 0; --n)
    if (number[n] != 0)
      for (int k = 0; k < 3; ++k)
        if (g.node[n].in[k] >= 0) number[g.node[n].in[k]] = 1;
  for (int n = 0; n < g.nodes; ++n) {
    if (number[n] == 0) continue;
    Node v = g.node[n];
    if (is_name(g, n)) {
      number[n] = number[v.in[0]];
      continue;
    }
    for (int k = 0; k < 3; ++k)
      if (v.in[k] >= 0) v.in[k] = number[v.in[k]];
    if (v.after > 0) v.after = number[v.after - 1] > 0 ? number[v.after - 1] + 1 : 0;
    if (is_outer_product(g, n) && to.nodes + g.nodes - n + 2 <= N) {
      for (int k = 0; k < 2; ++k) {
        to.node[to.nodes] = Node{Op::expand, v.dtype, v.shape, {v.in[k], -1, -1}, 0, 0};
        v.in[k] = to.nodes++;
      }
      v.op = Op::mul;
    }
    to.node[to.nodes] = v;
    number[n] = to.nodes++;
  }
  for (int i = 0; i < g.outputs; ++i) {
    to.output[i] = g.output[i];
    to.output[i].node = number[g.output[i].node];
  }
  to.outputs = g.outputs;
  for (int i = 0; i < g.shapes; ++i) to.shape[i] = g.shape[i];
  to.shapes = g.shapes;
  for (int i = 0; i < g.symbols; ++i) to.symbol[i] = g.symbol[i];
  to.symbols = g.symbols;
  for (int i = 0; i < g.slots; ++i) to.slot[i] = g.slot[i];
  for (int i = 0; i < max_loops && g.loop[i].iterations > 0; ++i) to.loop[i] = g.loop[i];
  to.slots = g.slots;
}

template <class Spec>
constexpr auto trace_draft() {
  BuilderStorage<Spec::capacity> storage;
  Builder b(storage);
  Spec::trace(b);
  GraphDraft<Spec::capacity> r;
  keep_live(b.ref(), r);
  return r;
}

template <int N, int S, int R, int Y, int L, class D>
constexpr Graph<N, S, R, Y, L> exact_graph(const D& d) {
  Graph<N, S, R, Y, L> g;
  for (int i = 0; i < N; ++i) g.node[i] = d.node[i];
  for (int i = 0; i < S; ++i) g.shape[i] = d.shape[i];
  for (int i = 0; i < R; ++i) g.output[i] = d.output[i];
  for (int i = 0; i < Y; ++i) g.symbol[i] = d.symbol[i];
  for (int i = 0; i < L; ++i) g.slot[i] = d.slot[i];
  return g;
}

template <int S, int W, int A, int C, int B, int Y, class D>
constexpr Plan<S, W, A, C, B, Y> exact_plan(const D& d) {
  Plan<S, W, A, C, B, Y> p;
  for (int i = 0; i < S; ++i) p.step[i] = d.step[i];
  for (int i = 0; i < W; ++i) p.word[i] = d.word[i];
  for (int i = 0; i < A; ++i) p.access[i] = d.access[i];
  for (int i = 0; i < C; ++i) p.combine[i] = d.combine[i];
  for (int i = 0; i < B; ++i) p.buffer[i] = d.buffer[i];
  for (int i = 0; i < Y; ++i) p.symbol[i] = d.symbol[i];
  p.random_slot = d.random_slot;
  p.arena_bytes = d.arena_bytes;
  p.scratch_bytes = d.scratch_bytes;
  p.valid = d.valid;
  return p;
}

/// How the loop `node` of a graph calls the program of its body, whichever runs it.
constexpr cpu::LoopView loop_shape(const GraphRef& around, int node) {
  const Loop& l = around.loop[around.node[node].arg];
  cpu::LoopView r{};
  r.iterations = l.iterations;
  r.carried = l.carried;
  r.stacked = l.stacked;
  r.constants = l.constants;
  r.wanted = around.wanted_results(node);
  while (r.wanted >> r.results != 0 || r.results < l.carried) ++r.results;
  r.stream = l.stream;
  r.reversed = l.reversed;
  int operand[max_loop_values]{};
  around.operands(node, operand);
  for (int c = 0; c < l.carried; ++c) r.carried_bytes[c] = (around.elements(operand[c]) * static_cast<std::int64_t>(size_of(around.node[operand[c]].dtype)) + 63) / 64 * 64;
  return r;
}
template <class Body>
constexpr cpu::LoopView loop_view(const GraphRef& around, int node) {
  cpu::LoopView r = loop_shape(around, node);
  for (int k = Body::graph.results - 1; k >= r.carried; --k) {
    const Node& v = Body::graph.node[Body::graph.output[k].node];
    if (v.op == Op::input && static_cast<int>(v.arg >> 48) < r.carried && (v.arg & 0xffffffffffff) == 0) r.kept[v.arg >> 48] = k;
  }
  r.body = Body::view();
  r.arena_bytes = Body::arena_bytes;
  return r;
}

}  // namespace detail

/// The graph and the plan of a Spec (`capacity`, `trace(Builder&)`), and its kernels.
template <class Spec>
struct Compiled {
 private:
  static constexpr auto graph_draft = detail::trace_draft<Spec>();

 public:
  static constexpr auto graph = detail::exact_graph<graph_draft.nodes, graph_draft.shapes, graph_draft.outputs, graph_draft.symbols, graph_draft.slots>(graph_draft);

 private:
  // Loops are the compiler's alone: at run time a body has no address, as a prototype has none.
  static constexpr int planned = graph.nodes + graph.results;
  static constexpr auto grouping = detail::group_graph<planned>(ref(graph, graph_draft.loop));
  static constexpr auto plan_draft = detail::lower_graph<planned>(grouping);

 public:
  static constexpr auto plan = detail::exact_plan<plan_draft.steps, plan_draft.words, plan_draft.accesses, plan_draft.combines, plan_draft.buffers, plan_draft.symbols>(plan_draft);
  static_assert(plan.valid, "etch: plan: a buffer is read before it is written, or two live buffers overlap");

 private:
  template <int S, std::size_t... W>
  static cpu::detail::Fused<plan.word[plan.step[S].code + static_cast<int>(W)]...>* fused_of(std::index_sequence<W...>);
  /// The loop of step S's words.
  template <int S>
  using FusedOf = std::remove_pointer_t<decltype(fused_of<S>(std::make_index_sequence<static_cast<std::size_t>(plan.step[S].words)>{}))>;
  template <int S, int Columns>
  static constexpr cpu::Kernel kernel_of() {
    if constexpr (!detail::has_cpu_kernels) return nullptr;
    else return FusedOf<S>::template kernel<Columns>;
  }
  template <DType D>
  static constexpr cpu::detail::ProductParts parts = cpu::detail::parts_of<type_of<D>>(plan);
  template <int S>
  static constexpr cpu::LibraryKernel library_of() {
    constexpr detail::Step s = plan.step[S];
    constexpr cpu::ProductWay way = cpu::product_way(s, plan.access);
    if constexpr (!detail::has_cpu_kernels) return {};
    else if constexpr (way == cpu::ProductWay::row || way == cpu::ProductWay::small) {
      constexpr cpu::detail::ProductSizes z = cpu::detail::sizes_of(s, plan.access);
      if constexpr (way == cpu::ProductWay::row) {
        using K = cpu::detail::RowKernel<type_of<s.dtype>, z.n, z.k, z.b_row, z.b_col, z.keeps, std::conditional_t<(s.words > 0), FusedOf<S>, void>>;
        return cpu::LibraryKernel{K::run, nullptr, K::kept};
      } else {
        using K = cpu::detail::SmallKernel<type_of<s.dtype>, z>;
        return cpu::LibraryKernel{K::run, K::workspace, K::kept};
      }
    } else if constexpr ((s.kind == detail::StepKind::dot && way == cpu::ProductWay::tiles) || s.kind == detail::StepKind::window_dot) return cpu::library_kernel<s.kind, s.dtype, false, way, parts<s.dtype>.tiles, parts<s.dtype>.parts>();
    else return cpu::library_kernel<s.kind, s.dtype, cpu::asks_for_indices(s), way>();
  }
  /// The program of a loop's body.
  template <int L>
  struct BodySpec {
    static constexpr int capacity = detail::max_body_nodes;
    static constexpr void trace(detail::Builder& b) { detail::trace_loop(b, ref(graph, graph_draft.loop), L); }
  };
  template <int S>
  static constexpr cpu::LoopView body_view = detail::loop_view<Compiled<BodySpec<static_cast<int>(plan.step[S].arg)>>>(ref(graph, graph_draft.loop), plan.step[S].node);
  static constexpr auto distinct = detail::find_distinct(plan);
  static constexpr int steps = plan.steps > 0 ? plan.steps : 1;
  struct Table {
    cpu::Kernel kernel[steps];
    cpu::LibraryKernel library[steps];
    const cpu::LoopView* loop[steps];
  };
  template <std::size_t... K, std::size_t... L, std::size_t... B>
  static constexpr Table make_table(std::index_sequence<K...>, std::index_sequence<L...>, std::index_sequence<B...>) {
    const cpu::Kernel kernel[] = {nullptr, kernel_of<distinct.kernel[K], distinct.columns[K]>()...};
    const cpu::LibraryKernel library[] = {{}, library_of<distinct.library[L]>()...};
    const cpu::LoopView* const loop[] = {nullptr, &body_view<distinct.loop[B]>...};
    Table t{};
    for (int s = 0; s < plan.steps; ++s) {
      t.kernel[s] = kernel[distinct.kernel_at[s]];
      t.library[s] = library[distinct.library_at[s]];
      t.loop[s] = loop[distinct.loop_at[s]];
    }
    return t;
  }
  struct Accumulators {
    cpu::Accumulator of[plan.combines > 0 ? plan.combines : 1];
  };
  template <std::size_t... C>
  static constexpr Accumulators make_accumulators(std::index_sequence<C...>) {
    const cpu::Accumulator accumulator[] = {cpu::accumulator<plan.combine[distinct.accumulator[C]].op, plan.combine[distinct.accumulator[C]].dtype>()..., {}};
    Accumulators r{};
    for (int c = 0; c < plan.combines; ++c) r.of[c] = accumulator[distinct.accumulator_at[c]];
    return r;
  }
  template <int N>
  using First = std::make_index_sequence<static_cast<std::size_t>(N)>;

 public:
  static constexpr Accumulators accumulators = make_accumulators(First<distinct.accumulators>{});
  static constexpr Table table = make_table(First<distinct.kernels>{}, First<distinct.libraries>{}, First<distinct.loops>{});

  /// How step S, a loop, calls its body.
  template <int S>
  static constexpr cpu::LoopView loop_shape = detail::loop_shape(ref(graph, graph_draft.loop), plan.step[S].node);
  /// The compiled body of step S, a loop.
  template <int S>
  using Body = Compiled<BodySpec<static_cast<int>(plan.step[S].arg)>>;
  /// Memory for intermediate values, those of loops included, of which one runs at a time.
  static constexpr std::int64_t arena_bytes = [] {
    std::int64_t most = 0;
    for (int s = 0; s < plan.steps; ++s)
      if (plan.step[s].kind == detail::StepKind::loop && table.loop[s]->arena_bytes > most) most = table.loop[s]->arena_bytes;
    return plan.arena_bytes + most;
  }();

 private:
  static constexpr bool draws = [] {
    bool r = plan.random_slot >= 0;
    for (int s = 0; s < plan.steps; ++s) r = r || (plan.step[s].kind == detail::StepKind::loop && table.loop[s]->body.draws);
    return r;
  }();
  static constexpr cpu::MachineParts machine_parts = [] {
    bool divides = false;
    for (int s = 0; s < plan.steps; ++s) divides = divides || (plan.step[s].kind == detail::StepKind::fused && !cpu::is_one_call(plan.step[s]));
    return cpu::Machine::parts(draws, plan.symbols > 0, distinct.loops > 0, plan.combines > 0, divides);
  }();

 public:
  static constexpr cpu::PlanView view() {
    return {plan.step, plan.steps, plan.access, plan.accesses, plan.combine, plan.combines, plan.buffer, plan.symbol, plan.symbols, table.kernel, table.library,
            table.loop, accumulators.of, graph.slot, graph.slots, graph.shape, plan.arena_bytes, plan.scratch_bytes, plan.random_slot, draws, machine_parts};
  }
};

}  // namespace ETCH_ABI
}  // namespace etch

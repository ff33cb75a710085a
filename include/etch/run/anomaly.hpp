// Which operation first made a NaN: `detect_anomaly(loss)` runs the expression and its gradients keeping every value, and
// fails with the name of the first operation that has a NaN in its result.
#pragma once

#include <etch/run/several.hpp>
#include <etch/run/var.hpp>

namespace etch {
inline namespace ETCH_ABI {
namespace detail {

/// The value of E as output 0, then every floating value it and the gradients of its variables are made of, in order.
template <class E>
struct AnomalySpec {
  static constexpr int capacity = 512 + 192 * E::nodes + 2 * E::extra_nodes;
  static constexpr void trace(Builder& b) {
    const auto y = E::trace(b);
    int wrt[max_slots]{}, gradient[max_slots]{};
    const int count = variables_of(b, wrt);
    if (E::rank == 0 && count > 0) reverse(b, y.id, b.constant(1, b.dtype(y.id)), wrt, count, gradient);
    bool live[capacity]{};
    live[y.id] = true;
    for (int i = 0; i < (E::rank == 0 ? count : 0); ++i) live[gradient[i]] = true;
    const int size = b.size();
    for (int n = size - 1; n >= 0; --n)
      for (int k = 0; k < 3; ++k)
        if (live[n] && b[n].in[k] >= 0) live[b[n].in[k]] = true;
    b.output(y.id, 0);
    int slot = 1;
    for (int n = 0; n < size; ++n) {
      const Op op = b[n].op;
      if (live[n] && is_floating(b.dtype(n)) && op != Op::constant && op != Op::iota && op != Op::extent && op != Op::empty && !is_view(op)) b.output(n, slot++);
    }
  }
};

template <class T>
bool holds_nan(const void* memory, std::int64_t count) {
  const T* x = static_cast<const T*>(memory);
  for (std::int64_t i = 0; i < count; ++i)
    if (x[i] != x[i]) return true;
  return false;
}

}  // namespace detail

/// The value of an expression; where it, a part of it or a gradient on the way to a Var is NaN, an error that names the
/// operation that made the first. Slow: every value is kept.
template <Operand E>
auto detect_anomaly(const E& e) {
  const auto& x = detail::as_expression(e);
  using X = std::remove_cvref_t<decltype(x)>;
  using Code = Compiled<detail::AnomalySpec<X>>;
  constexpr detail::GraphRef g = ref(Code::graph);
  Bindings in;
  x.bind(in);
  detail::results_of<typename X::tracer> value;
  Storage memory[Code::graph.results];
  void* out[Code::graph.results] = {value.data()};
  for (int i = 1; i < g.outputs; ++i) {
    memory[i] = Storage(static_cast<std::size_t>(g.elements(g.output[i].node)) * size_of(g.node[g.output[i].node].dtype));
    out[i] = memory[i].data();
  }
  cpu::Machine& machine = detail::machine_of<detail::AnomalySpec<X>>();
  machine.run(in, out);
  detail::resize_result<Code>(machine, value);
  for (int i = 1; i < g.outputs; ++i) {
    const detail::Node& n = g.node[g.output[i].node];
    std::int64_t count = 1;
    int sizes[max_rank]{};
    const detail::Shape& s = g.shape[n.shape];
    for (int k = 0; k < s.rank; ++k) count *= sizes[k] = static_cast<int>(machine.size(s.size[k]));
    bool nan = false;
    cpu::detail::with_type(n.dtype, [&]<class T>(T*) { nan = detail::holds_nan<T>(out[i], count); });
    if (!nan) continue;
    Message m;
    m << name_of(n.op) << " of ";
    m.shape(sizes, s.rank) << (g.output[i].node > g.output[0].node ? ", on the way back" : "");
    if (n.op == detail::Op::input) fail("detect_anomaly", "an input holds a NaN", m);
    fail("detect_anomaly", "an operation made a NaN", m);
  }
  return value;
}

}  // namespace ETCH_ABI
}  // namespace etch

// Runs one program both ways - by its plan and by the interpreter - and compares; checks gradients by differences.
#pragma once

#include <etch/etch.hpp>

#include <doctest/doctest.h>
#include <interpreter.hpp>

#include <cmath>
#include <string>
#include <vector>

namespace test {

using oracle::Array;

template <int... D>
using F = etch::Tensor<float, D...>;
template <int... D>
using G = etch::Tensor<double, D...>;
template <int... D>
using I = etch::Tensor<std::int64_t, D...>;

/// Numbers in [low, high] that look random, the same in every run: x_i = frac((i + 1) phi + seed e).
template <class T, auto... D>
void fill(etch::Tensor<T, D...>& x, double low = -2, double high = 2, int seed = 0) {
  for (std::int64_t i = 0; i < x.numel(); ++i) {
    const double u = static_cast<double>(i + 1) * 0.61803398874989484 + (seed + 1) * 2.71828182845904523 + static_cast<double>((i * i) % 1013) * 0.377;
    const double v = low + (high - low) * (u - std::floor(u));
    if constexpr (std::is_same_v<T, bool>) x.data()[i] = u - std::floor(u) > 0.5;
    else if constexpr (etch::is_floating(etch::dtype_of<T>)) x.data()[i] = static_cast<T>(v);
    else x.data()[i] = static_cast<T>(static_cast<std::int64_t>(std::floor(v)));  // unsigned ones wrap
  }
}
template <class X>
X filled(double low = -2, double high = 2, int seed = 0) {
  X x;
  fill(x, low, high, seed);
  return x;
}

/// Several results of one traced function.
template <int N>
struct Results {
  int id[N];
};
template <class... X>
constexpr Results<static_cast<int>(sizeof...(X))> results(const X&... x) {
  return {{x.id...}};
}

/// A captureless function of tracers; its results are outputs 0, 1, ...
template <class F, class... In>
struct FunctionSpec {
  static constexpr int capacity = 2048;
  static constexpr void trace(etch::detail::Builder& b) {
    etch::Pack<typename In::tracer...> in{{{etch::detail::input_tracer<In>(b)}...}};
    trace(b, in, std::index_sequence_for<In...>{});
  }
  template <class P, std::size_t... I>
  static constexpr void trace(etch::detail::Builder& b, const P& in, std::index_sequence<I...>) {
    put(b, F{}(etch::detail::held<I>(in)...));
  }
  static constexpr void put(etch::detail::Builder& b, const auto& y) {
    if constexpr (requires { y.builder; }) b.output(y.id, 0);
    else
      for (int i = 0; i < static_cast<int>(sizeof(y.id) / sizeof(y.id[0])); ++i) b.output(y.id[i], i);
  }
};
/// The same, compiled: its plan, words and tables.
template <class F, class... In>
using Code = etch::Compiled<FunctionSpec<F, In...>>;

/// y = F(x...) as output 0, then d sum(seed y) / d x_i for each input; `seed` is a last input of y's shape.
template <class F, class... In>
struct GradientSpec {
  static constexpr int capacity = 4096;
  static constexpr void trace(etch::detail::Builder& b) {
    etch::Pack<typename In::tracer...> in{{{etch::detail::input_tracer<In>(b)}...}};
    trace(b, in, std::index_sequence_for<In...>{});
  }
  template <class P, std::size_t... I>
  static constexpr void trace(etch::detail::Builder& b, const P& in, std::index_sequence<I...>) {
    const auto y = F{}(etch::detail::held<I>(in)...);
    const auto shape = b.shape(y.id);
    const int seed = b.input(b.add_slot(etch::detail::SlotKind::tensor, b.dtype(y.id), shape), 0, b.dtype(y.id), shape);
    const int wrt[] = {etch::detail::held<I>(in).id...};
    int gradient[sizeof...(I)]{};
    etch::detail::reverse(b, y.id, seed, wrt, static_cast<int>(sizeof...(I)), gradient);
    b.output(y.id, 0);
    for (int i = 0; i < static_cast<int>(sizeof...(I)); ++i) b.output(gradient[i], i + 1);
  }
};

/// What runs programs: the place of tensors on the CPU.
using Place = etch::detail::PlaceOf<0>::type;

/// A compiled Spec as plain values, so that what runs it is compiled once.
struct Program {
  Place::View view;
  etch::cpu::PlanView plan;
  etch::detail::GraphRef graph;
};
template <class Spec>
Program program_of() {
  using C = etch::Compiled<Spec>;
  return {Place::view<C>(), Place::plan<C>(), etch::detail::ref(C::graph)};
}

/// Storage for the outputs of a program: outputs that share a slot lie in one block.
struct Outputs {
  std::vector<etch::Storage> block;
  std::vector<void*> pointer;
  explicit Outputs(const etch::detail::GraphRef& g) {
    for (int i = 0; i < g.outputs; ++i) {
      const etch::detail::Output& o = g.output[i];
      if (o.effect) continue;
      const auto end = static_cast<std::size_t>(o.offset) + static_cast<std::size_t>(g.elements(o.node)) * etch::size_of(g.node[o.node].dtype);
      while (static_cast<int>(size.size()) <= o.slot) size.push_back(0);
      auto& s = size[static_cast<std::size_t>(o.slot)];
      s = s > end ? s : end;
    }
    for (std::size_t s : size) {
      block.emplace_back(s + 64);
      std::memset(block.back().data(), 0x7b, s + 64);
      pointer.push_back(block.back().data());
    }
    if (pointer.empty()) pointer.push_back(nullptr);
  }
  /// Whether the bytes behind each result were left alone.
  bool intact() const {
    for (std::size_t i = 0; i < block.size(); ++i)
      for (std::size_t k = 0; k < 64; ++k)
        if (static_cast<const unsigned char*>(block[i].data())[size[i] + k] != 0x7b) return false;
    return true;
  }
  std::vector<std::size_t> size;
};

inline bool near(double a, double b, double tolerance) {
  if (std::isnan(a) || std::isnan(b)) return std::isnan(a) && std::isnan(b);
  if (a == b) return true;
  return std::abs(a - b) <= tolerance * (1 + std::abs(a) + std::abs(b));
}

inline std::string text_of(const std::vector<int>& size) {
  std::string s = "(";
  for (int n : size) s += std::to_string(n) + ",";
  return s + ")";
}

/// Prints a graph, one node a line: what a failing test shows.
inline std::string text_of(const etch::detail::GraphRef& g) {
  std::string s;
  for (int n = 0; n < g.nodes; ++n) {
    const auto& v = g.node[n];
    s += std::to_string(n) + " " + etch::detail::name_of(v.op) + " " + etch::name_of(v.dtype);
    s += text_of(std::vector<int>(g.shape_of(n).size, g.shape_of(n).size + g.shape_of(n).rank));
    for (int k = 0; k < 3 && v.in[k] >= 0; ++k) s += " " + std::to_string(v.in[k]);
    s += v.op == etch::detail::Op::constant ? " = " + std::to_string(__builtin_bit_cast(double, v.arg)) : " [" + std::to_string(v.arg) + "]";
    s += "\n";
  }
  for (int i = 0; i < g.outputs; ++i) s += "output " + std::to_string(g.output[i].slot) + " = " + std::to_string(g.output[i].node) + "\n";
  return s;
}

/// The inputs of a program with its random state in the slot that tracing gave it.
inline etch::Bindings with_random(const Program& p, const etch::Bindings& in, etch::cpu::RandomState& random) {
  etch::Bindings all;
  int next = 0;
  for (int i = 0; i < p.plan.slots; ++i) {
    if (p.plan.slot[i].kind == etch::detail::SlotKind::random) {
      all.bind(&random);
    } else {
      all.bind(in.data[next], in.sizes[next]);
      ++next;
    }
  }
  return all;
}

/// Runs a program by its plan and by the interpreter; the results of the plan, after comparing.
inline std::vector<Array> run(const Program& p, const etch::Bindings& in, double tolerance = 0) {
  Place::Machine machine(p.view);
  Outputs out(p.graph);
  etch::cpu::RandomState random{42, 7};
  const etch::Bindings all = with_random(p, in, random);
  const oracle::Interpreter expected(p.graph, all);
  std::vector<Array> r;
  for (int again = 0; again < 2; ++again) {  // the second run starts with a used arena
    r.clear();
    machine.run(in, out.pointer.data(), &random);
    CHECK_MESSAGE(out.intact(), "something was written behind a result\n" << text_of(p.graph));
    for (int i = 0; i < p.graph.outputs; ++i) {
      const etch::detail::Output& o = p.graph.output[i];
      if (o.effect) continue;
      Array y = expected[o.node];
      const auto n = static_cast<std::int64_t>(y.value.size());
      const auto got = oracle::read_all(y.dtype, static_cast<const char*>(out.pointer[static_cast<std::size_t>(o.slot)]) + o.offset, n);
      const double t = tolerance > 0 ? tolerance : y.dtype == etch::DType::float64 ? 1e-11 : y.dtype == etch::DType::float32 ? 3e-5 : 0;
      int wrong = 0;
      std::string first;
      for (std::size_t k = 0; k < got.size(); ++k) {
        if (near(got[k], y.value[k], t)) continue;
        if (wrong++ == 0) first = "element " + std::to_string(k) + ": got " + std::to_string(got[k]) + ", expected " + std::to_string(y.value[k]);
      }
      CHECK_MESSAGE(wrong == 0, "run " << again << ", output " << i << " " << text_of(y.size) << ": " << wrong << " of " << got.size() << " wrong; " << first << "\n" << text_of(p.graph));
      y.value = got;
      r.push_back(static_cast<Array&&>(y));
    }
  }
  return r;
}

template <class... In>
etch::Bindings bind(const In&... x) {
  etch::Bindings in;
  (in.bind(x.data(), x.sizes()), ...);
  return in;
}

/// F on tensors, both ways; the results.
template <class F, class... In>
std::vector<Array> check(F, const In&... x) {
  static_assert(std::is_empty_v<F>);
  return run(program_of<FunctionSpec<F, In...>>(), bind(x...));
}

/// Gradients of sum(seed F(x...)) against central differences, and the program against the interpreter.
template <class F, class... In>
void check_gradient_within(double tolerance, F, const In&... x) {
  static_assert(std::is_empty_v<F> && (std::is_same_v<typename In::value_type, double> && ...));
  const Program p = program_of<GradientSpec<F, In...>>();
  etch::Bindings in = bind(x...);
  std::vector<double> seed(static_cast<std::size_t>(p.graph.elements(p.graph.output[0].node)));
  for (std::size_t i = 0; i < seed.size(); ++i) seed[i] = 0.5 + std::sin(1.0 + 2.3 * static_cast<double>(i));
  in.bind(seed.data());
  const auto y = run(p, in);

  Place::Machine machine(p.view);
  Outputs out(p.graph);
  etch::cpu::RandomState random{42, 7};
  auto value = [&] {
    machine.run(in, out.pointer.data(), &random);
    double s = 0;
    for (std::size_t i = 0; i < seed.size(); ++i) s += seed[i] * static_cast<const double*>(out.pointer[0])[i];
    return s;
  };
  auto differ = [&](double* at, std::int64_t count, std::size_t which) {
    int wrong = 0;
    std::string first;
    for (std::int64_t i = 0; i < count; ++i) {
      const double old = at[i], h = 1e-5 * (1 + std::abs(old));
      at[i] = old + h;
      const double up = value();
      at[i] = old - h;
      const double down = value();
      at[i] = old;
      const double expected = (up - down) / (2 * h), got = y[which].value[static_cast<std::size_t>(i)];
      if (near(got, expected, tolerance)) continue;
      if (wrong++ == 0) first = "element " + std::to_string(i) + ": got " + std::to_string(got) + ", differences say " + std::to_string(expected);
    }
    CHECK_MESSAGE(wrong == 0, "gradient " << which << ": " << wrong << " of " << count << " wrong; " << first << "\n" << text_of(p.graph));
  };
  std::size_t which = 1;
  (differ(const_cast<double*>(x.data()), x.numel(), which++), ...);
}
template <class F, class... In>
void check_gradient(F f, const In&... x) {
  check_gradient_within(1e-6, f, x...);
}

}  // namespace test

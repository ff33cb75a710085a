// The code of docs/graph.md.
#include <etch/etch.hpp>
#include <etch/tools/print_plan.hpp>

#include <doctest/doctest.h>

#include <cstdio>
#include <string>

using namespace etch;
using namespace etch::detail;

namespace {

/// The text that `print` writes.
template <class F>
std::string printed(F print) {
  std::FILE* file = std::tmpfile();
  print(file);
  std::rewind(file);
  std::string text;
  for (int c; (c = std::fgetc(file)) != EOF;) text += static_cast<char>(c);
  std::fclose(file);
  return text;
}

using X = Tensor<float, 4, 3>;
using W = Tensor<float, 3, 2>;

struct Spec {
  static constexpr int capacity = 64;
  static constexpr void trace(Builder& b) {
    const Shape shape{2, {4, 3}};
    const int slot = b.add_slot(SlotKind::tensor, DType::float32, shape);
    const int x = b.input(slot, 0, DType::float32, shape);
    b.output(b.reduce(Op::sum, b.map(Op::mul, DType::float32, x, x), 0b10), 0);  // sum(x * x) over axis 1
  }
};

}  // namespace

TEST_CASE("a function becomes a graph, its gradient more of it") {
  auto f = [](auto w, auto x) { return sum(square(matmul(x, w))); };
  auto program = compile<W, X>(grad(f));
  const std::string graph = printed([&](std::FILE* out) { print_graph(program, out); });
  CHECK(graph == R"(%0 = input slot 0 + 0  float32 [3, 2]
%1 = input slot 1 + 0  float32 [4, 3]
%2 = dot %1 %0  float32 [4, 2]
%3 = add %2 %2  float32 [4, 2]
%4 = permute %1  float32 [3, 4]
%5 = dot %4 %3  float32 [3, 2]
output 0 + 0 <- %5
)");
}

TEST_CASE("equal nodes are one node") {
  auto f = [](auto x) { return exp(x) + exp(x) * 1.f + 0.f; };
  auto program = compile<X>(f);
  constexpr const auto& graph = decltype(program)::Code::graph;
  static_assert(graph.nodes == 3);  // input, exp, add
  static_assert(graph.node[1].op == Op::exp && graph.node[2].op == Op::add);
  static_assert(graph.node[2].in[0] == 1 && graph.node[2].in[1] == 1);
}

TEST_CASE("by hand") {
  static_assert(Compiled<Spec>::graph.nodes == 3);
  static_assert(Compiled<Spec>::plan.steps == 1);  // one kernel: the square is never stored

  X x = full<float, 4, 3>(2.f);
  Tensor<float, 4> y;
  Bindings in;
  in.bind(x.data());
  void* out[] = {y.data()};
  cpu::Machine machine(Compiled<Spec>::view());
  machine.run(in, out);
  CHECK(y(0) == 12);
}

TEST_CASE("a loop is one node") {
  using Hidden = Tensor<float, 2, 3>;
  using Inputs = Tensor<float, 100, 2, 3>;
  using Weight = Tensor<float, 3, 3>;
  auto f = [](auto h0, auto xs, auto w) {
    auto [h, all] = scan([](auto h, auto x, auto w) {
      const auto next = tanh(matmul(h, w) + x);
      return several(next, next);
    }, h0, xs, w);
    return sum(all) + sum(h);
  };
  auto program = compile<Hidden, Inputs, Weight>(grad<2>(f));
  static_assert(decltype(program)::Code::plan.steps < 10);
}

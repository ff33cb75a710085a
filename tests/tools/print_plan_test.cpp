// What print_plan says of a program: its kernels, once each, and its totals.
#include <etch/etch.hpp>
#include <etch/loss/mse_loss.hpp>
#include <etch/nn/linear.hpp>
#include <etch/optim/sgd.hpp>
#include <etch/tools/print_plan.hpp>

#include <doctest/doctest.h>

#include <cstdio>
#include <cstdlib>
#include <string>

using namespace etch;

namespace {

struct Net {
  nn::Linear<3, 8> fc1;
  nn::Linear<8, 2> fc2;
  ETCH_MODULE(fc1, fc2)
  constexpr auto forward(auto x) const { return fc2(tanh(fc1(x))); }
};

struct Loss {
  constexpr auto operator()(auto& net, auto x, auto y) const { return mse_loss(net(x), y); }
};

/// What `print` writes.
template <class F>
std::string printed(F print) {
  char* text = nullptr;
  std::size_t size = 0;
  std::FILE* out = ::open_memstream(&text, &size);
  print(out);
  std::fclose(out);
  const std::string result(text, size);
  std::free(text);
  return result;
}

bool has(const std::string& text, const char* part) { return text.find(part) != std::string::npos; }

TEST_CASE("a program's kernels and totals") {
  const auto program = compile<Tensor<float, 16, 3>>(make<Net>());
  const std::string text = printed([&](std::FILE* out) { print_plan(program, out); });
  CAPTURE(text);
  CHECK(has(text, "16x8x3"));  // the product of fc1: rows, columns, inner
  CHECK(has(text, "16x2x8"));  // and of fc2
  CHECK(has(text, "tanh"));
  CHECK(has(text, "program: "));
  CHECK(has(text, ("arena " + std::to_string(program.arena_bytes) + " bytes").c_str()));
  CHECK(has(text, "parameters: 50, 200 bytes"));
}

TEST_CASE("a training step is two programs") {
  const auto step = train_step<Tensor<float, 16, 3>, Tensor<float, 16, 2>>(make<Net>(), Loss{}, optim::SGD{});
  const std::string text = printed([&](std::FILE* out) { print_plan(step, out); });
  CAPTURE(text);
  CHECK(has(text, "gradient: "));
  CHECK(has(text, "update: 1 kernels called"));
  CHECK(has(text, ("arena " + std::to_string(step.arena_bytes) + " bytes").c_str()));
  CHECK(has(text, "parameters: 50, 200 bytes"));
}

TEST_CASE("equal kernels share a line") {
  const auto twice = [](auto x, auto w) { return matmul(matmul(x, w), w); };
  const auto program = compile<Tensor<float, 4, 6>, Tensor<float, 6, 6>>(twice);
  const std::string text = printed([&](std::FILE* out) { print_plan(program, out); });
  CAPTURE(text);
  CHECK(has(text, "    2  product         4x6x6"));
  CHECK(has(text, "program: 2 kernels called, 0 fused groups (0 different)"));
  CHECK(has(text, "0.000576 Mflop"));  // 2 products of 2 * 4 * 6 * 6
}

TEST_CASE("a graph, node by node") {
  const auto program = compile<Tensor<float, 4, 6>>([](auto x) { return sum(exp(x) * 2.f); });
  const std::string text = printed([&](std::FILE* out) { print_graph(program, out); });
  CAPTURE(text);
  CHECK(has(text, "input slot 0 + 0  float32 [4, 6]"));
  CHECK(has(text, "constant 2  float32 []"));
  CHECK(has(text, "exp %"));
  CHECK(has(text, "output 0 + 0 <- %"));
}

}  // namespace

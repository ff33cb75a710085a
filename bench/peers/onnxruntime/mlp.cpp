// The smallest network's answer to one input by ONNX Runtime, through its C API, into memory that exists.
#include <cmath>

#include "exact.hpp"
#include "onnx.hpp"
#include "serve.hpp"

namespace {

constexpr int sizes[] = {4, 64, 64, 2};
float weight[3][64 * 64], bias[3][64], x[4], y[2];

/// fc3(tanh(fc2(tanh(fc1(x))))), weights [in, out].
std::string model() {
  onnx::Message graph;
  graph.part(1, onnx::node("Gemm", {"x", "w0", "b0"}, "a0")).part(1, onnx::node("Tanh", {"a0"}, "h0"));
  graph.part(1, onnx::node("Gemm", {"h0", "w1", "b1"}, "a1")).part(1, onnx::node("Tanh", {"a1"}, "h1"));
  graph.part(1, onnx::node("Gemm", {"h1", "w2", "b2"}, "y")).text(2, "mlp");
  for (int k = 0; k < 3; ++k) {
    bench::fill(weight[k], static_cast<std::size_t>(sizes[k] * sizes[k + 1]), 5, 1 / std::sqrt(static_cast<float>(sizes[k])));
    bench::fill(bias[k], static_cast<std::size_t>(sizes[k + 1]), 6);
    const std::string number = std::to_string(k);
    graph.part(5, onnx::tensor("w" + number, {sizes[k], sizes[k + 1]}, weight[k])).part(5, onnx::tensor("b" + number, {sizes[k + 1]}, bias[k]));
  }
  return onnx::model(graph.part(11, onnx::value_info("x", {1, 4})).part(12, onnx::value_info("y", {1, 2})));
}

/// The error of y.
double error() {
  const auto exact = [](int k) { return bench::ExactLinear{weight[k], static_cast<std::size_t>(sizes[k + 1]), 1, bias[k]}; };
  return bench::error_of_answer(y, exact(0), exact(1), exact(2));
}

}  // namespace

int main(int argc, char** argv) {
  bench::Bench bench(argc, argv);
  bench::fill(x, 4, 3);
  onnx::Session session(model(), bench.threads(), x, {1, 4}, y, {1, 2});
  session.run();
  if (!(error() < 100)) return std::fprintf(stderr, "onnxruntime: a wrong answer\n"), 1;
  bench.add("mlp_tiny_infer", [&] { bench::keep(x), session.run(), bench::keep(y); }, {.error = error});
  return bench.run();
}

// Products of square matrices by oneDNN, alone and with bias and GELU (its erf) in the same primitive.
#include <dnnl.hpp>

#include "peers/matmul.hpp"

int main(int argc, char** argv) {
  using dnnl::memory;
  bench::Bench bench(argc, argv);
  const dnnl::engine engine(dnnl::engine::kind::cpu, 0);
  const auto prepare = [&](bool fused) {
    return [&engine, fused](int n, float* a, float* b, float* bias, float* c) {
      const memory::desc square({n, n}, memory::data_type::f32, memory::format_tag::ab), row({1, n}, memory::data_type::f32, memory::format_tag::ab);
      dnnl::post_ops gelu;
      gelu.append_eltwise(1, dnnl::algorithm::eltwise_gelu_erf, 0, 0);
      dnnl::primitive_attr after;
      if (fused) after.set_post_ops(gelu);
      const dnnl::matmul::primitive_desc plan(fused ? dnnl::matmul::desc(square, square, row, square) : dnnl::matmul::desc(square, square, square), after, engine);
      std::unordered_map<int, memory> arguments{{DNNL_ARG_SRC, {square, engine, a}}, {DNNL_ARG_WEIGHTS, {square, engine, b}}, {DNNL_ARG_DST, {square, engine, c}}};
      if (fused) arguments.emplace(DNNL_ARG_BIAS, memory(row, engine, bias));
      return [product = dnnl::matmul(plan), stream = dnnl::stream(engine), arguments]() mutable { product.execute(stream, arguments), stream.wait(); };
    };
  };
  bench::add_products(bench, "matmul_", prepare(false));
  bench::add_products(bench, "matmul_fused_", prepare(true));
  return bench.run();
}

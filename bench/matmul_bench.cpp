// Products of square matrices, alone and with bias and GELU in the write-back.
#include <etch/etch.hpp>

#include <string>

#include "exact.hpp"
#include "serve.hpp"

namespace {

using namespace etch;

template <int N>
void add(bench::Bench& bench) {
  static Tensor<float, N, N> a, b, c;
  static Tensor<float, N> bias;
  bench::fill(a.data(), N * N, 0);
  bench::fill(b.data(), N * N, 1);
  bench::fill(bias.data(), N, 2);
  const auto product = [] { c = matmul(a, b), bench::keep(c); };
  const auto fused = [] { c = gelu(matmul(a, b) + bias), bench::keep(c); };
  bench.add("matmul_" + std::to_string(N), product, {.flops = 2.0 * N * N * N, .error = [=] { return product(), bench::error_of_product(c.data(), N, false); }});
  bench.add("matmul_fused_" + std::to_string(N), fused, {.flops = 2.0 * N * N * N, .error = [=] { return fused(), bench::error_of_product(c.data(), N, true); }});
}

}  // namespace

int main(int argc, char** argv) {
  bench::Bench bench(argc, argv);
  cpu::set_num_threads(bench.threads());
  add<64>(bench);
  add<256>(bench);
  add<1024>(bench);
  return bench.run();
}

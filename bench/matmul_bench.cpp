// Products of square matrices, alone and with bias and GELU in the write-back.
#include <etch/etch.hpp>

#include <string>

#include "serve.hpp"

namespace {

using namespace etch;

template <int N>
void add(bench::Bench& bench) {
  static Tensor<float, N, N> a, b, c;
  static Tensor<float, N> bias;
  Generator generator{1};
  nn::init::normal_(a, generator);
  nn::init::normal_(b, generator);
  nn::init::normal_(bias, generator);
  const bench::Floor floor{.flops = 2.0 * N * N * N};
  bench.add("matmul_" + std::to_string(N), [] { c = matmul(a, b), bench::keep(c); }, floor);
  bench.add("matmul_fused_" + std::to_string(N), [] { c = gelu(matmul(a, b) + bias), bench::keep(c); }, floor);
}

}  // namespace

int main(int argc, char** argv) {
  cpu::set_num_threads(1);
  bench::Bench bench(argc, argv);
  add<64>(bench);
  add<256>(bench);
  add<1024>(bench);
  return bench.run();
}

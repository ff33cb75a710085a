// Chains of pointwise operations over five tensors, in the first cache, in the last one and in memory.
#include <etch/etch.hpp>

#include <string>

#include "serve.hpp"

namespace {

using namespace etch;

template <int N>
void add(bench::Bench& bench, const char* size, bool in_memory) {
  struct Data {
    Tensor<float, N> a, b, c, d, x, y;
  };
  static Data data;
  const auto fill = [] {
    static bool filled = false;
    if (filled) return;
    filled = true;
    Generator generator{1};
    for (auto* t : {&data.a, &data.b, &data.c, &data.d, &data.x}) nn::init::normal_(*t, generator);
  };
  const double bytes = in_memory ? 4.0 * N : 0;
  bench.add(
      std::string("chain_transcendental_") + size, [fill] { fill(), data.y = tanh(data.a * data.x + data.b) * sigmoid(data.c), bench::keep(data.y); },
      {.flops = 3.0 * N, .bytes = 5 * bytes});
  bench.add(
      std::string("chain_arithmetic_") + size, [fill] { fill(), data.y = (data.a * data.x + data.b) * data.c - data.d, bench::keep(data.y); },
      {.flops = 4.0 * N, .bytes = 6 * bytes});
}

}  // namespace

int main(int argc, char** argv) {
  cpu::set_num_threads(1);
  bench::Bench bench(argc, argv);
  add<1'000>(bench, "1e3", false);
  add<100'000>(bench, "1e5", false);
  add<10'000'000>(bench, "1e7", true);
  return bench.run();
}

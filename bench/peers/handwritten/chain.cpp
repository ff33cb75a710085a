// Chains as loops over arrays, which the compiler vectorises with libmvec's tanh and exp; and the arithmetic one with stores
// past the cache, which is best where the arrays are in memory.
#include <cmath>

#include "peers/chain.hpp"

namespace {

void transcendental(std::size_t n, float* __restrict y, const float* __restrict a, const float* __restrict x, const float* __restrict b, const float* __restrict c) {
  for (std::size_t i = 0; i < n; ++i) y[i] = std::tanh(a[i] * x[i] + b[i]) / (1 + std::exp(-c[i]));
}

void arithmetic(std::size_t n, float* __restrict y, const float* __restrict a, const float* __restrict x, const float* __restrict b, const float* __restrict c, const float* __restrict d) {
  for (std::size_t i = 0; i < n; ++i) y[i] = (a[i] * x[i] + b[i]) * c[i] - d[i];
}

#if defined(__AVX__)
void streaming(std::size_t n, float* y, const float* a, const float* x, const float* b, const float* c, const float* d) {
  using Vec [[gnu::vector_size(32), gnu::may_alias]] = float;
  const auto at = [](const float* p, std::size_t i) { return *reinterpret_cast<const Vec*>(p + i); };
  for (std::size_t i = 0; i < n; i += 8) {  // all sizes are multiples of 8
    const Vec sum = (at(a, i) * at(x, i) + at(b, i)) * at(c, i) - at(d, i);
    asm volatile("vmovntps %1, %0" : "=m"(*reinterpret_cast<Vec*>(y + i)) : "x"(sum));
  }
}
#endif

}  // namespace

int main(int argc, char** argv) {
  bench::Bench bench(argc, argv);
  const auto make = [](std::size_t n) { return bench::Numbers(n); };
  bench::add_chain(bench, "transcendental", make, [](auto& v, std::size_t n) { transcendental(n, v.y.data(), v.a.data(), v.x.data(), v.b.data(), v.c.data()); });
  bench::add_chain(bench, "arithmetic", make, [](auto& v, std::size_t n) { arithmetic(n, v.y.data(), v.a.data(), v.x.data(), v.b.data(), v.c.data(), v.d.data()); });
#if defined(__AVX__)
  bench::add_chain(bench, "arithmetic", make, [](auto& v, std::size_t n) { streaming(n, v.y.data(), v.a.data(), v.x.data(), v.b.data(), v.c.data(), v.d.data()); }, "/streaming");
#endif
  return bench.run();
}

// Chains in xtensor, with xsimd where it is installed: lazy expressions into a tensor that exists.
#include <xtensor/xmath.hpp>
#include <xtensor/xnoalias.hpp>
#include <xtensor/xtensor.hpp>

#include "peers/chain.hpp"

int main(int argc, char** argv) {
  bench::Bench bench(argc, argv);
  const auto make = [](std::size_t n) { return xt::xtensor<float, 1>(std::array<std::size_t, 1>{n}); };
  bench::add_chain(bench, "transcendental", make, [](auto& v, std::size_t) { xt::noalias(v.y) = xt::tanh(v.a * v.x + v.b) / (1.f + xt::exp(-v.c)); });
  bench::add_chain(bench, "arithmetic", make, [](auto& v, std::size_t) { xt::noalias(v.y) = (v.a * v.x + v.b) * v.c - v.d; });
  return bench.run();
}

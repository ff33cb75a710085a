// Chains in Eigen: expressions over arrays, into an array that exists.
#include <Eigen/Core>

#include "peers/chain.hpp"

int main(int argc, char** argv) {
  bench::Bench bench(argc, argv);
  const auto make = [](std::size_t n) { return Eigen::ArrayXf(static_cast<Eigen::Index>(n)); };
  bench::add_chain(bench, "transcendental", make, [](auto& v, std::size_t) { v.y = (v.a * v.x + v.b).tanh() * v.c.logistic(); });
  bench::add_chain(bench, "arithmetic", make, [](auto& v, std::size_t) { v.y = (v.a * v.x + v.b) * v.c - v.d; });
  return bench.run();
}

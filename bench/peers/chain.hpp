// The chains of chain_bench over whatever a peer keeps numbers in.
#pragma once

#include <cstddef>
#include <memory>
#include <string>

#include "exact.hpp"
#include "serve.hpp"

namespace bench {

/// tanh(a * x + b) * sigmoid(c) and (a * x + b) * c - d go to y.
template <class Vector>
struct Chain {
  Vector a, x, b, c, d, y;

  template <class Make>
  Chain(std::size_t n, Make make) : a(make(n)), x(make(n)), b(make(n)), c(make(n)), d(make(n)), y(make(n)) {
    Vector* const all[] = {&a, &x, &b, &c, &d, &y};
    for (std::uint32_t k = 0; k < 6; ++k) fill(all[k]->data(), n, k, k < 5 ? chain_range[k] : 0.f);
  }
};

/// One kind of chain at the three sizes: `make(n)` makes a vector of n numbers, `step(chain, n)` computes y; `way` ends the name.
template <class Make, class Step>
void add_chain(Bench& bench, const std::string& kind, Make make, Step step, const char* way = "") {
  using Vectors = Chain<decltype(make(std::size_t{}))>;
  const struct {
    const char* name;
    std::size_t n;
  } sizes[] = {{"_1e3", 1'000}, {"_1e5", 100'000}, {"_1e7", 10'000'000}};
  for (const auto& size : sizes) {
    const std::size_t n = size.n;
    const auto kept = std::make_shared<std::unique_ptr<Vectors>>();  // made when it is first measured
    const auto run = [=]() -> Vectors& {
      if (*kept == nullptr) *kept = std::make_unique<Vectors>(n, make);
      step(**kept, n);
      keep(*(*kept)->y.data());
      return **kept;
    };
    const auto error = kind == "transcendental" ? error_of_transcendental : error_of_arithmetic;
    bench.add("chain_" + kind + size.name + way, [=] { run(); }, {.error = [=] { return error(run().y.data(), n); }});
  }
}

}  // namespace bench

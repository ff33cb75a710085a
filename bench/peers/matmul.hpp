// The products of matmul_bench by a peer's product of matrices.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "exact.hpp"
#include "serve.hpp"

namespace bench {

/// `prepare(n, a, b, bias, c)` returns the step that leaves a b in c, or with `fused` gelu(a b + bias).
template <class Prepare>
void add_products(Bench& bench, const std::string& name, Prepare prepare) {
  for (const int n : {64, 256, 1024}) {
    const auto size = static_cast<std::size_t>(n);
    static auto& kept = *new std::vector<Numbers>;
    const auto numbers = [](std::size_t count, std::uint32_t seed) {
      kept.emplace_back(count);
      fill(kept.back().data(), count, seed);
      return kept.back().data();
    };
    float* const c = numbers(size * size, 3);
    const std::function<void()> step = prepare(n, numbers(size * size, 0), numbers(size * size, 1), numbers(size, 2), c);
    const bool fused = name == "matmul_fused_";
    bench.add(name + std::to_string(n), step, {.error = [=] { return step(), error_of_product(c, size, fused); }});
  }
}

}  // namespace bench

// Causal attention of eight heads of 64, forward and backward.
#include <etch/etch.hpp>

#include <memory>
#include <string>

#include "facts.hpp"

namespace {

using namespace etch;

constexpr auto loss = [](auto q, auto k, auto v, auto dy) { return sum(scaled_dot_product_attention<true>(q, k, v) * dy); };
constexpr auto train = [](auto q, auto k, auto v, auto dy) { return value_and_grad<0, 1, 2>(loss)(q, k, v, dy); };

template <int T>
void add(bench::Bench& bench) {
  using X = Tensor<float, 1, 8, T, 64>;
  struct State {
    X q, k, v, dy;
    decltype(compile<X, X, X, X>(train)) step;
  };
  const auto s = std::make_shared<State>();
  std::uint32_t seed = 0;
  for (X* x : {&s->q, &s->k, &s->v, &s->dy}) bench::fill(x->data(), 8 * T * 64, seed++);
  // Half of the pairs are masked; two products forward, five backward, of 2 T^2 / 2 * 64 operations a head.
  bench::Facts facts = bench::facts_of(s->step);
  facts.flops = 7.0 * 8 * 64 * T * T;
  facts.error = [s] {
    const auto wide = [](const X& x) { return Tensor<double, 1, 8, T, 64>(to<double>(x)); };
    return bench::largest_error(s->step(s->q, s->k, s->v, s->dy), train(wide(s->q), wide(s->k), wide(s->v), wide(s->dy)));
  };
  bench.add("attention_" + std::to_string(T), [s] { bench::keep(s->step(s->q, s->k, s->v, s->dy)); }, facts);
}

}  // namespace

int main(int argc, char** argv) {
  bench::Bench bench(argc, argv);
  cpu::set_num_threads(bench.threads());
  add<128>(bench);
  add<512>(bench);
  add<2048>(bench);
  return bench.run();
}

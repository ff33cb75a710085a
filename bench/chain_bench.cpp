// Chains of pointwise operations over tensors in the first cache, in the last one and in memory.
#include <etch/etch.hpp>

#include <string>

#include "exact.hpp"
#include "serve.hpp"

namespace {

using namespace etch;

constexpr auto transcendental = [](auto a, auto x, auto b, auto c) { return tanh(a * x + b) * sigmoid(c); };
constexpr auto arithmetic = [](auto a, auto x, auto b, auto c, auto d) { return (a * x + b) * c - d; };

template <int N>
void add(bench::Bench& bench, const char* size, bool in_memory) {
  using X = Tensor<float, N>;
  struct State {
    X a, b, c, d, x;
    decltype(compile<X, X, X, X>(transcendental)) first;
    decltype(compile<X, X, X, X, X>(arithmetic)) second;
    State() {
      X* const all[] = {&a, &x, &b, &c, &d};
      for (std::uint32_t k = 0; k < 5; ++k) bench::fill(all[k]->data(), N, k, bench::chain_range[k]);
    }
  };
  static const auto state = [] {  // made when it is first measured: the largest takes a quarter of a gigabyte
    static State s;
    return &s;
  };
  const double bytes = in_memory ? 4.0 * N : 0;
  bench.add(
      std::string("chain_transcendental_") + size,
      [] {
        State& s = *state();
        bench::keep(s.first(s.a, s.x, s.b, s.c));
      },
      {.flops = 3.0 * N, .bytes = 5 * bytes, .error = [] {
         State& s = *state();
         return bench::error_of_transcendental(s.first(s.a, s.x, s.b, s.c).data(), N);
       }});
  bench.add(
      std::string("chain_arithmetic_") + size,
      [] {
        State& s = *state();
        bench::keep(s.second(s.a, s.x, s.b, s.c, s.d));
      },
      {.flops = 4.0 * N, .bytes = 6 * bytes, .error = [] {
         State& s = *state();
         return bench::error_of_arithmetic(s.second(s.a, s.x, s.b, s.c, s.d).data(), N);
       }});
}

}  // namespace

int main(int argc, char** argv) {
  bench::Bench bench(argc, argv);
  cpu::set_num_threads(bench.threads());
  add<1'000>(bench, "1e3", false);
  add<100'000>(bench, "1e5", false);
  add<10'000'000>(bench, "1e7", true);
  return bench.run();
}

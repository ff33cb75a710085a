// One step of an LSTM of one input in plain loops; the gates stand side by side: input, forget, cell, output.
#include <cmath>

#include "exact.hpp"
#include "loops.hpp"
#include "serve.hpp"

namespace {

template <int H>
struct Cell {
  alignas(64) float from_x[1][4 * H], from_h[H][4 * H], b[4 * H], gates[1][4 * H], h[1][H], c[H], next_h[H], next_c[H];

  void operator()(const float (*x)[1]) {
    handwritten::affine<1, 1, 4 * H>(x, from_x, b, gates);
    handwritten::product<1, H, 4 * H>(h, from_h, gates);
    const float* g = gates[0];
    const auto sigmoid = [](float v) { return 1 / (1 + std::exp(-v)); };
    for (int i = 0; i < H; ++i) {
      next_c[i] = sigmoid(g[H + i]) * c[i] + sigmoid(g[i]) * std::tanh(g[2 * H + i]);
      next_h[i] = sigmoid(g[3 * H + i]) * std::tanh(next_c[i]);
    }
  }
};

Cell<32> cell;
float sample[1][1];

}  // namespace

int main(int argc, char** argv) {
  bench::Bench bench(argc, argv);
  bench::fill(&sample[0][0], 1, 0);
  bench::fill(&cell.h[0][0], 32, 1);
  bench::fill(cell.c, 32, 2);
  bench::fill(&cell.from_x[0][0], 128, 5, 0.25f);
  bench::fill(&cell.from_h[0][0], 32 * 128, 6, 0.25f);
  const auto step = [] { bench::keep(sample), cell(sample), bench::keep(cell); };
  bench.add("lstm_step", step, {.error = [=] { return step(), bench::error_of_cell(cell.next_h, cell.next_c, {cell.from_x[0], 128, 1, cell.b}, {cell.from_h[0], 128, 1, nullptr}); }});
  return bench.run();
}

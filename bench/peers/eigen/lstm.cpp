// One step of an LSTM of one input in Eigen; the gates stand side by side: input, forget, cell, output.
#include <Eigen/Core>

#include "exact.hpp"
#include "serve.hpp"

namespace {

constexpr int H = 32;
template <int N>
using Row = Eigen::Array<float, 1, N>;

struct Cell {
  Row<4 * H> from_x, b, gates;
  Eigen::Matrix<float, H, 4 * H, Eigen::RowMajor> from_h;
  Row<H> h, c, next_h, next_c;

  void operator()(float x) {
    gates = b + x * from_x;
    gates.matrix().noalias() += h.matrix() * from_h;
    next_c = gates.segment<H>(H).logistic() * c + gates.segment<H>(0).logistic() * gates.segment<H>(2 * H).tanh();
    next_h = gates.segment<H>(3 * H).logistic() * next_c.tanh();
  }
};

}  // namespace

int main(int argc, char** argv) {
  bench::Bench bench(argc, argv);
  static Cell cell;
  static float sample = bench::number(0, 0);
  bench::fill(cell.h.data(), H, 1);
  bench::fill(cell.c.data(), H, 2);
  bench::fill(cell.from_x.data(), 4 * H, 5, 0.25f);
  bench::fill(cell.from_h.data(), H * 4 * H, 6, 0.25f);
  cell.b.setZero();
  const auto step = [] { bench::keep(sample), cell(sample), bench::keep(cell); };
  bench.add("lstm_step", step, {.error = [=] {
              step();
              return bench::error_of_cell(cell.next_h.data(), cell.next_c.data(), {cell.from_x.data(), 4 * H, 1, cell.b.data()}, {cell.from_h.data(), 4 * H, 1, nullptr});
            }});
  return bench.run();
}

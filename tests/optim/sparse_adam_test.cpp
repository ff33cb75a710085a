// SparseAdam against numbers that PyTorch 2.13 wrote down for sparse gradients: rows that were not read stay.
#include <etch/etch.hpp>

#include <doctest/doctest.h>

using namespace etch;
using optim::SparseAdam;

namespace {
template <auto... D>
struct Table {
  Param<double, D...> p;
  ETCH_MODULE(p)
  constexpr auto forward(auto x) const { return sum(p * x); }
};
struct TableLoss {
  constexpr auto operator()(auto& m, auto x) const { return m(x); }
};
}  // namespace

TEST_CASE("of a table the rows that were read") {
  auto model = make<Table<4, 3>>();
  for (int i = 0; i < 12; ++i) model->p.data()[i] = 0.1 * (i * 7 % 11) - 0.5;
  Tensor<double, 4, 3> g;
  auto step = train_step(model, TableLoss{}, SparseAdam{.lr = 0.1, .betas = {0.8, 0.9}, .eps = 1e-3}, g);
  const int read[4] = {1 << 0 | 1 << 2, 1 << 2, 1 << 1 | 1 << 2, 1 << 0};
  for (int t = 0; t < 4; ++t) {
    for (int i = 0; i < 12; ++i) g.data()[i] = (read[t] >> i / 3) % 2 == 0 ? 0 : (i * 5 + 3 * t) % 7 / 4.0 - 0.8;
    if (t == 1) g(2, 1) = 0;  // of a row that was read
    step(g);
  }
  const double expected[12] = {-0.32831437714465983, 0.13107438237115016,  -0.16247419811805874, 0.567201892479284,   0.033003273718413315, -0.2365456727468534,
                               0.5032994717815987,   0.15132329513022813, -0.4831700657573461,  0.30000000000000004, -0.09999999999999998, -0.5};
  for (int i = 0; i < 12; ++i) CHECK(model->p.data()[i] == doctest::Approx(expected[i]).epsilon(1e-12));
}
TEST_CASE("of a vector the elements, and upwards") {
  auto model = make<Table<3>>();
  const double start[3] = {0.5, -1, 2}, gradient[2][3] = {{1, 0, -0.5}, {0, 0.25, 2}}, expected[3] = {0.5999999683772334, -0.9255864117698729, 1.9559504040666573};
  for (int i = 0; i < 3; ++i) model->p.data()[i] = start[i];
  Tensor<double, 3> g;
  auto step = train_step(model, TableLoss{}, SparseAdam{.lr = 0.1, .maximize = true}, g);
  for (const auto& numbers : gradient) {
    for (int i = 0; i < 3; ++i) g(i) = numbers[i];
    step(g);
  }
  for (int i = 0; i < 3; ++i) CHECK(model->p.data()[i] == doctest::Approx(expected[i]).epsilon(1e-7));
}

// Checks of values compiled out: the programs have no step for them, and nothing is refused. This file's etch has a namespace of its own.
#undef ETCH_CHECKS
#define ETCH_CHECKS 0
#include <etch/etch.hpp>

#include <doctest/doctest.h>

#include <cmath>

using namespace etch;

namespace {

using Rows = Tensor<float, 2, 3>;
using Labels = Tensor<std::int64_t, 2>;

/// The steps of a program that only look at values.
template <class P>
constexpr int checks() {
  int n = 0;
  for (const auto& step : P::Code::plan.step) n += step.kind == etch::detail::StepKind::checked ? 1 : 0;
  return n;
}

TEST_CASE("a loss is computed from whatever it is given") {
  const Rows x{{1, 2, 3}, {3, 1, 2}};
  auto loss = [](auto a, auto y) { return cross_entropy<Reduction::sum>(a, y) + nll_loss<Reduction::sum>(a, y) + multi_margin_loss(a, y); };
  auto program = compile<Rows, Labels>(loss);
  static_assert(checks<decltype(program)>() == 0);
  CHECK_NOTHROW(program(x, Labels{0, 3}));
  CHECK_NOTHROW(program(x, Labels{-5, 1}));

  auto probabilities = [](auto p, auto y) { return binary_cross_entropy(p, y) + gaussian_nll_loss(p, y, p); };
  auto other = compile<Rows, Rows>(probabilities);
  static_assert(checks<decltype(other)>() == 0);
  CHECK(std::isnan(other(x, x).item()));  // log(1 - 2)
}

TEST_CASE("an embedding looks where it is told to") {
  float memory[] = {0, 1, 2, 3, 4, 5, 6, 7};
  const auto table = from_blob<float, 2, 2>(memory);
  const Tensor<float, 2, 2> y = embedding(Labels{3, 0}, table);  // row 3 is behind the table, and within the memory
  CHECK(y(0, 0) == 6);
  CHECK(y(0, 1) == 7);
  CHECK(y(1, 1) == 1);
}

}  // namespace

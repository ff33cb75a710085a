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
  for (const auto& step : P::Code::plan.step) n += step.kind == etch::detail::StepKind::checked || (step.kind == etch::detail::StepKind::gather && (step.arg >> 32 & 1) != 0) ? 1 : 0;
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

TEST_CASE("so does every reading by index, which counts negative ones from the end all the same") {
  float memory[] = {0, 1, 2, 3, 4, 5, 6, 7};
  const auto x = from_blob<float, 4>(memory);
  auto f = [](auto v, auto i) { return sum(gather<0>(v, i)) + sum(take(v, i - 4)) + sum(scatter<0>(v, i * 0, v)) + sum(to<float>(one_hot<3>(i))); };
  auto program = compile<Tensor<float, 4>, Labels>(f);
  static_assert(checks<decltype(program)>() == 0);
  const Tensor<float, 2> all = gather<0>(x, Labels{1, 7});
  CHECK(all(1) == 7);
  const Tensor<float, 2> ends = take(x, Labels{-1, 5});
  CHECK((ends(0) == 3 && ends(1) == 5));
  const Tensor<std::int64_t, 2, 3> none = one_hot<3>(Labels{2, 3});
  CHECK((none(0, 2) == 1 && none(1, 0) + none(1, 1) + none(1, 2) == 0));
}

TEST_CASE("ctc_loss believes its targets and lengths") {
  const Tensor<float, 5, 2, 3> x = log_softmax<2>(randn<float, 5, 2, 3>(Generator{1}));
  const Labels steps{5, 5}, lengths{3, 1};
  const Tensor<std::int64_t, 2, 2> targets{{1, 2}, {1, 2}};
  const Tensor<float, 2> longer = ctc_loss<Reduction::none>(x, targets, steps, lengths);  // the third target is the next row's first
  const Tensor<float, 2> right = ctc_loss<Reduction::none>(x, Tensor<std::int64_t, 2, 3>{{1, 2, 1}, {1, 0, 0}}, steps, lengths);
  CHECK(longer(0) == right(0));
  CHECK_NOTHROW(Tensor<float, 2>(ctc_loss<Reduction::none>(x, Tensor<std::int64_t, 2, 2>{{3, 2}, {1, 2}}, steps, Labels{2, 1})));  // class 3 is the next row's first
}

}  // namespace

// Kernels that compute nothing are told apart from those that do, and leave every element as it was.
#include <etch/etch.hpp>

#include <doctest/doctest.h>

using namespace etch;

namespace {
template <class Spec, std::size_t... W>
cpu::detail::Fused<Compiled<Spec>::plan.word[W]...> kernel(std::index_sequence<W...>);
/// How the only kernel of an expression over X moves elements.
template <class F, class X>
struct How {
  using Spec = etch::detail::EvalSpec<decltype(F{}(std::declval<const X&>()))>;
  static_assert(Compiled<Spec>::plan.steps == 1);
  using Move = cpu::detail::Move<decltype(kernel<Spec>(std::make_index_sequence<Compiled<Spec>::plan.words>{}))>;
};
constexpr auto turned = [](const auto& x) { return transpose<0, 1>(x); };
constexpr auto plus = [](const auto& x) { return x + 1; };
}  // namespace

TEST_CASE("which kernels only move elements") {
  using X = Tensor<float, 19, 23>;
  static_assert(How<decltype(turned), X>::Move::moves() && !How<decltype(turned), X>::Move::rows());
  static_assert(!How<decltype(plus), X>::Move::moves());
#if !defined(ETCH_CPU_EIGEN) && defined(__AVX__)
  static_assert(How<decltype(turned), X>::Move::columns());
#endif
}

TEST_CASE("whole blocks, and what is left of them") {
  Tensor<float, 19, 23> x;
  Tensor<double, 9, 17> d;
  for (int i = 0; i < 437; ++i) x.data()[i] = static_cast<float>(i);
  for (int i = 0; i < 153; ++i) d.data()[i] = i;
  const Tensor y = transpose<0, 1>(x);
  const Tensor z = transpose<0, 1>(d);
  const Tensor two = stack<0>(x, x);
  int differ = 0;
  for (int i = 0; i < 19; ++i)
    for (int j = 0; j < 23; ++j) differ += y(j, i) != x(i, j) || two(0, i, j) != x(i, j) || two(1, i, j) != x(i, j);
  for (int i = 0; i < 9; ++i)
    for (int j = 0; j < 17; ++j) differ += z(j, i) != d(i, j);
  CHECK(differ == 0);
}

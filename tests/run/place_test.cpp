// Where programs run: a machine for each kind of expression and thread.
#include <etch/etch.hpp>

#include <doctest/doctest.h>

#include <thread>

using namespace etch;

TEST_CASE("one machine for each kind of expression and thread") {
  const Tensor<float, 3> x{1, 2, 3}, y{4, 5, 6};
  const auto a = x * 2.f + y, b = y * 3.f + x;  // one type
  using Spec = detail::EvalSpec<std::remove_const_t<decltype(a)>>;
  static_assert(std::is_same_v<decltype(a), decltype(b)>);
  static_assert(std::is_same_v<detail::expression_place<std::remove_const_t<decltype(a)>>, detail::OnCpu>);
  static_assert(std::is_same_v<detail::inputs_place<Tensor<float, 3>>, detail::OnCpu>);
  const cpu::Machine* here = &detail::machine_of<Spec>();
  CHECK(here == &detail::machine_of<Spec>());
  const cpu::Machine* there = nullptr;
  std::thread([&] { there = &detail::machine_of<Spec>(); }).join();
  CHECK(here != there);
}

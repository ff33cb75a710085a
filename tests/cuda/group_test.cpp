// How the work of a group may be divided, and that it is all done, however it is.
#include "wave.hpp"

using namespace etch;
using device::Division;

namespace {
template <auto F, class... X>
constexpr const auto& plan_of = Compiled<detail::FunctionSpec<std::remove_const_t<decltype(F)>, X...>>::plan;
template <const auto& plan, std::size_t... W>
constexpr auto group(std::index_sequence<W...>) -> device::Group<plan.word[plan.step[0].code + static_cast<int>(W)]...>;
template <const auto& plan>
using group_of = decltype(group<plan>(std::make_index_sequence<static_cast<std::size_t>(plan.step[0].words)>{}));

using X = Tensor<float, 6, 40>;
constexpr auto elements = [](auto x) { return exp(x) + 1; };
constexpr auto rows = [](auto x) { return softmax<1>(x); };
constexpr auto columns = [](auto x) { return sum<0>(x * x); };
}  // namespace

TEST_CASE("elements, rows, accumulators whose columns share nothing, or a value of their row") {
  using E = group_of<plan_of<elements, X>>;
  using R = group_of<plan_of<rows, X>>;
  using C = group_of<plan_of<columns, X>>;
  static_assert(E::division == Division::elements && R::division == Division::rows && C::division == Division::parts);
  static_assert(!C::has(detail::Word::finish) && R::has(detail::Word::finish) && !C::row_accumulates);
  const auto x = wave<X>(2);
  CHECK(difference(Tensor(softmax<1>(x)), GpuTensor(softmax<1>(x.to(gpu))).cpu()) < 1e-6);
}

TEST_CASE("parts are whole lines of columns, or rows, and together everything") {
  device::Extent e{10, 200, 3, true};
  device::index_t next = 0;
  for (int p = 0; p < 3; ++p) {
    device::FusedCall c;
    device::take_part(c, e, p);
    CHECK((c.col0 == next && c.col0 % 64 == 0 && c.row0 == 0 && c.row1 == 10 && c.chunk == p));
    next = c.col1;
  }
  CHECK(next == 200);
  e.by_column = false;
  next = 0;
  for (int p = 0; p < 3; ++p) {
    device::FusedCall c;
    device::take_part(c, e, p);
    CHECK((c.row0 == next && c.col0 == 0 && c.col1 == 200));
    next = c.row1;
  }
  CHECK(next == 10);
}

TEST_CASE("four neighbours at once, wherever a row begins and ends") {
  static_assert(group_of<plan_of<elements, X>>::in_fours && group_of<plan_of<rows, X>>::in_fours);
  const auto check = []<int N>(std::integral_constant<int, N>) {
    const auto x = wave<Tensor<float, 5, N>>(2);
    const auto xg = x.to(gpu);
    const Tensor<bfloat16, 5, N> low = to<bfloat16>(x);
    const auto low_there = low.to(gpu);
    CHECK(difference(Tensor(tanh(x * 2) + 1), GpuTensor(tanh(xg * 2) + 1).cpu()) < 1e-6);
    CHECK(difference(Tensor(t(x) * 3), GpuTensor(t(xg) * 3).cpu()) == 0);
    CHECK(difference(Tensor(relu(low) * 3), GpuTensor(relu(low_there) * 3).cpu()) == 0);
    CHECK(difference(Tensor(where(x > 0, to<double>(x), 1.)), GpuTensor(where(xg > 0, to<double>(xg), 1.)).cpu()) == 0);
    CHECK(difference(Tensor(softmax<1>(x)), GpuTensor(softmax<1>(xg)).cpu()) < 1e-6);
    CHECK(difference(Tensor(amax<1>(x)), GpuTensor(amax<1>(xg)).cpu()) == 0);
  };
  check(std::integral_constant<int, 3>{});
  check(std::integral_constant<int, 4>{});
  check(std::integral_constant<int, 37>{});
  check(std::integral_constant<int, 1100>{});  // more than the threads of a block do at once
}

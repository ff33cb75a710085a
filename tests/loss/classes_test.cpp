// What losses over classes share: where a row's class stands, on any axis, and which rows do not count.
#include <program.hpp>

using namespace etch;

namespace {
template <auto... D>
using T = Tracer<float, D...>;
template <auto... D>
using Y = Tracer<std::int64_t, D...>;
// targets have the sizes of scores without the axis of classes
static_assert(classes_and_targets<T<4, 5>, Y<4>, 1>::agree_but_for_the_classes);
static_assert(classes_and_targets<T<4, 5, 3>, Y<4, 3>, 1>::agree_but_for_the_classes);
static_assert(!classes_and_targets<T<4, 5, 3>, Y<4, 3>, 2>::agree_but_for_the_classes);
static_assert(!classes_and_targets<T<4, 5>, Y<4, 5>, 1>::agree_but_for_the_classes);
static_assert(detail::weighs_classes<detail::Unweighted, T<4, 5>, 1>());
static_assert(detail::weighs_classes<T<5>, T<4, 5, 3>, 1>());
static_assert(!detail::weighs_classes<T<3>, T<4, 5, 3>, 1>());
static_assert(!detail::weighs_classes<T<5, 1>, T<4, 5>, 1>());
}  // namespace

TEST_CASE("targets stand on the axis of classes; those to be ignored count as class 0 and are not valid") {
  constexpr auto f = [](auto x, auto y) {
    detail::Builder& b = *x.builder;
    const detail::ClassAxis c{b, b.shape(x.id), 1};
    const detail::Targets t(c, detail::Asker::nll_loss, y.id, -100);
    return several(Tracer<bool, 2, 3, 2>{&b, t.hit.id}, Tracer<bool, 2, 2>{&b, t.valid.id});
  };
  auto program = compile<Tensor<float, 2, 3, 2>, Tensor<std::int64_t, 2, 2>>(f);
  const Tensor<std::int64_t, 2, 2> targets{{2, -100}, {0, 1}};
  const auto& [hit, valid] = program(Tensor<float, 2, 3, 2>{}, targets);
  for (int n = 0; n < 2; ++n)
    for (int i = 0; i < 2; ++i) {
      CHECK(valid(n, i) == (targets(n, i) >= 0));
      for (int k = 0; k < 3; ++k) CHECK(hit(n, k, i) == (k == (targets(n, i) < 0 ? 0 : targets(n, i))));
    }
  CHECK_THROWS_WITH_AS(program(Tensor<float, 2, 3, 2>{}, Tensor<std::int64_t, 2, 2>{{0, 1}, {3, 0}}), doctest::Contains("a target must be one of the classes"), Error);
}

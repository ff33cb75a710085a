// Results whose size the values decide: unique and unique_consecutive, and what is computed from them.
#include <program.hpp>

#include <cmath>
#include <map>

using namespace etch;
using namespace test;

namespace {
struct Rows : dyn<4> {};
inline constexpr Rows rows{};
struct Batch : dyn<9> {};
inline constexpr Batch batch{};
}  // namespace

TEST_CASE("the different elements, sorted, with places and counts") {
  for (int seed = 0; seed < 10; ++seed) {
    const auto x = filled<Tensor<float, 8, 25>>(-9, 9, seed);
    const auto [values, inverse, counts] = unique(floor(x));
    std::map<float, int> expected;
    for (int i = 0; i < 200; ++i) ++expected[std::floor(x.data()[i])];
    REQUIRE(values.size(0) == static_cast<int>(expected.size()));
    int k = 0;
    for (const auto& [value, count] : expected) {
      CHECK((values(k) == value && counts(k) == count));
      ++k;
    }
    for (int i = 0; i < 200; ++i) CHECK(values(inverse.data()[i]) == std::floor(x.data()[i]));
  }
}

TEST_CASE("slices along an axis, under a name of the caller's") {
  const Tensor<float, 4, 2> x{{1, 2}, {0, 5}, {1, 2}, {0, 4}};
  const auto r = unique<0, rows>(x);
  static_assert(std::is_same_v<std::remove_const_t<decltype(r.values)>, Tensor<float, rows, 2>>);
  CHECK(r.values.size(0) == 3);
  CHECK((r.values(0, 1) == 4 && r.values(1, 1) == 5 && r.values(2, 1) == 2));
  CHECK((r.counts(2) == 2 && r.inverse(0) == 2 && r.inverse(2) == 2 && r.inverse(3) == 0));
  const Tensor sums = sum<1>(r.values) * 2;  // of the actual size
  CHECK((sums.size(0) == 3 && sums(0) == 8));
  const auto columns = unique<-1>(Tensor<std::int64_t, 2, 3>{{3, 1, 3}, {1, 1, 1}});
  CHECK((columns.values.size(1) == 2 && columns.values(0, 1) == 3 && columns.counts(1) == 2));
}

TEST_CASE("runs of equal elements") {
  const auto r = unique_consecutive(Tensor<std::int64_t, 6>{{1, 1, 2, 2, 2, 1}});
  CHECK((r.values.size(0) == 3 && r.values(2) == 1 && r.counts(1) == 3 && r.inverse(5) == 2));
  const auto s = unique_consecutive<0>(Tensor<float, 3, 2>{{1, 2}, {1, 2}, {1, 3}});
  CHECK((s.values.size(0) == 2 && s.counts(0) == 2));
}

TEST_CASE("nothing, NaN, and bounded inputs") {
  CHECK(unique(Tensor<float, 0>{}).values.size(0) == 0);
  const double not_a_number = std::numeric_limits<double>::quiet_NaN();
  CHECK(unique(Tensor<double, 3>{{not_a_number, 1, not_a_number}}).values.size(0) == 3);  // NaN equals nothing
  Tensor<float, batch> x(5);
  for (int i = 0; i < 5; ++i) x(i) = static_cast<float>(i % 2);
  CHECK(unique(x).counts(0) == 3);
}

TEST_CASE("gradients flow through lookups of what was found") {
  Var<float, 5, 2> table = Tensor<float, 5, 2>{{1, 2}, {3, 4}, {5, 6}, {7, 8}, {9, 10}};
  const auto found = unique(Tensor<std::int64_t, 4>{{4, 1, 4, 4}});
  backward(sum(embedding(found.values, table) * to<float>(unsqueeze<1>(found.counts))));
  CHECK((table.grad()(4, 0) == 3 && table.grad()(1, 1) == 1 && table.grad()(0, 0) == 0));
}

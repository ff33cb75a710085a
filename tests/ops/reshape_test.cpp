// The same elements in another shape: every result holds 0, 1, 2, ... in order.
#include "elements.hpp"

using namespace etch;
using namespace test;

namespace {

void in_order(const std::vector<test::Array>& y, const std::vector<std::vector<int>>& sizes) {
  REQUIRE(y.size() == sizes.size());
  for (std::size_t i = 0; i < y.size(); ++i) {
    std::int64_t next = 0;
    test::expect(y[i], sizes[i], [&](const int*) { return next++; });
  }
}
}  // namespace

TEST_CASE("reshape, with one size left open") {
  in_order(check([](auto a) { return results(reshape<24>(a), reshape<2, 12>(a), reshape<2, -1>(a), reshape<3, 2, -1>(a), view<1, 4, 1, 6>(a), reshape<-1>(a)); }, test::numbered<F<4, 6>>()),
           {{24}, {2, 12}, {2, 12}, {3, 2, 4}, {1, 4, 1, 6}, {24}});
  const auto x = filled<F<4, 6>>();
  check([](auto a) { return reshape<3, 8>(a) * 2 + 1; }, x);
  check([](auto a) { return reshape<2, 3, 4>(a + 1) * reshape<2, 3, 4>(exp(a)); }, x);
  static_assert(std::is_same_v<decltype(view<-1, 3>(x))::tracer, Tracer<float, 8, 3>>);
  in_order(check([](auto a, auto b) { return results(reshape_as(a, b), view_as(a, b)); }, test::numbered<F<4, 6>>(), F<2, 3, 4>{}), {{2, 3, 4}, {2, 3, 4}});
}

TEST_CASE("flatten and unflatten") {
  in_order(check([](auto a) { return results(flatten(a), flatten<1>(a), flatten<0, 1>(a), flatten<-2, -1>(a), flatten<1, 1>(a), ravel(a), unflatten<1, 3, 2>(a), unflatten<-2, -1, 2>(a)); }, test::numbered<F<2, 6, 5>>()),
           {{60}, {2, 30}, {12, 5}, {2, 30}, {2, 6, 5}, {60}, {2, 3, 2, 5}, {2, 3, 2, 5}});
  in_order(check([](auto a) { return results(flatten(a), ravel(a)); }, test::numbered<F<>>()), {{1}, {1}});
}

TEST_CASE("squeeze and unsqueeze; squeezing another size than 1 changes nothing") {
  in_order(check([](auto a) { return results(squeeze(a), squeeze<1>(a), squeeze<0>(a), squeeze<-1, 1>(a), squeeze<0, 1>(a), unsqueeze<0>(a), unsqueeze<-1>(a), unsqueeze<2>(a)); }, test::numbered<F<3, 1, 5, 1>>()),
           {{3, 5}, {3, 5, 1}, {3, 1, 5, 1}, {3, 5}, {3, 5, 1}, {1, 3, 1, 5, 1}, {3, 1, 5, 1, 1}, {3, 1, 1, 5, 1}});
  in_order(check([](auto a) { return results(squeeze(a), squeeze<0>(a), squeeze<-1>(a), unsqueeze<0>(a)); }, test::numbered<F<>>()), {{}, {}, {}, {1}});
}

TEST_CASE("at least so many dimensions: a vector is a row, a matrix a block of depth 1") {
  in_order(check([](auto a, auto b, auto c) { return results(atleast_1d(a), atleast_2d(a), atleast_3d(a), atleast_1d(b), atleast_2d(b), atleast_3d(b), atleast_2d(c), atleast_3d(c)); }, test::numbered<F<>>(), test::numbered<F<4>>(),
                 test::numbered<F<2, 3>>()),
           {{1}, {1, 1}, {1, 1, 1}, {4}, {1, 4}, {1, 4, 1}, {2, 3}, {2, 3, 1}});
}

TEST_CASE("of what has no elements") {
  in_order(check([](auto a) { return results(flatten(a), reshape<5, 0>(a), squeeze(a), unsqueeze<0>(a), unflatten<0, 2, 1>(a)); }, F<2, 0, 1>{}), {{0}, {5, 0}, {2, 0}, {1, 2, 0, 1}, {2, 1, 0, 1}});
}

TEST_CASE("the gradient has the shape of x") {
  test::check_gradient([](auto a) { return sin(flatten<1>(a)) * unsqueeze<0>(cos(reshape<2, 15>(a))); }, filled<Tensor<double, 2, 3, 5>>());
  test::check_gradient([](auto a) { return sin(unflatten<0, 3, 2>(squeeze<1>(a))) * atleast_3d(a); }, filled<Tensor<double, 6, 1>>());
}

// Axes in another order.
#include "elements.hpp"

using namespace etch;
using namespace test;

namespace {
struct Rows : dim<2> {};
struct Columns : dim<3> {};
struct Layers : dyn<4> {};
}  // namespace

TEST_CASE("axes in the order of their names") {
  const auto x = test::numbered<Tensor<float, Rows{}, Columns{}>>();
  const Tensor y = align_to<Columns{}, Layers{}, Rows{}>(x);
  static_assert(std::is_same_v<std::remove_const_t<decltype(y)>, Tensor<float, Columns{}, 1, Rows{}>>);
  for (int i = 0; i < 2; ++i)
    for (int j = 0; j < 3; ++j) CHECK(y(j, 0, i) == x(i, j));
  Tensor<float, Layers{}, Columns{}> z(2);
  z = z + test::numbered<Tensor<float, Columns{}>>();
  const Tensor turned = align_to<Columns{}, Layers{}>(z);
  CHECK((turned.size(0) == 3 && turned.size(1) == 2 && turned(2, 1) == z(1, 2)));
}

TEST_CASE("transpose and permute") {
  const auto m = filled<F<17, 33>>();
  check([](auto a) { return t(a) * 2 + 1; }, m);
  check([](auto a, auto b) { return t(a) + b; }, m, filled<F<33, 17>>());
  check([](auto a) { return t(exp(a)) + t(a); }, m);
  const auto x = filled<F<2, 3, 4, 5>>();
  check([](auto a) { return permute<0, 2, 1, 3>(a) * 3 + permute<0, 2, 1, 3>(exp(a)); }, x);
  check([](auto a) { return permute<0, 1, 3, 2>(permute<3, 2, 1, 0>(a)) + 1; }, x);
  check([](auto a) { return permute<1, 0, 2>(a) + 1; }, filled<F<1, 7, 1>>());
  const auto y = check([](auto a) { return results(permute<0, 2, 1, 3>(a), permute<3, 2, 1, 0>(a), permute<-2, -1, 0, 1>(a), permute<0, 1, 2, 3>(a)); }, test::numbered<F<2, 3, 4, 5>>());
  const auto from = [](int i, int j, int k, int l) { return ((i * 3 + j) * 4 + k) * 5 + l; };
  expect(y[0], {2, 4, 3, 5}, [&](const int* i) { return from(i[0], i[2], i[1], i[3]); });
  expect(y[1], {5, 4, 3, 2}, [&](const int* i) { return from(i[3], i[2], i[1], i[0]); });
  expect(y[2], {4, 5, 2, 3}, [&](const int* i) { return from(i[2], i[3], i[0], i[1]); });
  expect(y[3], {2, 3, 4, 5}, [&](const int* i) { return from(i[0], i[1], i[2], i[3]); });
}

TEST_CASE("two axes exchanged, by all its names") {
  const auto y = check([](auto a) { return results(transpose<0, 2>(a), swapaxes<-1, 0>(a), swapdims<2, 0>(a), mT(a), adjoint(a), mH(a), transpose<1, 1>(a)); }, test::numbered<F<2, 3, 4>>());
  for (int k = 0; k < 3; ++k) expect(y[static_cast<std::size_t>(k)], {4, 3, 2}, [&](const int* i) { return (i[2] * 3 + i[1]) * 4 + i[0]; });
  for (int k = 3; k < 6; ++k) expect(y[static_cast<std::size_t>(k)], {2, 4, 3}, [&](const int* i) { return (i[0] * 3 + i[2]) * 4 + i[1]; });
  expect(y[6], {2, 3, 4}, [&](const int* i) { return (i[0] * 3 + i[1]) * 4 + i[2]; });
  const auto z = check([](auto a, auto v, auto s) { return results(t(a), t(v), t(s), transpose<0, -1>(s)); }, test::numbered<F<2, 3>>(), test::numbered<F<4>>(), test::numbered<F<>>());
  expect(z[0], {3, 2}, [&](const int* i) { return i[1] * 3 + i[0]; });
  expect(z[1], {4}, [&](const int* i) { return i[0]; });
  expect(z[2], {}, [](const int*) { return 0; });
  expect(z[3], {}, [](const int*) { return 0; });
}

TEST_CASE("axes moved, the others in order") {
  const auto y = check([](auto a) { return results(movedim<0, 2>(a), movedim<-1, 0>(a), moveaxis<ints<0, 1>, ints<-1, -2>>(a), movedim<ints<0, -1, -2, -3>, ints<-3, -2, -1, 0>>(a), movedim<ints<>, ints<>>(a)); }, test::numbered<F<2, 3, 4, 5>>());
  const auto from = [](int i, int j, int k, int l) { return ((i * 3 + j) * 4 + k) * 5 + l; };
  expect(y[0], {3, 4, 2, 5}, [&](const int* i) { return from(i[2], i[0], i[1], i[3]); });
  expect(y[1], {5, 2, 3, 4}, [&](const int* i) { return from(i[1], i[2], i[3], i[0]); });
  expect(y[2], {4, 5, 3, 2}, [&](const int* i) { return from(i[3], i[2], i[0], i[1]); });
  expect(y[3], {3, 2, 5, 4}, [&](const int* i) { return from(i[1], i[0], i[3], i[2]); });
  expect(y[4], {2, 3, 4, 5}, [&](const int* i) { return from(i[0], i[1], i[2], i[3]); });
}

TEST_CASE("views of views, described by strides or not") {
  const auto x = filled<F<4, 6, 5>>();
  check([](auto a) { return results(reshape<24, 5>(permute<1, 0, 2>(a)), reshape<4, 30>(permute<0, 2, 1>(a)), reshape<120>(permute<2, 1, 0>(a))); }, x);
  check([](auto a) { return reshape<24, 5>(permute<1, 0, 2>(a)) * 2 + reshape<24, 5>(a); }, x);
  check([](auto a) { return permute<1, 0>(reshape<24, 5>(permute<1, 0, 2>(a))) + 1; }, x);
  check([](auto a) { return reshape<2, 2, 6, 5>(slice<1, 0, 6>(a)) + 1; }, x);
  check([](auto a) { return reshape<4, 15>(slice<1, 1, 4>(a)); }, x);
  check([](auto a) { return reshape<8, 3>(slice<2, 0, 1>(a)) * 2; }, x);
  check([](auto a) { return reshape<2, 2, 3, 5>(slice<1, 0, 6, 2>(a)) * 2; }, x);
  check([](auto a) { return t(reshape<6, 20>(permute<1, 0, 2>(exp(a)))) * 2; }, x);
  check([](auto a) { return exp(reshape<6, 20>(permute<1, 0, 2>(a + 1))) + reshape<6, 20>(permute<1, 0, 2>(a)); }, x);
}

TEST_CASE("what lies a line or more apart is moved a block of columns at a time, with what is done on the way") {
  const auto x = filled<F<150, 20>>();
  const auto y = filled<F<20, 150>>(-2, 2, 1);
  const Tensor z = t(x);
  for (int i = 0; i < 20; ++i)
    for (int j = 0; j < 150; ++j) CHECK(z(i, j) == x(j, i));
  check([](auto a, auto b) { return results(t(a) * b + 1, exp(t(a)) - slice<0, 0, 1>(b), sum<1>(t(a) * b), sum<0>(t(a) * b)); }, x, y);
  const auto wide = filled<F<2, 131, 67>>();
  check([](auto a) { return results(permute<0, 2, 1>(a), permute<2, 1, 0>(a) * 2, permute<1, 0, 2>(a)); }, wide);
}

TEST_CASE("heads of attention, there and back") {
  const auto x = filled<F<2, 7, 12>>();
  check([](auto a) {
    const auto heads = permute<0, 2, 1, 3>(reshape<2, 7, 3, 4>(a));
    return results(heads, reshape<2, 7, 12>(permute<0, 2, 1, 3>(heads)), reshape<2, 7, 12>(permute<0, 2, 1, 3>(heads * 2)), heads * 2);
  }, x);
}

TEST_CASE("the gradient comes back in the first order") {
  test::check_gradient([](auto a) { return sin(movedim<ints<0, 1>, ints<2, 0>>(a)) * permute<1, 2, 0>(cos(a)); }, filled<Tensor<double, 2, 3, 4>>());
}

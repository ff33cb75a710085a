// Lookup of rows by index, with its checks.
#include <program.hpp>

using namespace etch;
using namespace test;

TEST_CASE("embedding takes rows") {
  const auto table = filled<F<10, 7>>();
  check([](auto i, auto w) { return results(embedding(i, w), embedding(i, w) * 2 + 1, sum<0>(embedding(i, w))); }, filled<I<5>>(0, 9.99), table);
  check([](auto i, auto w) { return results(embedding(i, w), sum<-1>(embedding(i, w))); }, filled<I<2, 3>>(0, 9.99), table);
  check([](auto i, auto w) { return embedding(i, w); }, filled<I<>>(0, 9.99), table);
  check([](auto i, auto w) { return embedding(i, w) + 1; }, filled<Tensor<std::int32_t, 4>>(0, 9.99), table);
  check([](auto i, auto w) { return embedding_fn{}(i, w); }, filled<I<4>>(0, 9.99), filled<F<10>>());
  check([](auto i, auto w) { return embedding_fn{}(i, w); }, filled<I<4>>(0, 9.99), filled<Tensor<double, 10, 2, 3>>());
  check([](auto i, auto w) { return embedding(i, w); }, filled<I<4>>(0, 9.99), filled<Tensor<std::int32_t, 10, 3>>(0, 99));
}

TEST_CASE("of views, and with computed indices") {
  const auto table = filled<F<7, 10>>();
  const auto i = filled<I<3, 4>>(0, 6.99);
  check([](auto k, auto w) { return embedding(t(k), w); }, i, table);
  check([](auto k, auto w) { return embedding(k, t(w)); }, i, table);
  check([](auto k, auto w) { return embedding(k, exp(w)); }, i, table);
  check([](auto k, auto w) { return embedding(slice<1, 0, 4, 2>(k), w); }, i, table);
  check([](auto k, auto w) { return embedding(6 - k, w); }, i, table);
  check([](auto k, auto w) { return embedding(argmax<0>(w), w) + to<float>(sum(k)); }, i, table);
  check([](auto k, auto w) { return t(embedding(reshape<12>(k), w)) * 2; }, i, table);
  check([](auto k, auto w) { return linear(embedding(k, w), w); }, i, table);
  check([](auto k, auto w) { return embedding(iota_like<1>(k), w) + embedding(k, w); }, i, table);
}

TEST_CASE("an index outside the table is an error") {
  const auto table = filled<F<10, 7>>();
  I<2> i{{3, 10}};
  auto run = [&] { const Tensor y = embedding(i, table); };
  CHECK_THROWS_WITH_AS(run(), doctest::Contains("etch: embedding: an index must lie within the table; got 10 at position 1 for 10 rows"), Error);
  i(1) = -1;
  CHECK_THROWS_AS(run(), Error);
  i(1) = 9;
  CHECK_NOTHROW(run());
}

TEST_CASE("one-hot vectors by comparison") {
  check([](auto k) { return to<float>(unsqueeze<-1>(k) == iota_like<2>(expand<3, 4, 7>(unsqueeze<-1>(k)))); }, filled<I<3, 4>>(0, 6.99));
}

// Sequences taken apart have the lengths and the values they came with.
#include <etch/etch.hpp>

#include <doctest/doctest.h>

using namespace etch;

TEST_CASE("what was packed is unpacked, in the order in which it came") {
  const Tensor<float, 1, 2> a{{1, 2}};
  const Tensor<float, 3, 2> b{{3, 4}, {5, 6}, {7, 8}};
  const auto back = nn::utils::unpack_sequence(nn::utils::pack_sequence(a, b));
  CHECK(back.size() == 2);
  CHECK(back[0].size(0) == 1);
  CHECK(back[0](0, 1) == 2);
  CHECK(back[1].size(0) == 3);
  CHECK(back[1](2, 0) == 7);
  float all = 0;
  for (const auto& s : back) all += sum(s * s).item();
  CHECK(all == 204);
}

TEST_CASE("padded batches, the batch first or second") {
  const Tensor<double, 2, 3> x{{1, 2, 3}, {4, 5, 6}};
  const auto rows = nn::utils::unpad_sequence<true>(x, Tensor<std::int64_t, 2>{3, 0});
  CHECK(rows[0].size(0) == 3);
  CHECK(rows[0](2) == 3);
  CHECK(rows[1].size(0) == 0);
  const auto columns = nn::utils::unpad_sequence(x, Tensor<std::int32_t, 3>{1, 2, 1});
  CHECK(columns[1](0) == 2);
  CHECK(columns[1](1) == 5);
  CHECK_THROWS_WITH_AS(nn::utils::unpad_sequence(x, Tensor<std::int64_t, 3>{1, 3, 1}), doctest::Contains("unpad_sequence: a length must lie between 0 and the number of steps; got 3 at position 1 for 2 steps"), Error);
}

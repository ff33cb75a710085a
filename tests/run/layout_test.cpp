// Sizes and memory of tensors, views and expressions.
#include <etch/etch.hpp>

#include <doctest/doctest.h>

using namespace etch;

namespace {
struct Batch : dyn<9> {};
inline constexpr Batch batch{};
}  // namespace

TEST_CASE("how many elements, axes and bytes") {
  const Tensor<double, 2, 3, 4> x;
  CHECK((numel(x) == 24 && ndim(x) == 3 && element_size(x) == 8 && nbytes(x) == 192));
  CHECK((numel(x + 1) == 24 && ndim(sum(x)) == 0 && numel(sum(x)) == 1));
  CHECK(numel(Tensor<float, batch, 2>(5)) == 10);
  CHECK((is_signed(x) && !is_signed(Tensor<bool, 1>{}) && !is_signed(Tensor<std::uint8_t, 1>{}) && is_signed(Tensor<std::int8_t, 1>{})));
}

TEST_CASE("same sizes, by what they are when the program runs") {
  CHECK(is_same_size(Tensor<float, 2, 3>{}, Tensor<int, 2, 3>{}));
  CHECK_FALSE(is_same_size(Tensor<float, 2, 3>{}, Tensor<float, 3, 2>{}));
  CHECK_FALSE(is_same_size(Tensor<float, 2, 3>{}, Tensor<float, 3>{}));
  CHECK(is_same_size(Tensor<float, batch>(4), Tensor<float, 4>{}));
  CHECK_FALSE(is_same_size(Tensor<float, batch>(5), Tensor<float, batch>(4)));
  CHECK(is_same_size(Tensor<float, 2, 3>{} * 2, t(Tensor<float, 3, 2>{})));
}

TEST_CASE("what is contiguous, what is not 0") {
  Tensor<float, 4, 6> x;
  CHECK((is_contiguous(x) && is_contiguous(x(1, every)) && is_contiguous(view<2, 12>(x)) && is_contiguous(t(x) * 2)));
  CHECK_FALSE(is_contiguous(t(x)));
  CHECK_FALSE(is_contiguous(x(every, 1)));
  CHECK_FALSE(is_contiguous(expand<2, 4, 6>(x)));
  CHECK_FALSE(is_nonzero(sum(x)));
  CHECK(is_nonzero(Tensor<std::int64_t, 1>{-1}));
}

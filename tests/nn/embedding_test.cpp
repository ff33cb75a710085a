// Embedding: rows by index and by position, gradients that add where an index repeats.
#include <cmath>

#include "gradient.hpp"

using namespace etch;

namespace {

struct Length : dyn<6> {};
inline constexpr Length length{};

using Table = nn::Embedding<7, 3>;

struct Weighted {
  constexpr auto operator()(auto& m, auto ids, auto w) const { return sum(m(ids) * w); }
};

/// Rows by index plus rows by position.
template <class T>
struct Both {
  nn::Embedding<7, 3, T> wte;
  nn::Embedding<6, 3, T> wpe;
  ETCH_MODULE(wte, wpe)
  constexpr auto forward(auto ids) const { return wte(ids) + position_embedding(ids, wpe.weight); }
};

}  // namespace

TEST_CASE("embedding takes rows of its table, for indices of any shape and integer type") {
  auto table = make<Table>(Generator{1});
  Tensor<std::int64_t, 2, 2> ids{{6, 0}, {3, 6}};
  Tensor<float, 2, 2, 3> y = table(ids);
  for (int i = 0; i < 2; ++i)
    for (int j = 0; j < 2; ++j)
      for (int c = 0; c < 3; ++c) CHECK(y(i, j, c) == table->weight.data()[ids(i, j) * 3 + c]);
  Tensor<std::int32_t, 2> small{1, 2};
  Tensor<float, 2, 3> z = table(small);
  CHECK(z(1, 2) == table->weight.data()[8]);
}

TEST_CASE("embedding starts as PyTorch's: standard normal") {
  auto table = make<nn::Embedding<100, 64>>(Generator{2});
  double squares = 0;
  for (int i = 0; i < 6400; ++i) squares += std::pow(static_cast<double>(table->weight.data()[i]), 2);
  CHECK(squares / 6400 == doctest::Approx(1).epsilon(0.05));
}

TEST_CASE("position_embedding gives the first rows, as many as there are positions") {
  auto model = make<Both<float>>(Generator{3});
  const auto expected = [&](std::int64_t id, int t, int c) {
    return model->wte.weight.data()[id * 3 + c] + model->wpe.weight.data()[t * 3 + c];
  };
  Tensor<std::int64_t, 2, 4> fixed{{1, 2, 3, 4}, {6, 5, 4, 3}};
  Tensor<float, 2, 4, 3> y = model(fixed);
  CHECK(y(1, 3, 2) == expected(3, 3, 2));
  CHECK(y(0, 0, 0) == expected(1, 0, 0));

  auto program = compile<Tensor<std::int64_t, 1, length>>(model);
  for (int n : {6, 1, 4}) {
    Tensor<std::int64_t, 1, length> ids(n);
    for (int t = 0; t < n; ++t) ids(0, t) = (3 * t + n) % 7;
    const auto& z = program(ids);
    CHECK(z.size(1) == n);
    for (int t = 0; t < n; ++t)
      for (int c = 0; c < 3; ++c) CHECK(z(0, t, c) == expected(ids(0, t), t, c));
  }
}

TEST_CASE("embedding adds the gradients of every place an index stands at") {
  Tensor<std::int64_t, 2, 6> ids{{0, 1, 1, 1, 6, 0}, {5, 5, 2, 1, 0, 6}};
  Tensor<double, 2, 6, 3> w;
  Generator g{1};
  nn::init::normal_(w, g);
  check_gradient<Both<double>>(Weighted{}, ids, w);
  Tensor<std::int64_t, 2, 4> fewer{{0, 1, 1, 1}, {5, 5, 2, 1}};  // rows 4 and 5 of wpe get no gradient
  Tensor<double, 2, 4, 3> v;
  nn::init::normal_(v, g);
  check_gradient<Both<double>>(Weighted{}, fewer, v);
}

// Losses of two classes with a margin.
#include <program.hpp>

#include <cmath>

using namespace etch;
using namespace test;
using D = Tensor<double, 12>;

TEST_CASE("margin losses of halves are rounded once, and unsigned numbers wrap around") {
  const Tensor<bfloat16, 2> x{{bfloat16(1.f), bfloat16(2.f)}}, y{{bfloat16(-1.f), bfloat16(-1.f)}};
  CHECK(static_cast<float>(hinge_embedding_loss(x, y, 8.396).item()) == static_cast<float>(bfloat16(6.896f)));
  const Tensor<std::uint8_t, 2> a{{5, 5}}, b{{2, 2}}, target{{8, 8}};
  CHECK(margin_ranking_loss(a, b, target).item() == 232);
}

TEST_CASE("margins of two classes") {
  const D a = filled<D>(), b = filled<D>(-2, 2, 5);
  D y;
  for (int i = 0; i < 12; ++i) y(i) = i % 3 == 0 ? 1 : -1;
  const D soft = soft_margin_loss<Reduction::none>(a, y), hinge = hinge_embedding_loss<Reduction::none>(a, y, 0.5), rank = margin_ranking_loss<Reduction::none>(a, b, y, 0.25);
  for (int i = 0; i < 12; ++i) {
    CHECK(soft(i) == doctest::Approx(std::log1p(std::exp(-y(i) * a(i)))));
    CHECK(hinge(i) == doctest::Approx(y(i) > 0 ? a(i) : std::max(0.0, 0.5 - a(i))));
    CHECK(rank(i) == doctest::Approx(std::max(0.0, -y(i) * (a(i) - b(i)) + 0.25)));
  }
  check_gradient([](auto u, auto v) { return soft_margin_loss(u, v) + margin_ranking_loss(u, v, sign(detach(u)), 0.1) + hinge_embedding_loss(v, sign(detach(u))); }, a, b);
}

TEST_CASE("cosine_embedding_loss compares directions of rows") {
  const auto a = filled<Tensor<double, 4, 3>>(), b = filled<Tensor<double, 4, 3>>(-2, 2, 5);
  const Tensor<double, 4> y{1, -1, 1, -1};
  const Tensor<double, 4> loss = cosine_embedding_loss<Reduction::none>(a, b, y, 0.1);
  for (int i = 0; i < 4; ++i) {
    double ab = 0, aa = 0, bb = 0;
    for (int k = 0; k < 3; ++k) ab += a(i, k) * b(i, k), aa += a(i, k) * a(i, k), bb += b(i, k) * b(i, k);
    const double c = ab / std::sqrt(aa * bb);
    CHECK(loss(i) == doctest::Approx(y(i) > 0 ? 1 - c : std::max(0.0, c - 0.1)));
  }
}

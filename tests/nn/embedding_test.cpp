// Embedding: rows by index and by position, gradients that add where an index repeats.
#include <cmath>
#include <cstring>

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

namespace {
constexpr auto weighed = [](auto& m, auto ids, auto w) { return sum(m(ids) * w); };
/// PyTorch's numbers below begin with this table.
const Tensor<float, 5, 2> start{{3, 4}, {0.3f, 0.4f}, {-6, 8}, {1, 1}, {0, 2}};
const Tensor<std::int64_t, 2, 3> first{{0, 1, 0}, {2, 0, 3}};

template <class W>
void holds(const W& table, const Tensor<float, 5, 2>& expected) {
  for (int i = 0; i < 10; ++i) CHECK(table.data()[i] == doctest::Approx(expected.data()[i]).epsilon(1e-4));
}

struct Twice {
  nn::EmbeddingBag<5, 2, BagMode::sum, false, no_padding, float, max_norm<1.0>, norm_type<1.0>> bag;
  ETCH_MODULE(bag)
  constexpr auto forward(auto a, auto b) const { return bag(a) + bag(b); }
};
}  // namespace

TEST_CASE("rows that are longer than max_norm are shortened in the table while it trains") {
  auto m = make<nn::Embedding<5, 2, float, max_norm<1.0>>>();
  std::memcpy(m->weight.data(), start.data(), 40);
  Tensor<float, 2, 3, 2> w;
  for (int i = 0; i < 12; ++i) w.data()[i] = static_cast<float>(i + 1);

  const Tensor<float, 2, 3, 2> read = m(first);  // an evaluation reads them shortened, and writes nothing
  CHECK(read(0, 2, 1) == doctest::Approx(0.8f));
  holds(m->weight, start);

  auto step = train_step(m, weighed, optim::SGD{.lr = 0.1}, first, w);
  CHECK(step.backward(first, w) == doctest::Approx(44.363453f));
  holds(m->weight, {{0.6f, 0.8f}, {0.3f, 0.4f}, {-0.6f, 0.8f}, {0.70710677f, 0.70710677f}, {0, 2}});
  holds(step.gradient().weight, {{15, 18}, {3, 4}, {7, 8}, {11, 12}, {0, 0}});
  step.update();
  holds(m->weight, {{-0.9f, -1}, {0, 0}, {-1.3f, 0}, {-0.39289f, -0.49289f}, {0, 2}});
  CHECK(step(Tensor<std::int64_t, 2, 3>{{4, 1, 4}, {2, 0, 3}}, w) == doctest::Approx(-22.690166f));
}

TEST_CASE("a table that is read twice is shortened for both") {
  auto m = make<Twice>();
  std::memcpy(m->bag.weight.data(), start.data(), 40);
  auto step = train_step(m, [](auto& model, auto a, auto b) { return sum(model(a, b)); }, optim::SGD{}, first, first);
  CHECK(step.backward(first, {{4, 4, 4}, {1, 1, 1}}) == doctest::Approx(1.1571f + 4.5429f + 1.4f + 2.8429f).epsilon(1e-4));
  holds(m->bag.weight, {{0.42857f, 0.57143f}, {0.3f, 0.4f}, {-0.42857f, 0.57143f}, {0.5f, 0.5f}, {0, 1}});
}

TEST_CASE("embedding_renorm_ shortens rows of any table") {
  Tensor<float, 5, 2> table = start;
  embedding_renorm_<max_norm<1.0>>(table, Tensor<std::int64_t, 2>{0, 4});
  holds(table, {{0.6f, 0.8f}, {0.3f, 0.4f}, {-6, 8}, {1, 1}, {0, 1}});
}

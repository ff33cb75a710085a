// Losses as modules: what the functions give; weights are buffers of the model.
#include <cmath>

#include "gradient.hpp"

using namespace etch;

namespace {
struct Classifier {
  nn::Linear<3, 4> layer;
  nn::CrossEntropyLoss<Reduction::mean, -1, 0.1, nn::LossWeight<float, 4>> criterion;
  ETCH_MODULE(layer, criterion)
  constexpr auto forward(auto x) const { return layer(x); }
};
using Both = nn::BCEWithLogitsLoss<Reduction::mean, nn::LossWeight<float, 3>, nn::PosWeight<float, 3>>;
}  // namespace

TEST_CASE("modules of losses are the functions") {
  Tensor<float, 4, 3> x, y;
  Generator g{1};
  nn::init::normal_(x, g);
  nn::init::uniform_(y, g);
  CHECK(Tensor(make<nn::MSELoss<>>()(x, y)).item() == mse_loss(x, y).item());
  CHECK(Tensor(make<nn::HuberLoss<Reduction::sum, 0.5>>()(x, y)).item() == huber_loss<Reduction::sum>(x, y, 0.5).item());
  CHECK(Tensor(make<nn::TripletMarginLoss<Reduction::mean, 1.0, 1.0>>()(x, y, x)).item() == (triplet_margin_loss<Reduction::mean, 1.0>(x, y, x).item()));
  auto both = make<Both>();
  both->weight.data()[1] = 2;
  both->pos_weight.data()[2] = 3;
  const Tensor<float, 3> w{1, 2, 1}, q{1, 1, 3};
  CHECK(Tensor(both(x, y)).item() == doctest::Approx(binary_cross_entropy_with_logits(x, y, w, q).item()));
}

TEST_CASE("a weight is a buffer that is not trained") {
  static_assert(layout<Classifier>.tensors == 3 && layout<Classifier>.parameters == 2);
  static_assert(detail::lists_every_member<Classifier>() && detail::lists_every_member<Both>());
  Tensor<float, 6, 3> x;
  Generator g{2};
  nn::init::normal_(x, g);
  const Tensor<std::int64_t, 6> y{0, 1, 2, 3, -1, 1};
  auto model = make<Classifier>(g);
  model->criterion.weight.data()[3] = 5;
  auto step = train_step(model, [](auto& m, auto a, auto b) { return m.criterion(m(a), b); }, optim::AdamW{.lr = 0.1}, x, y);
  const float first = step(x, y);
  for (int i = 0; i < 30; ++i) step(x, y);
  CHECK(step(x, y) < 0.7f * first);
  CHECK(model->criterion.weight.data()[3] == 5);
  CHECK(model->criterion.weight.data()[0] == 1);
}

TEST_CASE("linear_cross_entropy has classes before further axes") {
  auto loss = make<nn::LinearCrossEntropyLoss<3, 2, Reduction::none, -100, 0.0, nn::Unweighted, false, float, 5>>(Generator{3});
  Tensor<float, 4, 3> x;
  Generator g{4};
  nn::init::normal_(x, g);
  Tensor<std::int64_t, 4, 5> y;
  for (int i = 0; i < 20; ++i) y.data()[i] = i % 2;
  const Tensor<float, 4, 5> rows = loss(x, y);
  for (int i = 0; i < 4; ++i)
    for (int k = 0; k < 5; ++k) {
      double z[2]{};
      for (int c = 0; c < 2; ++c)
        for (int j = 0; j < 3; ++j) z[c] += static_cast<double>(x(i, j) * loss->linear.weight.data()[(c * 5 + k) * 3 + j]);
      CHECK(rows(i, k) == doctest::Approx(std::log(std::exp(z[0]) + std::exp(z[1])) - z[y(i, k)]).epsilon(1e-5));
    }
}

// Averages of a model against loops, and the schedule of their rate.
#include "schedule_rows.hpp"

using namespace etch;
using namespace etch::optim;

namespace {
struct Two {
  Param<float, 3> w;
  ModuleBuffer<std::int64_t, 1> steps;
  ModuleBuffer<float, 2> mean;
  ETCH_MODULE(w, steps, mean)
  constexpr auto forward(auto x) const { return sum(w * x); }
};
void move(const Model<Two>& m, int t) {
  for (int i = 0; i < 3; ++i) m->w.data()[i] = static_cast<float>(t * t + i);
  m->steps.data()[0] = 10 * t;
  m->mean.data()[1] = static_cast<float>(2 * t);
}
}  // namespace

TEST_CASE("the mean of all, buffers as they are") {
  auto model = make<Two>();
  AveragedModel mean(model);
  for (int t = 1; t <= 4; ++t) move(model, t), mean.update_parameters(model);
  CHECK(mean.n_averaged() == 4);
  CHECK(mean.module()->w.data()[2] == doctest::Approx((1 + 4 + 9 + 16) / 4.0 + 2));
  CHECK(mean.module()->steps.data()[0] == 40);
  CHECK(mean.module()->mean.data()[1] == 8);
  const Tensor<float, 3> x{1, 0, 0};
  CHECK(Tensor<float>(mean(x)).item() == doctest::Approx(7.5));
}
TEST_CASE("the moving mean, with its buffers") {
  auto model = make<Two>();
  AveragedModel mean(model, 0.75, true);
  double w = 0, b = 0;
  for (int t = 1; t <= 4; ++t) {
    move(model, t);
    mean.update_parameters(model);
    w = t == 1 ? 1 : 0.75 * w + 0.25 * t * t;
    b = t == 1 ? 2 : 0.75 * b + 0.25 * 2 * t;
  }
  CHECK(mean.module()->w.data()[0] == doctest::Approx(w));
  CHECK(mean.module()->mean.data()[1] == doctest::Approx(b));
  CHECK_THROWS_WITH(AveragedModel(model, 1.5), "etch: optim: an option must lie between 0 and 1; got decay = 1.5");
}
TEST_CASE("SWALR") {
  check_rates(SWALR{.swa_lr = 0.2, .anneal_epochs = 4, .anneal_strategy = SWALR::linear}, {1, 0.8, 0.6, 0.4, 0.2, 0.2});
  check_rates(SWALR{.swa_lr = 0.5, .anneal_epochs = 2}, {1, 0.75, 0.5, 0.5});
  check_rates(SWALR{.swa_lr = 0.5, .anneal_epochs = 0}, {0.5, 0.5});
}

// Mean squared error: value, reductions, gradient.
#include <nn/gradient.hpp>

using namespace etch;

namespace {

struct Guess {
  Param<double, 4, 3> x;
  ETCH_MODULE(x)
  constexpr auto forward(auto y) const { return etch::apply<first_fn>(x, y); }
  void reset_parameters(Generator& g) { nn::init::normal_(x, g); }
};
struct Mean {
  constexpr auto operator()(auto& m, auto y) const { return mse_loss(m(y), y); }
};

}  // namespace

TEST_CASE("mse_loss is the mean of squares") {
  Tensor<float, 2, 2> x{{1, 2}, {3, 4}}, y{{1, 0}, {0, 0}};
  CHECK(mse_loss(x, y).item() == doctest::Approx((4 + 9 + 16) / 4.0));
  CHECK(mse_loss<Reduction::sum>(x, y).item() == 29);
  Tensor<float, 2, 2> each = mse_loss<Reduction::none>(x, y);
  CHECK(each(1, 1) == 16);
}

TEST_CASE("mse_loss's gradient is 2 (x - y) / n") {
  Tensor<double, 4, 3> y;
  Generator g{1};
  nn::init::normal_(y, g);
  check_gradient<Guess>(Mean{}, y);
}

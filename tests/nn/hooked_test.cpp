// Hooks of modules: before, behind and on the way back.
#include <etch/etch.hpp>
#include <etch/model/names.hpp>

#include <doctest/doctest.h>

#include <cmath>
#include <string>

using namespace etch;

namespace {

struct Halve {
  constexpr auto operator()(auto x) const { return x * 0.5f; }
};
struct Residual {
  constexpr auto operator()(auto x, auto y) const { return x + y; }
};
struct Clip {
  constexpr auto operator()(auto gradient) const { return clamp(gradient, -0.1f, 0.1f); }
};
struct Reverse {
  constexpr auto operator()(auto gradient) const { return -gradient; }
};
using Layer = nn::Hooked<nn::Linear<3, 3>, Residual, Clip, Halve>;
struct Net {
  Param<float, 2, 3> x;
  Layer layer;
  ETCH_MEMBERS(x, layer)
};
constexpr auto loss = [](auto& m, auto w) { return sum(m.layer(etch::detail::lower(w.builder, m.x)) * w); };

}  // namespace

TEST_CASE("hooks change what goes in, what comes out and what comes back") {
  const auto model = make<Net>(Generator{1});
  std::string names;
  each_named_tensor(*model, [&](const char* name, auto&) { names += std::string(name) + " "; });
  CHECK(names == "x layer.weight layer.bias ");
  nn::init::ones_(model->x);
  const Tensor<float, 2, 3> w{{1, 2, 3}, {-1, 0.01f, 2}};
  auto step = train_step(model, loss, optim::SGD{}, w);
  const float found = step.backward(w);
  double expected = 0;
  bool clipped = false;
  const auto& linear = model->layer.module;
  for (int n = 0; n < 2; ++n)
    for (int o = 0; o < 3; ++o) {
      double y = 0.5 + linear.bias.data()[o];  // the residual is of what the module was given
      for (int i = 0; i < 3; ++i) y += linear.weight.data()[o * 3 + i] * 0.5;
      expected += y * w(n, o);
      double back = 0;  // what arrives at x's element o, before Clip
      for (int k = 0; k < 3; ++k) back += 0.5 * w(n, k) * (linear.weight.data()[k * 3 + o] + (k == o ? 1 : 0));
      const double most = std::fmin(0.1, std::fmax(-0.1, back));
      clipped = clipped || most != back;
      CHECK(step.gradient().x.data()[n * 3 + o] == doctest::Approx(most));
    }
  CHECK(found == doctest::Approx(expected));
  CHECK(clipped);
}

TEST_CASE("a hook on the gradient of what comes out") {
  using Plain = nn::Linear<3, 2>;
  const auto plain = make<Plain>(Generator{2});
  const auto hooked = make<nn::Hooked<Plain, nn::NoHook, nn::NoHook, nn::NoHook, Reverse>>(Generator{2});
  const auto x = randn<float, 4, 3>(Generator{3});
  auto f = [](auto& m, auto v) { return sum(square(m(v))); };
  auto a = train_step(plain, f, optim::SGD{}, x);
  auto b = train_step(hooked, f, optim::SGD{}, x);
  CHECK(a.backward(x) == b.backward(x));
  for (int i = 0; i < 6; ++i) CHECK(a.gradient().weight.data()[i] == -b.gradient().module.weight.data()[i]);
}

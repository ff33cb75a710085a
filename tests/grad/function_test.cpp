// Functions with a gradient of their own, checkpoints and hooks: in reverse and forward mode, and their second derivatives.
#include <program.hpp>

using namespace etch;
using namespace test;

namespace {
template <class A, class B>
void same(const A& a, const B& b) {
  for (std::int64_t i = 0; i < a.numel(); ++i) CHECK_MESSAGE(test::near(a.data()[i], b.data()[i], 1e-11), "element " << i);
}

/// The gradient is ten times the true one, so that the rule shows.
struct Cube : Function<Cube> {
  static constexpr auto forward(auto x) {
    const auto s = x * x;
    return save_for_backward(s * x, s);
  }
  static constexpr auto backward(auto context, auto dy) { return dy * context.saved.template get<0>() * 30; }
};

/// Two results, three arguments, one of them an integer.
struct Pair : Function<Pair> {
  static constexpr auto forward(auto x, auto w, auto n) { return several(x * w, x + to<double>(n)); }
  static constexpr auto backward(auto context, auto da, auto db) {
    auto dw = da * context.inputs.template get<0>();
    if (!context.needs_input_grad(1)) dw = dw * 1e9;  // not asked for: must not count
    return several(da * context.inputs.template get<1>() + db, dw, no_gradient);
  }
};
/// Its result is all it keeps.
struct Exp : Function<Exp> {
  static constexpr auto forward(auto x) { return exp(x); }
  static constexpr auto backward(auto context, auto dy) { return dy * context.outputs.template get<0>(); }
};
constexpr auto layer = [](auto a) { return sin(matmul(cos(matmul(a, a)), a)); };
}  // namespace

TEST_CASE("a custom function: value, gradient, tangent and second derivative follow its rule") {
  const auto x = filled<G<5>>();
  const auto v = filled<G<5>>(-2, 2, 1);
  same(G<5>(Cube::apply(x)), G<5>(x * x * x));
  auto f = [](auto a) { return sum(Cube::apply(a * 2)); };
  same(G<5>(grad(f)(x)), G<5>(x * x * 240));
  auto g = [](auto a) { return Cube::apply(a); };
  auto [y, moved] = jvp(g)(x, v);
  same(moved, G<5>(x * x * v * 30));
  auto [value, product] = hvp(f)(x, v);
  same(product, G<5>(x * v * 480));
  same(G<5>(grad([](auto a) { return sum(grad([](auto b) { return sum(Exp::apply(b)); })(a)); })(x)), G<5>(exp(x)));
}

TEST_CASE("several results and arguments; what needs no gradient gets none") {
  const auto x = filled<G<3>>();
  const auto w = filled<G<3>>(-2, 2, 1);
  const Tensor<std::int64_t, 3> n{1, 2, 3};
  auto [a, b] = Pair::apply(x, w, n);
  same(G<3>(a), G<3>(x * w));
  same(G<3>(b), G<3>(x + to<double>(n)));
  auto f = [](auto p, auto q, auto k) {
    auto [a2, b2] = Pair::apply(p, q, k);
    return sum(sin(a2) * b2);
  };
  auto [gx, gw] = grad<0, 1>(f)(x, w, n);
  auto plain = [](auto p, auto q, auto k) { return sum(sin(p * q) * (p + to<double>(k))); };
  auto [ex, ew] = grad<0, 1>(plain)(x, w, n);
  same(gx, ex);
  same(gw, ew);
  same(G<3>(grad(f)(x, w, n)), ex);
  auto one = [](auto p, auto q, auto k) { return sum(Pair::apply(p, q, k).template get<1>()); };  // nothing arrives at the first result
  same(G<3>(grad(one)(x, w, n)), G<3>{1, 1, 1});
}

TEST_CASE("a checkpoint changes no number, and what it holds is computed twice instead of kept") {
  const auto x = filled<G<4, 4>>();
  const auto w = filled<G<4, 4>>(-1, 1, 1);
  auto plain = [](auto a, auto b) { return sum(sin(matmul(tanh(matmul(a, b)), b))); };
  auto kept = [](auto a, auto b) { return sum(checkpoint([](auto p, auto q) { return sin(matmul(tanh(matmul(p, q)), q)); }, a, b)); };
  auto inner = [](auto a, auto b) { return sum(checkpoint([b](auto p) { return sin(matmul(tanh(matmul(p, b)), b)); }, a)); };
  auto [g, gw] = grad<0, 1>(plain)(x, w);
  auto [h, hw] = grad<0, 1>(kept)(x, w);
  auto [k, kw] = grad<0, 1>(inner)(x, w);
  same(g, h);
  same(gw, hw);
  same(g, k);
  same(gw, kw);
  same(G<4, 4>(grad([](auto a, auto b) { return sum(sin(grad([b](auto p) { return sum(checkpoint([b](auto q) { return tanh(matmul(q, b)); }, p)); })(a))); })(x, w)),
       G<4, 4>(grad([](auto a, auto b) { return sum(sin(grad([b](auto p) { return sum(tanh(matmul(p, b))); })(a))); })(x, w)));
  CHECK(gradgradcheck(kept, x, w));

  // a chain of large layers: the arena holds one segment's values at a time
  using Big = G<64, 64>;
  auto deep = [](auto a) { return sum(layer(layer(layer(layer(layer(layer(a))))))); };
  auto shallow = [](auto a) {
    return sum(checkpoint(layer, checkpoint(layer, checkpoint(layer, checkpoint(layer, checkpoint(layer, checkpoint(layer, a)))))));
  };
  constexpr auto all = decltype(compile<Big>(grad(deep)))::arena_bytes, few = decltype(compile<Big>(grad(shallow)))::arena_bytes;
  MESSAGE("arena: " << all << " bytes, with checkpoints " << few);
  CHECK(few < all);
  const auto big = filled<Big>(-0.2, 0.2);
  same(Big(compile<Big>(grad(deep))(big)), Big(compile<Big>(grad(shallow))(big)));
}

TEST_CASE("a hook changes the gradient that passes, not the value") {
  const auto x = filled<G<4>>();
  auto f = [](auto a) { return sum(register_hook(sin(a), [](auto g) { return clamp(g * 3, -1, 1); }) * a); };
  CHECK(f(x).item() == doctest::Approx(sum(sin(x) * x).item()));
  same(G<4>(grad(f)(x)), G<4>(sin(x) + cos(x) * clamp(x * 3, -1, 1)));
  auto [y, moved] = jvp([](auto a) { return register_hook(sin(a), [](auto g) { return g * 3; }); })(x, G<4>{1, 1, 1, 1});
  same(moved, G<4>(cos(x)));  // tangents are no gradients
}

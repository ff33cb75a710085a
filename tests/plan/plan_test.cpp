// Laws of plans: valid, within bounds, as few steps and bytes as they should be; written for programs of every room.
#include <program.hpp>

using namespace etch;
using namespace etch::detail;
using namespace test;

TEST_CASE("pointwise work and a reduction are one step without memory") {
  auto f = [](auto x, auto y) { return sum<1>(tanh(x * y + 1) / (exp(x) + 2)); };
  static_assert(Code<decltype(f), F<9, 33>, F<33>>::plan.steps == 1 && Code<decltype(f), F<9, 33>, F<33>>::plan.arena_bytes == 0);
  check(f, filled<F<9, 33>>(), filled<F<33>>());
}

TEST_CASE("several reductions of one input are one pass") {
  auto f = [](auto x) { return results(sum<1>(x), amax<1>(x), sum<0>(x), sum(x)); };
  static_assert(Code<decltype(f), F<64, 32>>::plan.steps == 1);
  check(f, filled<F<64, 32>>());
}

TEST_CASE("what follows a product is its epilogue") {
  auto f = [](auto x, auto w, auto b) { return gelu(linear(x, w, b)) * 2; };
  static_assert(Code<decltype(f), F<64, 32>, F<48, 32>, F<48>>::plan.steps == 1);
  static_assert(Code<decltype(f), F<64, 32>, F<48, 32>, F<48>>::plan.arena_bytes == 0);
  check(f, filled<F<64, 32>>(), filled<F<48, 32>>(), filled<F<48>>());
}

TEST_CASE("of products that could follow each other the one that the next kernel reads is the last, and a loop of several parts begins where it ended") {
  auto f = [](auto x, auto w, auto g) { return results(softmax<1>(exp(tanh(matmul(g, w)) * x)), matmul(t(g), x)); };
  using P = Code<decltype(f), F<768, 96>, F<64, 96>, F<768, 64>>;
  static_assert(P::plan.steps == 3 && P::plan.step[0].dim[0] == 64 && P::plan.step[1].dim[0] == 768 && P::plan.step[2].kind == StepKind::fused);
  static_assert(P::plan.step[2].chunks > 1 && P::plan.step[2].backwards);
  check(f, filled<F<768, 96>>(0, 1), filled<F<64, 96>>(-0.1, 0.1), filled<F<768, 64>>(0, 1));
}

TEST_CASE("a copy with short rows walks along the inner of equal axes, in parts that write lines of their own") {
  auto f = [](auto w) { return flip<2>(permute<1, 0, 2>(w)); };
  using P = Code<decltype(f), F<64, 64, 9>>;
  static_assert(P::plan.steps == 1 && P::plan.step[0].chunks > 1 && !P::plan.step[0].by_column);
  static_assert(P::plan.step[0].loop[0] == 64 && P::plan.step[0].loop[1] == 9 && P::plan.step[0].loop[2] == 64);
  check(f, filled<F<64, 64, 9>>());
}

TEST_CASE("a product of one term each is pointwise, and part of another product's epilogue") {
  auto f = [](auto x, auto w, auto h, auto v, auto b) { return linear(x, w, b) + linear(h, v, b); };
  using P = Code<decltype(f), F<3, 1>, F<20, 1>, F<3, 8>, F<20, 8>, F<20>>;
  static_assert(P::plan.steps == 1 && P::plan.step[0].kind == StepKind::dot && P::plan.step[0].dim[2] == 8);
  check(f, filled<F<3, 1>>(), filled<F<20, 1>>(), filled<F<3, 8>>(), filled<F<20, 8>>(), filled<F<20>>());
  auto batch = [](auto x, auto y) { return matmul(x, y) * 2; };
  using B = Code<decltype(batch), F<2, 3, 1>, F<2, 1, 5>>;
  static_assert(B::plan.steps == 1 && B::plan.step[0].kind == StepKind::fused);
  check(batch, filled<F<2, 3, 1>>(), filled<F<2, 1, 5>>());
  check([](auto x) { return matmul(x, zeros_like(t(x)) + 2); }, filled<F<4, 1>>());
}

TEST_CASE("views and joins cost no copies") {
  auto split = [](auto x) {
    const auto [p, q, r] = chunk<3, 1>(x);
    return p * q + r;
  };
  static_assert(Code<decltype(split), F<8, 48>>::plan.steps == 1);
  check(split, filled<F<8, 48>>());
  auto join = [](auto x, auto y) { return cat<1>(exp(x), y * 2); };
  static_assert(Code<decltype(join), F<8, 16>, F<8, 16>>::plan.steps <= 2 && Code<decltype(join), F<8, 16>, F<8, 16>>::plan.arena_bytes == 0);
  check(join, filled<F<8, 16>>(), filled<F<8, 16>>());
  auto both = [](auto x, auto y, auto w) {  // a result that something else reads, too
    const auto c = cat<1>(exp(x), y * 2);
    return results(c, matmul(c, w));
  };
  static_assert(Code<decltype(both), F<8, 16>, F<8, 16>, F<32, 5>>::plan.steps <= 3 && Code<decltype(both), F<8, 16>, F<8, 16>, F<32, 5>>::plan.arena_bytes == 0);
  check(both, filled<F<8, 16>>(), filled<F<8, 16>>(), filled<F<32, 5>>());
}

template <class P>
constexpr int exponentials(const P& plan) {
  int count = 0;
  for (int w = 0; w < P::words; ++w) {
    const Instruction i = decode(plan.word[w]);
    if (i.op == static_cast<std::uint8_t>(Word::number64)) ++w;
    else count += i.op == static_cast<std::uint8_t>(Op::exp) ? 1 : 0;
  }
  return count;
}
TEST_CASE("what a sum over rows has made at a cost waits where its reader's result will lie") {
  auto f = [](auto x) { return softmax<0>(x); };
  using P = Code<decltype(f), F<40, 24>>;
  static_assert(exponentials(P::plan) == 1 && P::plan.arena_bytes <= 3 * 128);
  check(f, filled<F<40, 24>>());
  check(f, filled<G<3, 5, 7>>());
  auto inner = [](auto x, auto w) { return matmul(softmax<0>(x) * 2, w); };
  static_assert(exponentials(Code<decltype(inner), F<40, 24>, F<24, 3>>::plan) == 1);
  check(inner, filled<F<40, 24>>(), filled<F<24, 3>>());
  // the exponentials are wanted by others, or the row of their reader is read twice
  check([](auto x) { return results(softmax<0>(x), exp(x - amax_keepdim<0>(x)) * 3); }, filled<F<40, 24>>());
  check([](auto x) {
    const auto y = softmax<0>(x), z = y * 2;
    return results(z + 1, sum<1>(z - 3), matmul(y, t(z)));
  }, filled<F<40, 24>>());
  check([](auto x) { return results(softmax<0>(x), softmax<1>(softmax<0>(x))); }, filled<F<40, 24>>());
  check([](auto x) {
    const auto e = exp(x);
    return results(e / sum_keepdim<0>(e), square(e + 1), sum<1>(e));
  }, filled<F<40, 24>>());
  check([](auto x, auto y) { return results(grad([](auto z, auto v) { return sum(softmax<0>(z) * v); })(x, y), t(softmax<0>(x))); }, filled<G<6, 5>>(), filled<G<6, 5>>(0, 1));
  F<40, 24> x = filled<F<40, 24>>();
  const Tensor y = softmax<0>(x);
  x = softmax<0>(x);
  CHECK(std::memcmp(x.data(), y.data(), sizeof(float) * 960) == 0);
}

TEST_CASE("dead code is gone, equal code is one") {
  auto f = [](auto x) {
    [[maybe_unused]] const auto unused = matmul(x, t(x));
    return exp(x + 1) * exp(1 + x);
  };
  using P = Code<decltype(f), F<8, 16>>;
  static_assert(P::plan.steps == 1);
  constexpr auto count = [](Op op) {
    int n = 0;
    for (int i = 0; i < P::graph.nodes; ++i) n += P::graph.node[i].op == op ? 1 : 0;
    return n;
  };
  static_assert(count(Op::exp) == 1 && count(Op::dot) == 0);
  check(f, filled<F<8, 16>>());
}

TEST_CASE("many constants, many steps, many outputs of one node") {
  check([](auto x) {  // more numbers than fit in words
    auto y = x;
    double k = 0.1;
    for (int i = 0; i < 40; ++i) {
      y = y * k + (0.7 - k);
      k += 0.013;
    }
    return y;
  }, filled<Tensor<double, 9>>());
  check([](auto x) {
    const auto e = exp(x);
    return results(e, e, e, e, e, e, e, e, e, e, e, e);
  }, filled<F<7>>());
  check([](auto x) {
    auto y = x;
    for (int i = 0; i < 12; ++i) y = softmax<0>(t(y) * 2) + y;
    return y;
  }, filled<F<9, 9>>());
  check([](auto x) {
    auto y = x;
    for (int i = 0; i < 150; ++i) y = sin(y + 0.1f) * 0.9f;
    return y;
  }, filled<F<33>>());
}

namespace {
struct Effect {
  static constexpr int capacity = 256;
  static constexpr void trace(Builder& b) {
    using X = F<6>;
    const auto state = detail::input_tracer<X>(b), x = detail::input_tracer<X>(b);
    const auto y = state + x;
    b.assign(state.id, (state * 0.5f + x).id);
    b.output((y * state).id, 0);
    b.output(sum(state).id, 1);
  }
};
}  // namespace

TEST_CASE("an effect happens after every read") {
  F<6> state = filled<F<6>>();
  const F<6> x = filled<F<6>>(-2, 2, 1);
  const F<6> before = state;
  const test::Program p = test::program_of<Effect>();
  cpu::Machine machine(p.plan);
  F<6> y;
  float s = 0;
  void* out[] = {y.data(), &s};
  machine.run(test::bind(state, x), out);
  float total = 0;
  for (int i = 0; i < 6; ++i) {
    CHECK(y(i) == doctest::Approx((before(i) + x(i)) * before(i)));
    CHECK(state(i) == doctest::Approx(before(i) * 0.5f + x(i)));
    total += before(i);
  }
  CHECK(s == doctest::Approx(total));
}

TEST_CASE("large rows and many rows in one program") {
  auto f = [](auto x, auto y) { return exp(x) + sum(y) + sum<0>(outer(slice<0, 0, 2>(x), y)); };
  check(f, filled<F<70000>>(0, 1), filled<F<70000>>(-1, 1, 1));
}

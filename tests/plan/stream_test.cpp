// Which results are stored past the caches, and that they are the same numbers.
#include <program.hpp>

using namespace etch;
using namespace etch::detail;
using namespace test;

namespace {
template <class P>
constexpr int streamed() {
  int n = 0;
  for (int s = 0; s < P::plan.steps; ++s) {
    for (int w = P::plan.step[s].code; w < P::plan.step[s].code + P::plan.step[s].words; ++w) {
      const Instruction i = decode(P::plan.word[w]);
      if (i.op == static_cast<std::uint8_t>(Word::number64)) ++w;
      n += i.op == static_cast<std::uint8_t>(Word::store) && static_cast<Stride>(i.mode) == Stride::stream;
    }
  }
  return n;
}
}  // namespace

TEST_CASE("results larger than a cache that nothing reads are streamed") {
  constexpr int big = 9'000'003;
  auto twice = [](auto x) { return x * 2; };
  static_assert(streamed<Code<decltype(twice), F<big>>>() == 1);
  static_assert(streamed<Code<decltype(twice), F<100'000>>>() == 0);
  auto both = [](auto x) { return results(x * 2, x + 1); };
  static_assert(streamed<Code<decltype(both), F<big>>>() == 2);
  auto read = [](auto x) {
    const auto y = x * 2;
    return results(y, cumsum<0>(y));
  };
  static_assert(streamed<Code<decltype(read), F<big>>>() == 0);
  auto bools = [](auto x) { return x > 0; };
  static_assert(streamed<Code<decltype(bools), F<big>>>() == 0);
}

TEST_CASE("rows that begin within a vector, results that never lie at vectors' boundaries together") {
  constexpr int rows = 3000, columns = 2999;
  constexpr auto parts = [](auto x) { return narrow<1, 2, 2999>(x) * 2; };
  auto p = compile<F<rows, columns + 3>>(parts);
  static_assert(streamed<Code<decltype(parts), F<rows, columns + 3>>>() == 1);
  const auto x = filled<F<rows, columns + 3>>();
  const auto& y = p(x);
  std::int64_t wrong = 0;
  for (std::int64_t i = 0; i < rows; ++i)
    for (std::int64_t j = 0; j < columns; ++j) wrong += y.data()[i * columns + j] != x.data()[i * (columns + 3) + j + 2] * 2;
  CHECK(wrong == 0);

  // two results, wherever they lie
  constexpr auto both = [](auto z) { return results(z * 2, z + 1); };
  using P = Code<decltype(both), F<rows * columns>>;
  const F<rows * columns> z = filled<F<rows * columns>>();
  std::vector<float> first(static_cast<std::size_t>(rows * columns + 16)), second = first;
  for (int shift : {0, 1, 8}) {
    cpu::Machine machine(P::view());
    Bindings in;
    in.bind(z.data(), z.sizes());
    void* out[] = {first.data() + 1, second.data() + 1 + shift};
    machine.run(in, out);
    wrong = 0;
    for (std::int64_t i = 0; i < rows * columns; ++i)
      wrong += first[static_cast<std::size_t>(i + 1)] != z.data()[i] * 2 || second[static_cast<std::size_t>(i + 1 + shift)] != z.data()[i] + 1;
    CHECK(wrong == 0);
    CHECK(first[0] == 0);
    CHECK(first[static_cast<std::size_t>(rows * columns + 1)] == 0);
  }
}

TEST_CASE("of two results of a product the one that nothing in the program reads is streamed, wherever it lies") {
  constexpr auto both = [](auto x, auto w, auto b, auto v) {
    const auto h = linear(x, w, b);
    const auto y = sigmoid(h);
    return results(y * (1 - y), y, matmul(y, v));
  };
  using P = Code<decltype(both), F<1024, 96>, F<272, 96>, F<272>, F<272, 8>>;
  static_assert(streamed<P>() == 1 && P::plan.step[0].kind == StepKind::dot && P::plan.step[0].streamed != 0);
  static_assert(streamed<Code<decltype(both), F<512, 96>, F<272, 96>, F<272>, F<272, 8>>>() == 0);   // 0.5 MB
  static_assert(streamed<Code<decltype(both), F<1024, 96>, F<274, 96>, F<274>, F<274, 8>>>() == 0);  // rows end within lines
  constexpr auto unread = [](auto x, auto w, auto b) {
    const auto y = sigmoid(linear(x, w, b));
    return results(y * (1 - y), y);
  };
  static_assert(streamed<Code<decltype(unread), F<1024, 96>, F<272, 96>, F<272>>>() == 0);

  const auto x = filled<F<1024, 96>>();
  const auto w = filled<F<272, 96>>(-0.1, 0.1, 1);
  const auto b = filled<F<272>>();
  const auto v = filled<F<272, 8>>();
  constexpr std::size_t count = 1024 * 272;
  std::vector<float> slope(count + 40, -1), value(count), end(1024 * 8);
  for (const int shift : {16, 1, 8}) {
    float* to = slope.data();
    while (reinterpret_cast<std::uintptr_t>(to) % 64 != 0) ++to;
    to += shift - 1, to[0] = to[count + 1] = -1, ++to;
    cpu::Machine machine(P::view());
    Bindings in;
    in.bind(x.data(), x.sizes()), in.bind(w.data(), w.sizes()), in.bind(b.data(), b.sizes()), in.bind(v.data(), v.sizes());
    void* out[] = {to, value.data(), end.data()};
    machine.run(in, out);
    std::size_t wrong = 0;
    for (std::size_t i = 0; i < count; ++i) wrong += to[i] != value[i] * (1 - value[i]);
    CHECK(wrong == 0);
    CHECK(to[-1] == -1);
    CHECK(to[count] == -1);
  }
}

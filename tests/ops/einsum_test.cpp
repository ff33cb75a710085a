// einsum against loops over every label, its gradient, and the order of its products.
#include <program.hpp>

#include <map>

using namespace etch;
using namespace etch::detail;
using namespace test;

namespace {

struct Numbers {
  std::vector<int> size;
  std::vector<double> value;
};
template <class X>
Numbers numbers(const X& x) {
  return {std::vector<int>(x.sizes(), x.sizes() + X::rank), std::vector<double>(x.data(), x.data() + x.numel())};
}

/// "ij,jk->ik" by the definition: for all values of all labels; an axis of size 1 repeats.
std::vector<double> by_loops(const std::string& equation, const std::vector<Numbers>& x) {
  std::vector<std::string> terms(1);
  for (char c : equation) {
    if (c == ',' || c == '>') terms.emplace_back();
    else if (c != '-') terms.back() += c;
  }
  std::map<char, int> size, at;
  for (std::size_t i = 0; i < x.size(); ++i)
    for (std::size_t k = 0; k < terms[i].size(); ++k) size[terms[i][k]] = std::max(size[terms[i][k]], x[i].size[k]);
  std::size_t count = 1;
  for (char c : terms.back()) count *= static_cast<std::size_t>(size[c]);
  std::vector<double> y(count);
  for (;;) {
    std::size_t out = 0;
    for (char c : terms.back()) out = out * static_cast<std::size_t>(size[c]) + static_cast<std::size_t>(at[c]);
    double p = 1;
    for (std::size_t i = 0; i < x.size(); ++i) {
      std::size_t from = 0;
      for (std::size_t k = 0; k < terms[i].size(); ++k) from = from * static_cast<std::size_t>(x[i].size[k]) + (x[i].size[k] == 1 ? 0 : static_cast<std::size_t>(at[terms[i][k]]));
      p *= x[i].value[from];
    }
    y[out] += p;
    auto l = size.begin();
    for (; l != size.end(); ++l) {
      if (++at[l->first] < l->second) break;
      at[l->first] = 0;
    }
    if (l == size.end()) return y;
  }
}
void compare(const test::Array& got, const std::string& equation, const std::vector<Numbers>& x) {
  const std::vector<double> expected = by_loops(equation, x);
  REQUIRE(got.value.size() == expected.size());
  for (std::size_t i = 0; i < expected.size(); ++i) CHECK_MESSAGE(test::near(got.value[i], expected[i], 1e-11), equation << " element " << i);
}
}  // namespace

TEST_CASE("one operand: transposes, sums, diagonals") {
  const auto a = filled<G<3, 4>>();
  const auto s = filled<G<3, 4, 3>>(-2, 2, 1);
  const auto y = check([](auto x, auto z) {
    return results(einsum<"ij->ji">(x), einsum<"ij->j">(x), einsum<"ij->">(x), einsum<"ba">(x), einsum<"iji->j">(z), einsum<"iji->ji">(z), einsum<"iji">(z), einsum<"i...i->...">(z), einsum<"...j->j...">(z));
  }, a, s);
  const auto A = numbers(a), S = numbers(s);
  compare(y[0], "ij->ji", {A});
  compare(y[1], "ij->j", {A});
  compare(y[2], "ij->", {A});
  compare(y[3], "ba->ab", {A});
  compare(y[4], "iji->j", {S});
  compare(y[5], "iji->ji", {S});
  compare(y[6], "iji->j", {S});
  compare(y[7], "iji->j", {S});
  compare(y[8], "abj->jab", {S});
}

TEST_CASE("two operands: inner, outer, batched, broadcast") {
  const auto a = filled<G<2, 3, 4>>();
  const auto b = filled<G<2, 4, 5>>(-2, 2, 1);
  const auto v = filled<G<4>>(-2, 2, 2);
  const auto o = filled<G<1, 3>>(-2, 2, 3);
  const auto y = check([](auto p, auto q, auto r, auto e) {
    return results(einsum<"bij,bjk->bik">(p, q), einsum<"bij, bjk -> kib">(p, q), einsum<"aij,bjk">(p, q), einsum<"aij,j->ai">(p, r), einsum<"j,j">(r, r), einsum<"j,J->jJ">(r, r), einsum<"...ij,...jk->...ik">(p, q),
                   einsum<"aij,ei->aj">(p, e), einsum<"ei,aij->aij">(e, p), einsum<"bij,bij->b">(p, p), einsum<"...i,...i">(p, r), einsum<"bij,ckl->bj">(p, q));
  }, a, b, v, o);
  const auto A = numbers(a), B = numbers(b), V = numbers(v), O = numbers(o);
  compare(y[0], "bij,bjk->bik", {A, B});
  compare(y[1], "bij,bjk->kib", {A, B});
  compare(y[2], "aij,bjk->abik", {A, B});
  compare(y[3], "aij,j->ai", {A, V});
  compare(y[4], "j,j->", {V, V});
  compare(y[5], "j,J->jJ", {V, V});
  compare(y[6], "bij,bjk->bik", {A, B});
  compare(y[7], "aij,ei->aj", {A, O});
  compare(y[8], "ei,aij->aij", {O, A});
  compare(y[9], "bij,bij->b", {A, A});
  compare(y[10], "abi,i->ab", {A, V});
  compare(y[11], "bij,ckl->bj", {A, B});
}

TEST_CASE("several operands, integers, and sizes of 0") {
  const auto a = filled<G<2, 7>>();
  const auto b = filled<G<7, 3>>(-2, 2, 1);
  const auto c = filled<G<3, 5>>(-2, 2, 2);
  const auto y = check([](auto p, auto q, auto r) { return results(einsum<"ij,jk,kl->il">(p, q, r), einsum<"ij,jk,kl,kl->ki">(p, q, r, r)); }, a, b, c);
  const auto A = numbers(a), B = numbers(b), C = numbers(c);
  compare(y[0], "ij,jk,kl->il", {A, B, C});
  compare(y[1], "ij,jk,kl,kl->ki", {A, B, C, C});
  const auto n = filled<Tensor<std::int64_t, 3, 4>>(-9, 9);
  const auto m = filled<Tensor<std::int64_t, 4>>(-9, 9, 1);
  const Tensor z = einsum<"ij,j->i">(n, m);
  for (int i = 0; i < 3; ++i) CHECK(z(i) == n(i, 0) * m(0) + n(i, 1) * m(1) + n(i, 2) * m(2) + n(i, 3) * m(3));
  const Tensor<double, 2, 0> none;
  const Tensor e = einsum<"ij,kj->ik">(none, none);
  CHECK(e(1, 1) == 0);
}

TEST_CASE("the cheapest order is taken: a matrix product chain ends in a vector") {
  auto f = [](auto p, auto q, auto v) { return einsum<"ij,jk,k->i">(p, q, v); };
  using Code = Compiled<test::FunctionSpec<decltype(f), G<20, 30>, G<30, 40>, G<40>>>;
  static_assert([] {
    for (int n = 0; n < Code::graph.nodes; ++n)
      if (Code::graph.node[n].op == Op::dot && Code::graph.shape[Code::graph.node[n].shape] == Shape{2, {20, 40}}) return false;
    return true;
  }());
}

TEST_CASE("gradients") {
  check_gradient([](auto a, auto b, auto c) {
    return sum(sin(einsum<"bij,bjk->bik">(a, b))) + sum(sin(einsum<"bii->bi">(c))) + sum(sin(einsum<"bij,bjk,...k->bi">(a, b, c))) + sum(sin(einsum<"bij,cjk->bc">(a, b) + einsum<"bij,bij->b">(a, a)));
  }, filled<G<2, 3, 4>>(), filled<G<2, 4, 3>>(-2, 2, 1), filled<G<2, 3, 3>>(-2, 2, 2));
}

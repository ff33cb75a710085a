// Assignment: into memory that the expression reads, of other dtypes, by several threads; fused equals one by one.
#include <program.hpp>

#include <thread>

using namespace etch;
using namespace test;

namespace {
bool same_bits(const auto& x, const auto& y) { return std::memcmp(x.data(), y.data(), sizeof(*x.data()) * static_cast<std::size_t>(x.numel())) == 0; }
}  // namespace

TEST_CASE("an expression may read what it is assigned to") {
  auto x = filled<F<7, 7>>();
  const F<7, 7> old = x;
  x = t(x) * 2;
  for (int i = 0; i < 7; ++i)
    for (int j = 0; j < 7; ++j) CHECK(x(i, j) == old(j, i) * 2);
  x = old;
  x = x + slice<0, 0, 1>(x);
  for (int i = 0; i < 7; ++i)
    for (int j = 0; j < 7; ++j) CHECK(x(i, j) == old(i, j) + old(0, j));
  x = old;
  x = matmul(x, x);
  CHECK(same_bits(x, Tensor(matmul(old, old))));
  x = old;
  x = softmax<0>(x) + x / sum(x);
  CHECK(same_bits(x, Tensor(softmax<0>(old) + old / sum(old))));
  x = old;
  x = static_cast<const F<7, 7>&>(x);
  CHECK(same_bits(x, old));
  x = x * 1;
  CHECK(same_bits(x, old));
  x = cat<0>(slice<0, 3, 7>(x), slice<0, 0, 3>(x));
  CHECK(x(0, 0) == old(3, 0));
  CHECK(x(6, 6) == old(2, 6));
}

TEST_CASE("memory of the target stays, and nothing is allocated twice") {
  auto x = filled<F<5, 5>>();
  F<5, 5> y;
  const float* const memory = y.data();
  for (int i = 0; i < 3; ++i) y = matmul(x, x) + y;
  CHECK(y.data() == memory);
}

TEST_CASE("another dtype is converted; to a lower kind where it is asked for") {
  const Tensor<float, 4> x{{1.5f, -2.5f, 3.f, 0.f}};
  Tensor<std::int32_t, 4> i;
  i = to<std::int32_t>(x * 2);
  CHECK(i(0) == 3);
  CHECK(i(1) == -5);
  Tensor<bool, 4> b;
  b = to<bool>(x);
  CHECK(b(0));
  CHECK(!b(3));
  Tensor<double, 4> d;
  d = i;
  CHECK(d(1) == -5);
  const Tensor<double, 4> e = x;
  CHECK(e(0) == 1.5);
}

TEST_CASE("a fused expression is bit for bit its operations one after another") {
  const auto a = filled<F<5, 33>>(), b = filled<F<5, 33>>(-2, 2, 1);
  const auto c = filled<F<33>>(-2, 2, 2);
  {
    const Tensor fused = tanh(a * b + c) / (exp(a) + 1);
    const Tensor p = a * b;
    const Tensor q = p + c;
    const Tensor r = tanh(q);
    const Tensor s = exp(a);
    const Tensor u = s + 1;
    const Tensor one_by_one = r / u;
    CHECK(same_bits(fused, one_by_one));
  }
  {
    const Tensor fused = softmax<1>(a * b);
    const Tensor p = a * b;
    const Tensor m = amax_keepdim<1>(p);
    const Tensor d = p - m;
    const Tensor e = exp(d);
    const Tensor s = reciprocal(sum_keepdim<1>(e));
    const Tensor one_by_one = e * s;
    CHECK(same_bits(fused, one_by_one));
  }
  {
    const Tensor fused = relu(matmul(a, t(b)) + 1) * 2;
    const Tensor p = t(b);
    const Tensor q = matmul(a, p);
    const Tensor r = q + 1;
    const Tensor s = relu(r);
    const Tensor one_by_one = s * 2;
    CHECK(same_bits(fused, one_by_one));
  }
  {
    const Tensor fused = slice<1, 1, 33, 3>(permute<1, 0>(reshape<33, 5>(exp(a)))) - 1;
    const Tensor p = exp(a);
    const Tensor q = reshape<33, 5>(p);
    const Tensor r = t(q);
    const Tensor s = slice<1, 1, 33, 3>(r);
    const Tensor one_by_one = s - 1;
    CHECK(same_bits(fused, one_by_one));
  }
}

TEST_CASE("views compose") {
  const auto x = filled<F<4, 6, 5>>();
  CHECK(same_bits(Tensor(view<20, 6>(view<2, 60>(x))), Tensor(view<20, 6>(x))));
  CHECK(same_bits(Tensor(permute<2, 0, 1>(permute<1, 2, 0>(x))), Tensor(x * 1)));
  CHECK(same_bits(Tensor(slice<1, 1, 3>(slice<1, 2, 6>(x))), Tensor(slice<1, 3, 5>(x))));
  CHECK(same_bits(Tensor(t(t(view<24, 5>(x)))), Tensor(view<24, 5>(x))));
}

TEST_CASE("threads evaluate the same expression at once") {
  const auto x = filled<F<9, 33>>();
  const Tensor expected = softmax<1>(x * 3) + sum_keepdim<0>(x);
  bool good[4] = {};
  std::thread worker[4];
  for (int k = 0; k < 4; ++k)
    worker[k] = std::thread([&, k] {
      good[k] = true;
      for (int i = 0; i < 20; ++i) good[k] = good[k] && same_bits(Tensor(softmax<1>(x * 3) + sum_keepdim<0>(x)), expected);
    });
  for (auto& w : worker) w.join();
  for (bool g : good) CHECK(g);
}

TEST_CASE("the number of threads changes no bit") {
  const auto x = filled<F<900, 1000>>();
  const int before = cpu::num_threads();
  cpu::set_num_threads(1);
  const Tensor a = sum<0>(exp(x)) + sum(x);
  const Tensor m = matmul(x, t(x));
  cpu::set_num_threads(3);
  const Tensor b = sum<0>(exp(x)) + sum(x);
  const Tensor n = matmul(x, t(x));
  cpu::set_num_threads(before);
  CHECK(same_bits(a, b));
  CHECK(same_bits(m, n));
}

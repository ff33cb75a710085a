// The code of docs/expressions.md.
#include <etch/etch.hpp>

#include <doctest/doctest.h>

#include <cmath>

using namespace etch;

namespace {

Tensor<float, 2, 3> twos() { return full<float, 2, 3>(2.f); }

/// An expression outlives what it was made from: its leaves are handles.
auto made_of_temporaries() { return twos() * twos(); }

}  // namespace

TEST_CASE("tensors made of values, by functions, and as memory") {
  Tensor<float, 2, 3> a{{1, 2, 3}, {4, 5, 6}}, b = ones<2, 3>();
  auto noise = randn<2, 3>(Generator{0});        // or randn<2, 3>(), after manual_seed(0)
  auto steps = arange<std::int64_t, 10>();       // also linspace, full, eye, zeros, rand, randint, randperm
  float* memory = a.data();                      // dense, the last axis side by side

  CHECK((memory[5] == 6 && b(1, 2) == 1 && steps(9) == 9 && noise.numel() == 6));
  CHECK(equal(randn<float, 2, 3>(Generator{0}), noise).item());
}

TEST_CASE("an expression computes nothing until it is assigned") {
  Tensor<float, 2, 3> a{{1, 2, 3}, {4, 5, 6}};
  Tensor<float, 2, 3> b = ones<float, 2, 3>();

  auto e = tanh(a * b + 1.f) / (1.f + exp(-a));  // a type and handles of a and b
  Tensor y = e;                                  // Tensor<float, 2, 3>: one fused loop
  y = e * 2.f;                                   // the same memory, written again
  float s = sum(y).item();                       // a single number

  CHECK(y(0, 0) == doctest::Approx(2 * std::tanh(2.0) / (1 + std::exp(-1.0))));
  CHECK(s > 0);
}

TEST_CASE("what is assigned may be read") {
  Tensor<float, 2, 3> x{{1, 2, 3}, {4, 5, 6}};
  Tensor<float, 3, 3> m{{1, 2, 3}, {4, 5, 6}, {7, 8, 9}};
  x = x * 2.f + x;  // 3 x
  m = t(m);         // transposed in place
  CHECK(x(1, 2) == 18);
  CHECK(m(0, 2) == 7);
}

TEST_CASE("expressions keep what they read alive") {
  auto e = made_of_temporaries();
  Tensor y = e;
  CHECK(y(1, 1) == 4);
}

TEST_CASE("several at once") {
  Tensor<float, 2, 3> a{{1, 2, 3}, {4, 5, 9}};
  auto [m, v] = eval(mean<1>(a), var<1>(a));  // one program: the mean is computed once
  CHECK(m(1) == 6);
  CHECK(v(0) == doctest::Approx(1));
}

TEST_CASE("parts of a tensor") {
  Tensor<float, 2, 3> a{{1, 2, 3}, {4, 5, 6}};
  auto column = a(every, 1);       // an expression of shape [2] that reads a's memory
  auto row = a(-1, every);         // the last row: run-time indices
  auto block = slice<1, 0, 2>(a);  // columns 0 and 1: indices in the type
  a(0, 1) = 7;
  Tensor c = column;
  Tensor r = row * 2.f;
  CHECK(c(0) == 7);
  CHECK(r(0) == 8);
  CHECK(sum(block).item() == 17);
}

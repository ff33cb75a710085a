// Steps that are no fused loop, through Thrust against the CPU; what is found wrong is said in the same words.
#include "wave.hpp"

#include <cmath>
#include <string>

using namespace etch;
using detail::StepKind;

namespace {

std::string error_of(auto f) {
  try {
    f();
  } catch (const Error& e) {
    return e.what();
  }
  return "nothing";
}

}  // namespace

TEST_CASE("scans and searches are the CPU's, bit by bit") {
  const auto x = wave<Tensor<float, 6, 50, 3>>(4);
  std::int64_t ran = 0;
  CHECK(both([](auto a) { return several(cumsum<1>(a), cumsum<0>(a)); }, StepKind::cumsum, ran, x) == 0);
  CHECK(ran == 2);
  CHECK(both([](auto a) { return several(cumprod<2>(a), logcumsumexp<1>(a)); }, StepKind::logcumsumexp, ran, x) < 1e-6);
  CHECK(ran == 1);
  CHECK(both([](auto a) { return several(cummax<1>(a).indices, cummax<1>(a).values, cummin<1>(a).values); }, StepKind::cummax, ran, x) == 0);
  CHECK(ran == 1);
  Tensor<float, 20> edges;
  for (int i = 0; i < 20; ++i) edges(i) = static_cast<float>(0.3 * (i - 10));
  CHECK(both([](auto e, auto a) { return several(searchsorted(e, a), sum(square(a))); }, StepKind::searchsorted, ran, edges, x) < 1e-6);
  CHECK(ran == 1);
}

TEST_CASE("elements by index, rows of a table, and their gradients") {
  const auto table = wave<Tensor<float, 11, 8>>();
  Tensor<std::int64_t, 4, 5> rows;
  for (int i = 0; i < 20; ++i) rows.data()[i] = i * 7 % 11;
  std::int64_t ran = 0;
  auto look = [](auto w, auto i) {
    auto [value, gradient] = value_and_grad([](auto table, auto index) { return sum(square(embedding(index, table))); })(w, i);
    return several(embedding(i, w), value, gradient);
  };
  CHECK(both(look, StepKind::take, ran, table, rows) < 1e-6);
  CHECK(ran >= 1);
  Tensor<std::int64_t, 11, 3> columns;
  for (int i = 0; i < 33; ++i) columns.data()[i] = i * 5 % 8;
  CHECK(both([](auto a, auto i) { return several(gather<1>(a, i), sum(a)); }, StepKind::gather, ran, table, columns) < 1e-6);
  CHECK(ran == 1);
  const auto more = wave<Tensor<float, 11, 3>>(2);
  CHECK(both([](auto a, auto i, auto b) { return several(scatter_add<1>(a, i, b), scatter<1>(a, i, b)); }, StepKind::scatter, ran, table, columns, more) == 0);
  CHECK(ran == 2);

  rows(2, 2) = 11;
  auto here = compile<Tensor<float, 11, 8>, Tensor<std::int64_t, 4, 5>>([](auto w, auto i) { return embedding(i, w); });
  auto there = compile<GpuTensor<float, 11, 8>, GpuTensor<std::int64_t, 4, 5>>([](auto w, auto i) { return embedding(i, w); });
  CHECK(error_of([&] { there(table.to(gpu), rows.to(gpu)).cpu(); }) == error_of([&] { here(table, rows); }));
  const Tensor<std::int64_t, 11> next{0, 1, 2, 3, 4, 5, 6, 7, 1, 2, 3};
  CHECK(error_of([&] { GpuTensor y = index_select<1>(table.to(gpu), next.to(gpu) + 1); y.cpu(); }) == error_of([&] { Tensor y = index_select<1>(table, next + 1); }));
  auto wide = columns;
  wide(7, 2) = 8;
  CHECK(error_of([&] { GpuTensor y = scatter<1>(table.to(gpu), wide.to(gpu), more.to(gpu)); y.cpu(); }) == error_of([&] { Tensor y = scatter<1>(table, wide, more); }));
  CHECK(error_of([&] { Tensor y = scatter<1>(table, wide, more); }) == "etch: index: an index must lie within its dimension; got 8 at position 23 for size 8 of axis 1");
  rows(2, 2) = 1;
  CHECK(error_of([&] { there(table.to(gpu), rows.to(gpu)).cpu(); }) == "nothing");  // a fault is said once

  Tensor<std::int64_t, 11> target;
  target(4) = 8;
  const GpuTensor<float, 11, 8> logits = table.to(gpu);
  const GpuTensor<std::int64_t, 11> targets = target.to(gpu);
  CHECK(error_of([&] { GpuTensor loss = cross_entropy(logits, targets); loss.cpu(); }) == error_of([&] { Tensor loss = cross_entropy(table, target); }));
}

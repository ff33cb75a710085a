// A builder with one input, for what is asked of it in constant expressions.
#pragma once

#include <etch/graph/value.hpp>

#include <doctest/doctest.h>

namespace test {
using namespace etch;
using namespace etch::detail;

constexpr Shape shape(int a, int b) { return Shape{2, {a, b}}; }

/// Calls f(builder, x) with an input x [3, 5] of float64 and returns what it says.
template <class F>
constexpr auto with_input(F f) {
  BuilderStorage<256> storage;
  Builder b(storage);
  const int x = b.input(b.add_slot(SlotKind::tensor, DType::float64, shape(3, 5)), 0, DType::float64, shape(3, 5));
  return f(b, x);
}

}  // namespace test

// What losses over classes share: scores [.., V, ..], targets that number a class [.., ..], a weight for each class.
#pragma once

#include <etch/loss/reduction.hpp>
#include <etch/ops/shape.hpp>

namespace etch {
inline namespace ETCH_ABI {

/// Whether targets have the sizes of scores without the axis of classes.
template <class X, class Y, int Axis>
struct classes_and_targets {
  static constexpr bool check() {
    const Dims x = X::dims(0), y = Y::dims(X::rank);
    if (x.rank != y.rank + 1) return false;
    for (int i = 0; i < y.rank; ++i)
      if (!agree(x[i < Axis ? i : i + 1], y[i])) return false;
    return true;
  }
  static constexpr bool agree_but_for_the_classes = check();
};
/// Carries the numbers of classes and of weights.
template <int Classes, int Weights>
struct classes_and_weights {
  static constexpr bool agree = Classes == Weights;
};

namespace detail {

/// Whether a target may say the number of a class: PyTorch's are int64, or uint8.
template <class Y>
inline constexpr bool numbers_a_class = std::is_same_v<typename Y::value_type, std::int64_t> || std::is_same_v<typename Y::value_type, std::uint8_t>;

/// No weight was given.
struct Unweighted {};
template <class W, class X, int Axis>
constexpr bool weighs_classes() {
  if constexpr (std::is_same_v<W, Unweighted>) return true;
  else return std::is_same_v<typename W::value_type, typename X::value_type> && W::rank == 1 && classes_and_weights<X::dims(0)[Axis].size, W::dims(0)[0].size>::agree;
}

/// Moves values between scores [.., V, ..], rows [.., ..] and classes [V].
struct ClassAxis {
  Builder& b;
  Shape all;
  int axis;

  constexpr Value wide(Value row) const {
    Shape one = all;
    one.size[axis] = 1;
    return {&b, b.expand(b.reshape(row.id, one), all)};
  }
  constexpr Value along(Value of_class) const {
    Shape one = all;
    for (int i = 0; i < all.rank; ++i)
      if (i != axis) one.size[i] = 1;
    return {&b, b.expand(b.reshape(of_class.id, one), all)};
  }
  constexpr Value over(Op op, Value v) const { return {&b, b.reduce(op, v.id, 1u << axis)}; }
  constexpr Value of(DType d, double x) const { return {&b, b.constant(x, d, all)}; }
};

/// Integer targets: where they count, and where each row's class stands.
struct Targets {
  int checked;  ///< as integers, none out of range
  Value valid;  ///< [.., ..]: not to be ignored
  Value hit;    ///< [.., V, ..]
  constexpr Targets(const ClassAxis& c, Asker asker, int targets, long long ignore) {
    Builder& b = c.b;
    const Value given{&b, targets};
    valid = compare(Op::ne, given, given.number(static_cast<double>(ignore)));
    checked = b.demand(Demand::target, asker, choose(valid, given, given.number(0)).id, c.all.size[c.axis]);
    const Value target = c.wide(Value{&b, checked}.cast(DType::int32));
    hit = compare(Op::eq, c.along({&b, b.iota(c.all.size[c.axis], DType::int32)}), target);
  }
};

template <class X, int Axis>
using class_rows = result_of<typename X::value_type, without_axis<X, Axis>, X>;

}  // namespace detail
}  // namespace ETCH_ABI
}  // namespace etch

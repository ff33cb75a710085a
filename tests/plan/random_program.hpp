// Programs made up by the compiler from a number: pointwise work, views, reductions, products, scans, orders and joins on each other.
#pragma once

#include <program.hpp>

#include <cmath>

namespace test {

/// A constexpr source of small numbers.
struct Dice {
  std::uint64_t state;
  constexpr explicit Dice(std::uint64_t seed) : state(seed * 0x9E3779B97F4A7C15ULL + 0x1234567) {}
  /// 0 .. n - 1
  constexpr int operator()(int n) {
    state ^= state >> 12;
    state ^= state << 25;
    state ^= state >> 27;
    return static_cast<int>((state * 0x2545F4914F6CDD1DULL >> 33) % static_cast<std::uint64_t>(n));
  }
  constexpr bool chance(int percent) { return (*this)(100) < percent; }
};

/// What a random program may contain.
struct Ingredients {
  bool gradient = false;  ///< also the gradients of its last values with respect to its inputs
  etch::DType dtype = etch::DType::float64;
  int most_elements = 600;
  int steps = 14;
  bool scans = false;  ///< also scans and orders along an axis
};

/// Writes one random program into a builder.
class Writer {
 public:
  constexpr Writer(etch::detail::Builder& builder, std::uint64_t seed, const Ingredients& with) : b(builder), dice(seed), want(with) {}

  constexpr void write() {
    const int inputs = 2 + dice(3);
    for (int i = 0; i < inputs; ++i) {
      etch::detail::Shape s;
      s.rank = dice(5);
      for (int k = 0; k < s.rank; ++k) s.size[k] = random_size(s, k);
      pool[count++] = input[given++] = b.input(b.add_slot(etch::detail::SlotKind::tensor, want.dtype, s), 0, want.dtype, s);
    }
    index = b.input(b.add_slot(etch::detail::SlotKind::tensor, etch::DType::int64, etch::detail::Shape{1, {5}}), 0, etch::DType::int64, etch::detail::Shape{1, {5}});
    const int steps = want.steps / 2 + dice(want.steps);
    for (int i = 0; i < steps; ++i) {
      const int made = step();
      if (made >= 0 && elements(made) <= want.most_elements && is_floating(b.dtype(made))) pool[count++] = made;
    }
    int slot = 0;
    if (want.gradient) {
      int loss = -1;
      for (int i = 0; i < 2; ++i) {
        const int a = scaled_sum(pool[count - 1 - dice(2)], all(pool[count - 1]));
        const int v = b.reduce(etch::detail::Op::sum, a, all(a));
        loss = loss < 0 ? v : b.map(etch::detail::Op::add, want.dtype, loss, v);
      }
      int gradient[8]{};
      etch::detail::reverse(b, loss, b.constant(1, want.dtype), input, given, gradient);
      b.output(loss, slot++);
      for (int i = 0; i < given; ++i) b.output(gradient[i], slot++);
    } else {
      b.output(pool[count - 1], slot++);
      const int more = dice(3);
      for (int i = 0; i < more; ++i) b.output(pick(), slot++);
    }
  }

 private:
  constexpr std::int64_t elements(int n) const { return b.ref().elements(n); }
  constexpr unsigned all(int n) const { return (1u << b.shape(n).rank) - 1; }
  constexpr int random_size(const etch::detail::Shape& s, int rank) {
    constexpr int sizes[] = {1, 2, 3, 4, 5, 7, 8, 16, 17, 33}, large[] = {1, 2, 3, 17, 64, 100, 129, 257, 300, 1000};
    int n = 1;
    for (int i = 0; i < rank; ++i) n *= s.size[i];
    int pick = want.most_elements > 10000 ? large[dice(10)] : sizes[dice(10)];
    while (n * pick > want.most_elements) pick = pick > 1 ? pick / 2 : 1;
    return pick;
  }
  /// A node of the pool, more likely a late one.
  constexpr int pick() {
    const int x = dice(count), y = dice(count);
    return pool[x > y ? x : y];
  }
  constexpr int pick_rank(int least) {
    for (int i = 0; i < 8; ++i)
      if (const int a = pick(); b.shape(a).rank >= least) return a;
    return -1;
  }
  constexpr int number(double x, int like) { return b.constant(x, b.dtype(like), b.shape(like)); }
  constexpr int scaled_sum(int a, unsigned mask) {
    const int s = b.reduce(etch::detail::Op::sum, a, mask);
    const double n = static_cast<double>(elements(a)) / static_cast<double>(elements(s) > 0 ? elements(s) : 1);
    return b.map(etch::detail::Op::mul, b.dtype(s), s, number(1 / (n > 0 ? n : 1), s));
  }
  constexpr int reduce(int a, unsigned mask) {
    const int kind = dice(want.gradient ? 8 : 6);
    if (kind == 0) return b.reduce(etch::detail::Op::amax, a, mask);
    if (kind == 1) return b.reduce(etch::detail::Op::amin, a, mask);
    return scaled_sum(a, mask);
  }
  /// The axes of `mask` put back, and repeated to the shape of `like`.
  constexpr int back(int r, unsigned mask, int like) {
    etch::detail::Shape s = b.shape(like);
    for (int i = 0; i < s.rank; ++i)
      if (mask >> i & 1) s.size[i] = 1;
    return b.expand(b.reshape(r, s), b.shape(like));
  }
  constexpr int unary(int a) {
    using etch::detail::Op;
    const etch::DType d = b.dtype(a);
    switch (dice(9)) {
      case 0: return b.map(Op::tanh, d, a);
      case 1: return b.map(Op::sin, d, a);
      case 2: return b.map(Op::cos, d, a);
      case 3: return b.map(Op::sigmoid, d, a);
      case 4: return b.map(Op::neg, d, a);
      case 5: return b.map(Op::exp, d, b.map(Op::tanh, d, a));
      case 6: return b.map(Op::where, d, b.map(Op::gt, etch::DType::boolean, a, number(0, a)), a, number(0, a));
      case 7: return b.map(Op::add, d, a, number(0.1 * dice(20), a));
      default: return b.map(Op::mul, d, a, number(0.1 * (1 + dice(12)), a));
    }
  }
  constexpr int binary(int a, int c) {
    using etch::detail::Op;
    const etch::DType d = b.dtype(a);
    switch (dice(6)) {
      case 0: return b.map(Op::sub, d, a, c);
      case 1: return b.map(Op::mul, d, a, b.map(Op::tanh, d, c));
      case 2: return b.map(Op::maximum, d, a, c);
      case 3: return b.map(Op::div, d, a, b.map(Op::add, d, b.map(Op::mul, d, c, c), number(1, c)));
      default: return b.map(Op::add, d, a, c);
    }
  }
  /// A node of a's shape: another one, or made by a broadcast of one.
  constexpr int alike(int a) {
    for (int i = 0; i < 6; ++i)
      if (const int c = pick(); c != a && b.shape(c) == b.shape(a)) return c;
    for (int i = 0; i < 6; ++i) {  // broadcast from the right
      const int c = pick();
      const etch::detail::Shape s = b.shape(c), to = b.shape(a);
      if (s.rank > to.rank) continue;
      bool fits = true;
      for (int k = 0; k < s.rank; ++k) fits = fits && (s.size[k] == 1 || s.size[k] == to.size[k + to.rank - s.rank]);
      if (fits) return b.expand(c, to);
    }
    const unsigned mask = static_cast<unsigned>(dice(1 << b.shape(a).rank));
    return back(reduce(a, mask), mask, a);
  }
  constexpr int reshaped(int a) {
    const etch::detail::Shape s = b.shape(a);
    etch::detail::Shape to;
    switch (dice(4)) {
      case 0:  // flat
        to.rank = 1;
        to.size[0] = static_cast<int>(elements(a));
        return b.reshape(a, to);
      case 1:  // two axes merged
        if (s.rank < 2) return -1;
        {
          const int at = dice(s.rank - 1);
          for (int i = 0; i < s.rank; ++i) {
            if (i == at + 1) to.size[to.rank - 1] *= s.size[i];
            else to.size[to.rank++] = s.size[i];
          }
        }
        return b.reshape(a, to);
      case 2: {  // one axis split
        if (s.rank == 0 || s.rank > 5) return -1;
        const int at = dice(s.rank);
        int f = 1;
        for (int k = 2; k <= 8; ++k)
          if (s.size[at] % k == 0 && dice.chance(60)) f = k;
        for (int i = 0; i < s.rank; ++i) {
          if (i == at) {
            to.size[to.rank++] = s.size[i] / f;
            to.size[to.rank++] = f;
          } else {
            to.size[to.rank++] = s.size[i];
          }
        }
        return b.reshape(a, to);
      }
      default: {  // an axis of size 1
        if (s.rank > 5) return -1;
        const int at = dice(s.rank + 1);
        for (int i = 0; i <= s.rank; ++i) {
          if (i == at) to.size[to.rank++] = 1;
          if (i < s.rank) to.size[to.rank++] = s.size[i];
        }
        return b.reshape(a, to);
      }
    }
  }
  constexpr int permuted(int a) {
    const int rank = b.shape(a).rank;
    if (rank < 2) return -1;
    int order[etch::max_rank]{};
    for (int i = 0; i < rank; ++i) order[i] = i;
    for (int i = rank - 1; i > 0; --i) {
      const int j = dice(i + 1), t = order[i];
      order[i] = order[j];
      order[j] = t;
    }
    return b.permute(a, order);
  }
  constexpr int sliced(int a) {
    if (b.shape(a).rank == 0) return -1;
    const int axis = dice(b.shape(a).rank), size = b.shape(a).size[axis];
    const int step = 1 + (dice.chance(35) ? dice(3) : 0), start = dice(size);
    const int most = (size - start + step - 1) / step;
    return b.slice(a, axis, start, 1 + dice(most), step);
  }
  constexpr int expanded(int a) {
    const etch::detail::Shape s = b.shape(a);
    if (s.rank > 4) return -1;
    const int at = dice(s.rank + 1), n = 2 + dice(4);
    etch::detail::Shape one, to;
    for (int i = 0; i <= s.rank; ++i) {
      if (i == at) {
        one.size[one.rank++] = 1;
        to.size[to.rank++] = n;
      }
      if (i < s.rank) {
        one.size[one.rank++] = s.size[i];
        to.size[to.rank++] = s.size[i];
      }
    }
    if (elements(a) * n > want.most_elements) return -1;
    return b.expand(b.reshape(a, one), to);
  }
  constexpr int joined(int a) {
    const int c = alike(a);
    if (b.shape(a).rank == 0) return -1;
    const int axis = dice(b.shape(a).rank);
    etch::detail::Shape s = b.shape(a);
    const int n = s.size[axis];
    if (dice.chance(30)) {  // over a part of another
      const int start = dice(n), step = 1 + dice(2), length = 1 + dice((n - start + step - 1) / step);
      return b.place(c, b.slice(a, axis, 0, length, 1), axis, start, step);
    }
    s.size[axis] = 2 * n;
    const int base = dice.chance(70) ? b.empty(s, b.dtype(a)) : b.constant(0.5, b.dtype(a), s);
    return b.place(b.place(base, a, axis, 0, 1), c, axis, n, 1);
  }
  constexpr int product(int a) {
    etch::detail::Shape s = b.shape(a);
    if (s.rank < 2) return -1;
    int c = a;
    if (dice.chance(50)) c = alike(a);
    const int k = s.size[s.rank - 1];
    int r = -1;
    if (dice.chance(50)) r = b.dot(a, b.transpose(c, s.rank - 2, s.rank - 1));
    else r = b.dot(b.transpose(a, s.rank - 2, s.rank - 1), c);
    return b.map(etch::detail::Op::mul, b.dtype(r), r, number(1.0 / (k > 0 ? k : 1), r));
  }
  constexpr int taken(int a) {
    if (b.shape(a).rank == 0 || b.shape(a).size[0] < 2 || b.shape(a).rank > 6) return -1;
    return b.take(a, index);
  }
  /// A scan, or the elements in an order: along any axis, from either end.
  constexpr int scanned(int a) {
    using etch::detail::Op;
    if (b.shape(a).rank == 0) return -1;
    const int axis = dice(b.shape(a).rank), n = b.shape(a).size[axis];
    const bool back = dice.chance(50);
    const etch::DType d = b.dtype(a);
    switch (dice(7)) {
      case 0: return b.map(Op::mul, d, b.along(Op::cumsum, a, axis, back), number(1.0 / n, a));
      case 1: return b.along(Op::cumprod, b.map(Op::tanh, d, a), axis, back);
      case 2: return b.along(Op::logcumsumexp, b.map(Op::tanh, d, a), axis, back);
      case 3: return b.along(Op::delay, a, axis, back, -1, dice(2));
      case 4: return b.along(Op::recurrence, b.map(Op::mul, d, b.map(Op::tanh, d, a), number(0.7, a)), axis, back, alike(a));
      case 5: return b.gather(a, b.along(dice.chance(50) ? Op::cummax : Op::cummin, a, axis, back), axis);
      default: return b.gather(a, b.along(Op::argsort, a, axis, back), axis);
    }
  }
  constexpr int narrowed(int a) {
    const etch::DType other = b.dtype(a) == etch::DType::float64 ? etch::DType::float32 : etch::DType::float64;
    if (want.gradient || dice.chance(60)) return -1;
    const int c = b.cast(b.cast(a, other), b.dtype(a));
    return dice.chance(50) ? c : b.cast(b.map(etch::detail::Op::lt, etch::DType::boolean, a, number(0.25, a)), b.dtype(a));
  }
  constexpr int drawn(int a) {
    etch::detail::bind_random(b);
    return binary(a, b.uniform(b.shape(a), b.dtype(a)));
  }
  constexpr int chosen(int a) {
    const int c = alike(a);
    const int mask = b.map(dice.chance(50) ? etch::detail::Op::lt : etch::detail::Op::ge, etch::DType::boolean, c, number(0.1, c));
    return b.map(etch::detail::Op::where, b.dtype(a), mask, a, alike(a));
  }
  constexpr int step() {
    const int a = pick();
    switch (dice(want.scans ? 25 : 22)) {
      case 22: case 23: case 24: return scanned(a);
      case 20: return drawn(a);
      case 21: return chosen(a);
      case 0: case 1: case 2: return unary(a);
      case 3: case 4: case 5: case 6: return binary(a, alike(a));
      case 7: case 8: return reduce(a, static_cast<unsigned>(dice(1 << b.shape(a).rank)));
      case 9: case 10: {  // as softmax and normalisation do
        const unsigned mask = static_cast<unsigned>(dice(1 << b.shape(a).rank));
        return binary(a, back(reduce(unary(a), mask), mask, a));
      }
      case 11: case 12: return permuted(a);
      case 13: case 14: return reshaped(a);
      case 15: return sliced(a);
      case 16: return expanded(a);
      case 17: return joined(a);
      case 18: {
        const int m = pick_rank(2);
        return m >= 0 && dice.chance(70) ? product(m) : taken(a);
      }
      default: return narrowed(a);
    }
  }

  etch::detail::Builder& b;
  Dice dice;
  Ingredients want;
  int pool[128]{};
  int count = 0;
  int input[8]{};
  int given = 0;
  int index = -1;
};

template <std::uint64_t Seed, bool Gradient, etch::DType D, int Steps, int Most = 600, bool Scans = false>
struct RandomSpec {
  static constexpr int capacity = 1024;
  static constexpr void trace(etch::detail::Builder& b) { Writer(b, Seed, Ingredients{Gradient, D, Most, Steps, Scans}).write(); }
};

/// Inputs for any program over tensors: every slot filled by its dtype; integers are 0 or 1.
class Inputs {
 public:
  explicit Inputs(const etch::detail::GraphRef& g) {
    for (int i = 0; i < g.slots; ++i) {
      if (g.slot[i].kind == etch::detail::SlotKind::random) continue;
      const std::int64_t n = g.elements(g.shape[g.slot[i].shape]);
      block.emplace_back(static_cast<std::size_t>(n) * 8 + 8);
      for (std::int64_t k = 0; k < n; ++k) {
        const double x = std::sin(1.0 + 1.7 * static_cast<double>(k) + 0.3 * i) * 1.5;
        void* const p = block.back().data();
        if (g.slot[i].dtype == etch::DType::float64) static_cast<double*>(p)[k] = x;
        else if (g.slot[i].dtype == etch::DType::float32) static_cast<float*>(p)[k] = static_cast<float>(x);
        else static_cast<std::int64_t*>(p)[k] = k % 3 == 1 ? 1 : 0;
      }
      in.bind(block.back().data());
    }
  }
  etch::Bindings in;

 private:
  std::vector<etch::Storage> block;
};

template <std::uint64_t Seed, bool Gradient = false, etch::DType D = etch::DType::float64, int Steps = 14, int Most = 600, bool Scans = false>
void random_program() {
  INFO("seed " << Seed << (Gradient ? " with gradient" : ""));
  const Program p = program_of<RandomSpec<Seed, Gradient, D, Steps, Most, Scans>>();
  const Inputs inputs(p.graph);
  run(p, inputs.in, D == etch::DType::float32 ? 1e-3 : 1e-9);
}
template <std::uint64_t First, bool Gradient, etch::DType D, int Steps, int Most = 600, bool Scans = false, std::size_t... I>
void random_programs(std::index_sequence<I...>) {
  (random_program<First + I, Gradient, D, Steps, Most, Scans>(), ...);
}

}  // namespace test

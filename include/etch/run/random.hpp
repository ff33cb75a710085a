// Random tensors, random numbers in place, and the state they are drawn from: a `Generator`, or the thread's own.
//
//   manual_seed(0);  Tensor x = rand<float, 2, 3>();  normal_(x, 0, 0.02);  auto keep = fork_rng();
#pragma once

#include <etch/core/rng.hpp>
#include <etch/ops/random.hpp>
#include <etch/run/counted.hpp>

#include <cstdio>

namespace etch {
inline namespace ETCH_ABI {

/// What the next draw depends on: a seed and the number of draws so far.
using RngState = cpu::RandomState;
inline RngState get_rng_state() { return cpu::default_random(); }
inline void set_rng_state(const RngState& state) { cpu::default_random() = state; }
/// The seed of this thread's numbers.
inline std::uint64_t initial_seed() { return cpu::default_random().seed; }
/// Seeds this thread's numbers with one that nobody can know, and returns it.
inline std::uint64_t seed() {
  std::uint64_t s = 0;
  std::FILE* in = std::fopen("/dev/urandom", "rb");
  const bool read = in != nullptr && std::fread(&s, sizeof s, 1, in) == 1;
  if (in != nullptr) std::fclose(in);
  if (!read) fail("seed", "the system must have a source of random numbers");
  manual_seed(s);
  return s;
}
/// Until the end of its life, draws leave no trace: the state is then what it was.
class ForkRng {
 public:
  ForkRng() = default;
  ForkRng(const ForkRng&) = delete;
  ForkRng& operator=(const ForkRng&) = delete;
  ~ForkRng() { set_rng_state(before_); }

 private:
  RngState before_ = get_rng_state();
};
inline ForkRng fork_rng() { return {}; }

namespace detail {
/// While it lives, this thread's numbers are the generator's next step.
class Drawing {
 public:
  explicit Drawing(Generator& g) { set_rng_state({g.seed(), g.next() - 1}); }  // a program moves on before it draws

 private:
  ForkRng before_;
};
/// The seed and step of a draw outside of programs.
inline RngState next_draw() {
  RngState& s = cpu::default_random();
  ++s.step;
  return s;
}
inline RngState next_draw(Generator& g) { return {g.seed(), g.next()}; }

template <class T>
using draw_type = std::conditional_t<sizeof(T) == 8, double, float>;
/// Elements of `draw`, a vector of them at a time, as T. Half precision keeps as many bits as it has: rounding would reach 1.
template <class T, bool Normal, auto... D>
Tensor<T, D...> drawn(const RngState& s) {
  static_assert(draws_fractions<T>, "etch: rand: the dtype must be floating or complex");
  using P = real_type<T>;  // a complex number is two, each of half the variance
  using E = draw_type<P>;
  constexpr int L = 16;
  constexpr E steps = std::is_same_v<P, E> ? E(0) : std::is_same_v<P, half> ? E(2048) : E(256), scale = E(is_complex_type<T> ? 0.70710678118654752440 : 1);
  Tensor<T, D...> r;
  const std::int64_t n = r.numel() * (is_complex_type<T> ? 2 : 1);
  P* const to = reinterpret_cast<P*>(r.data());
  for (std::int64_t i = 0; i < n; i += L) {
    E part[L];
    if constexpr (Normal) simd::store(part, simd::normal<E, L>(s.seed, s.step, static_cast<std::uint64_t>(i)));
    else simd::store(part, simd::uniform<E, L>(s.seed, s.step, static_cast<std::uint64_t>(i)));
    for (int k = 0; k < L && i + k < n; ++k) to[i + k] = static_cast<P>(Normal ? part[k] * scale : steps > 0 ? __builtin_floor(part[k] * steps) / steps : part[k]);
  }
  return r;
}
template <class T, auto... D>
Tensor<T, D...> drawn_integers(std::int64_t low, std::int64_t high, const RngState& s) {
  check_integers<T>(static_cast<double>(low), static_cast<double>(high));
  Tensor<T, D...> r;
  for (std::int64_t i = 0; i < r.numel(); ++i)
    r.data()[i] = static_cast<T>(low + static_cast<std::int64_t>(__builtin_floor(simd::uniform<double, 1>(s.seed, s.step, static_cast<std::uint64_t>(i))[0] * static_cast<double>(high - low))));
  return r;
}
template <int N, class T>
Tensor<T, N> permutation(const RngState& s) {
  Tensor<T, N> r;
  for (int i = 0; i < N; ++i) {  // the element swapped in from the part already shuffled
    const int j = static_cast<int>(simd::uniform<double, 1>(s.seed, s.step, static_cast<std::uint64_t>(i))[0] * (i + 1));
    r.data()[i] = r.data()[j];
    r.data()[j] = static_cast<T>(i);
  }
  return r;
}
}  // namespace detail

/// Uniform in [0, 1); the generator moves on by one step.
template <class T, auto... D> Tensor<T, D...> rand() { return detail::drawn<T, false, D...>(detail::next_draw()); }
template <class T, auto... D> Tensor<T, D...> rand(Generator& g) { return detail::drawn<T, false, D...>(detail::next_draw(g)); }
template <class T, auto... D> Tensor<T, D...> rand(Generator&& g) { return rand<T, D...>(g); }
/// Normal with mean 0 and deviation 1; the generator moves on by one step.
template <class T, auto... D> Tensor<T, D...> randn() { return detail::drawn<T, true, D...>(detail::next_draw()); }
template <class T, auto... D> Tensor<T, D...> randn(Generator& g) { return detail::drawn<T, true, D...>(detail::next_draw(g)); }
template <class T, auto... D> Tensor<T, D...> randn(Generator&& g) { return randn<T, D...>(g); }
// Sizes alone: of float, PyTorch's default dtype.
template <auto... D> requires(sizeof...(D) > 0) Tensor<float, D...> rand() { return rand<float, D...>(); }
template <auto... D> requires(sizeof...(D) > 0) Tensor<float, D...> rand(Generator& g) { return rand<float, D...>(g); }
template <auto... D> requires(sizeof...(D) > 0) Tensor<float, D...> rand(Generator&& g) { return rand<float, D...>(g); }
template <auto... D> requires(sizeof...(D) > 0) Tensor<float, D...> randn() { return randn<float, D...>(); }
template <auto... D> requires(sizeof...(D) > 0) Tensor<float, D...> randn(Generator& g) { return randn<float, D...>(g); }
template <auto... D> requires(sizeof...(D) > 0) Tensor<float, D...> randn(Generator&& g) { return randn<float, D...>(g); }
/// Whole numbers in [low, high), or [0, high).
template <class T, auto... D> Tensor<T, D...> randint(std::int64_t low, std::int64_t high) { return detail::drawn_integers<T, D...>(low, high, detail::next_draw()); }
template <class T, auto... D> Tensor<T, D...> randint(std::int64_t low, std::int64_t high, Generator& g) { return detail::drawn_integers<T, D...>(low, high, detail::next_draw(g)); }
template <class T, auto... D> Tensor<T, D...> randint(std::int64_t high) { return randint<T, D...>(0, high); }
template <class T, auto... D> Tensor<T, D...> randint(std::int64_t high, Generator& g) { return randint<T, D...>(0, high, g); }
/// 0, 1, ..., N - 1 in random order.
template <int N, class T = std::int64_t> Tensor<T, N> randperm() { return detail::permutation<N, T>(detail::next_draw()); }
template <int N, class T = std::int64_t> Tensor<T, N> randperm(Generator& g) { return detail::permutation<N, T>(detail::next_draw(g)); }
/// Normal numbers of one mean and deviation.
template <class T, auto... D>
Tensor<T, D...> normal(double mean, double deviation) {
  return apply<detail::normal_fn>(Tensor<T, D...>{}, mean, deviation);
}

// ---- in place -------------------------------------------------------------------------------------------------------------

namespace detail {
template <class X>
concept Drawable = !std::is_const_v<std::remove_reference_t<X>> && Operand<std::remove_cvref_t<X>> && has_values<std::remove_cvref_t<X>>;
/// A tensor of which only the shape counts: no memory is bound, so that it may be written in the same loop.
template <class T, auto... D>
struct ShapeLeaf {
  using value_type = T;
  using tracer = Tracer<T, D...>;
  static constexpr int rank = sizeof...(D), nodes = 0;
  static constexpr Dims dims(int source = 0) { return dims_of<D...>(source); }
  static constexpr tracer trace(Builder& b) { return {&b, b.constant(0, dtype_of<T>, b.shape_of(dims_of<D...>()))}; }
  constexpr tracer lower(Builder& b) const { return trace(b); }
  void bind(Bindings&) const {}
  ShapeLeaf leaf() const { return *this; }
};
template <class T, auto... D>
constexpr auto shape_leaf(Tracer<T, D...>) {
  return ShapeLeaf<T, D...>{};
}
template <class X>
constexpr bool is_bounded_shape() {
  const Dims d = X::dims(0);
  for (int i = 0; i < d.rank; ++i)
    if (d[i].bounded) return true;
  return false;
}
/// x, or where its sizes are static a stand-in for its shape.
template <class X>
constexpr auto shape_of_operand(const X& x) {
  using Shape = traced<X>;
  if constexpr (is_bounded_shape<Shape>()) return leaf(x);
  else return shape_leaf(Shape{});
}
}  // namespace detail

namespace detail {
template <class S>
concept Number = std::is_arithmetic_v<S> || Operand<S>;
/// Normal numbers of x's shape.
template <Operand X, class M, class S>
constexpr auto normal_like(const X& x, const M& mean, const S& deviation) {
  must([](double d) { return d >= 0; }, "normal", "the deviation must not be negative", deviation);
  constexpr bool fractions = draws_fractions<typename X::value_type>;
  static_assert(fractions, "etch: normal: the dtype must be floating or complex");
  return apply_if<fractions, normal_fn>(x, mean, deviation);
}
/// What `random_` draws from where nothing is said: all whole numbers that the dtype holds exactly.
template <class T>
constexpr double whole_numbers() {
  constexpr int bits = std::is_same_v<T, bool> ? 1 : ::etch::is_integral(dtype_of<T>) ? static_cast<int>(sizeof(T)) * 8 - (T(-1) < T(0) ? 1 : 0) : std::is_same_v<T, float> ? 24 : std::is_same_v<T, half> ? 11 : std::is_same_v<T, ::etch::bfloat16> ? 8 : 53;
  double n = 1;
  for (int i = 0; i < (bits > 53 ? 53 : bits); ++i) n *= 2;
  return n;
}
}  // namespace detail

// name_(x, a, b) fills x by `draw`; a generator may come last.
#define ETCH_DRAW2(name, draw, first, second)                               \
  template <detail::Drawable X, detail::Number A, detail::Number B = double> \
  X&& name(X&& x, const A& a, const B& b = second) {                        \
    x = draw(detail::shape_of_operand(x), a, b);                            \
    return static_cast<X&&>(x);                                             \
  }                                                                         \
  template <detail::Drawable X>                                             \
  X&& name(X&& x) {                                                         \
    return name(static_cast<X&&>(x), double(first), double(second));        \
  }                                                                         \
  template <detail::Drawable X, detail::Number A, detail::Number B>         \
  X&& name(X&& x, const A& a, const B& b, Generator& g) {                   \
    const detail::Drawing from(g);                                          \
    return name(static_cast<X&&>(x), a, b);                                 \
  }
#define ETCH_DRAW1(name, draw)                        \
  template <detail::Drawable X, detail::Number A>     \
  X&& name(X&& x, const A& a) {                       \
    x = draw(detail::shape_of_operand(x), a);         \
    return static_cast<X&&>(x);                       \
  }                                                   \
  template <detail::Drawable X, detail::Number A>     \
  X&& name(X&& x, const A& a, Generator& g) {         \
    const detail::Drawing from(g);                    \
    return name(static_cast<X&&>(x), a);              \
  }
/// Random numbers over all elements of x; what they are is said in ops/random.hpp.
ETCH_DRAW2(uniform_, uniform, 0, 1)
ETCH_DRAW2(normal_, detail::normal_like, 0, 1)
ETCH_DRAW2(log_normal_, log_normal, 1, 2)
ETCH_DRAW2(cauchy_, cauchy, 0, 1)
ETCH_DRAW1(exponential_, exponential)
ETCH_DRAW1(geometric_, geometric)
ETCH_DRAW1(bernoulli_, bernoulli)
#undef ETCH_DRAW1
#undef ETCH_DRAW2
template <detail::Drawable X> X&& exponential_(X&& x) { return exponential_(static_cast<X&&>(x), 1.0); }
template <detail::Drawable X> X&& bernoulli_(X&& x) { return bernoulli_(static_cast<X&&>(x), 0.5); }
/// Whole numbers in [from, to), in [0, to), or all that the dtype holds exactly from 0 on.
template <detail::Drawable X>
X&& random_(X&& x, std::int64_t from, std::int64_t to) {
  x = randint_like(detail::shape_of_operand(x), from, to);
  return static_cast<X&&>(x);
}
template <detail::Drawable X>
X&& random_(X&& x, std::int64_t to) {
  return random_(static_cast<X&&>(x), 0, to);
}
template <detail::Drawable X>
X&& random_(X&& x) {
  x = randint_like(detail::shape_of_operand(x), 0., detail::whole_numbers<typename std::remove_cvref_t<X>::value_type>());
  return static_cast<X&&>(x);
}

// ---- draws whose number of steps depends on the values -------------------------------------------------------------------

namespace detail {
/// One Poisson number: below 10 by multiplying uniform numbers until they pass exp(-rate) (Knuth), above by transformed
/// rejection (Hoermann 1993, PTRS). `uniform` gives the next number in [0, 1).
template <class U>
double poisson_number(double rate, U uniform) {
  if (rate < 10) {
    const double limit = __builtin_exp(-rate);
    double product = uniform();
    int k = 0;
    for (; product > limit; ++k) product *= uniform();
    return rate == 0 ? 0 : k;
  }
  const double b = 0.931 + 2.53 * __builtin_sqrt(rate), a = -0.059 + 0.02483 * b, inverse = 1.1239 + 1.1328 / (b - 3.4), least = 0.9277 - 3.6224 / (b - 2);
  for (;;) {
    const double u = uniform() - 0.5, v = uniform(), us = 0.5 - __builtin_fabs(u), k = __builtin_floor((2 * a / us + b) * u + rate + 0.43);
    if (us >= 0.07 && v <= least) return k;
    if (k < 0 || (us < 0.013 && v > us)) continue;
    if (__builtin_log(v) + __builtin_log(inverse) - __builtin_log(a / (us * us) + b) <= k * __builtin_log(rate) - rate - __builtin_lgamma(k + 1)) return k;
  }
}
template <class T, auto... D>
Tensor<T, D...> poisson(const Tensor<T, D...>& rates, const RngState& s) {
  static_assert(is_floating(dtype_of<T>), "etch: poisson: the dtype must be floating");
  Tensor<T, D...> r(rates);
  for (std::int64_t i = 0; i < r.numel(); ++i) {
    const double rate = static_cast<double>(rates.data()[i]);
    if (!(rate >= 0)) fail("poisson", "rates must not be negative", Message{} << "got " << rate << " at position " << static_cast<long>(i));
    std::uint64_t more = 0;
    r.data()[i] = static_cast<T>(poisson_number(rate, [&] {  // every element has a sequence of its own
      return simd::uniform<double, 1>(s.seed ^ 0x9E3779B97F4A7C15ULL, s.step + (more++ << 40), static_cast<std::uint64_t>(i))[0];
    }));
  }
  return r;
}

template <class X, int N>
struct drawn_shape {
  static constexpr bool valid = (X::rank == 1 || X::rank == 2) && is_floating(dtype_of<typename X::value_type>);
  static constexpr Dims make() {
    Dims r;
    if (X::rank == 2) r.push(X::dims(0)[0]);
    r.push(static_dim(N));
    return r;
  }
  static constexpr Dims value = make();
};
template <int N, bool Replacement, class T, auto... D>
auto multinomial(const Tensor<T, D...>& weights, const RngState& s) {
  using X = Tracer<T, D...>;
  using R = result_of<std::int64_t, drawn_shape<X, N>, X>;
  decltype(result_tensor(R{})) r;
  const int categories = weights.size(-1);
  std::int64_t word = 0;
  auto uniform = [&] { return simd::uniform<double, 1>(s.seed, s.step, static_cast<std::uint64_t>(word++))[0]; };
  Storage parts(static_cast<std::size_t>(categories) * sizeof(double));
  double* const part = static_cast<double*>(parts.data());
  const std::int64_t rows = categories == 0 ? 0 : weights.numel() / categories;
  for (std::int64_t row = 0; row < rows; ++row) {
    const T* const w = weights.data() + row * categories;
    std::int64_t* const to = r.data() + row * N;
    double total = 0;
    int possible = 0, last = 0;
    for (int i = 0; i < categories; ++i) {
      const double x = static_cast<double>(w[i]);
      if (!(x >= 0) || __builtin_isinf(x)) fail("multinomial", "weights must be finite and not negative", Message{} << "got " << x << " at position " << static_cast<long>(row * categories + i));
      total += x;
      part[i] = Replacement ? total : x;
      if (x > 0) ++possible, last = i;
    }
    if (!(total > 0)) fail("multinomial", "weights must have a positive sum");
    if (!Replacement && possible < N) fail("multinomial", "without replacement there must be as many positive weights as draws", Message{} << "got " << possible << " for " << N);
    for (int k = 0; k < N; ++k) {  // the category in whose part of what is left the number falls
      double at = uniform() * total;
      int chosen = -1;
      if constexpr (Replacement) {
        int low = 0, high = last;
        while (low < high) {
          const int middle = (low + high) / 2;
          if (at < part[middle]) high = middle;
          else low = middle + 1;
        }
        chosen = low;
      } else {
        for (int i = 0; i < categories && (chosen < 0 || at >= 0); ++i) {
          if (part[i] == 0) continue;
          chosen = i;
          at -= part[i];
        }
        total -= part[chosen];
        part[chosen] = 0;
      }
      to[k] = chosen;
    }
  }
  return r;
}
template <class X, int N, bool Replacement>
constexpr bool check_multinomial() {
  static_assert(has_values<X>, "etch: multinomial: it draws when it is called, outside of traced functions");
  static_assert(drawn_shape<X, N>::valid, "etch: multinomial: weights must be floating and have one or two dimensions");
  static_assert(N > 0, "etch: multinomial: there must be at least one draw");
  static_assert(Replacement || !drawn_shape<X, N>::valid || N <= X::dims(0)[X::rank - 1].size, "etch: multinomial: without replacement there are at most as many draws as categories");
  return true;
}
}  // namespace detail

/// A Poisson number for each element of `rates`.
template <Operand X>
auto poisson(const X& rates) {
  static_assert(detail::has_values<X>, "etch: poisson: it draws when it is called, outside of traced functions");
  return detail::poisson(detail::values_of(rates), detail::next_draw());
}
template <Operand X>
auto poisson(const X& rates, Generator& g) {
  static_assert(detail::has_values<X>, "etch: poisson: it draws when it is called, outside of traced functions");
  return detail::poisson(detail::values_of(rates), detail::next_draw(g));
}
/// N categories for each row, drawn in proportion to its weights, the same one again only with Replacement.
template <int N, bool Replacement = false, Operand X>
auto multinomial(const X& weights) {
  static_assert(detail::check_multinomial<X, N, Replacement>());
  return detail::multinomial<N, Replacement>(detail::values_of(weights), detail::next_draw());
}
template <int N, bool Replacement = false, Operand X>
auto multinomial(const X& weights, Generator& g) {
  static_assert(detail::check_multinomial<X, N, Replacement>());
  return detail::multinomial<N, Replacement>(detail::values_of(weights), detail::next_draw(g));
}

}  // namespace ETCH_ABI
}  // namespace etch

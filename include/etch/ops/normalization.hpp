// Normalisation: y = (x - mean) / sqrt(var + eps) * weight + bias, over different axes, with the biased variance.
//
//   batch_norm      a channel (axis 1) of all items, or statistics that were kept
//   instance_norm   a channel of an item          group_norm<G>   G groups of the channels of an item
//   layer_norm      the last axes                 rms_norm        the last axes, without the mean
//   local_response_norm<Size>   x / (k + alpha mean of the squares of Size channels)^beta
#pragma once

#include <etch/core/error.hpp>
#include <etch/ops/pool.hpp>
#include <etch/ops/rounding.hpp>

namespace etch {
inline namespace ETCH_ABI {

/// Carries the channels of the input and the numbers that were given for them into the error message.
template <int Channels, int Numbers>
struct normalized_channels {
  static constexpr bool agree = Channels == Numbers;
};

/// Carries the last size of the input and that of what is normalised into the error message.
template <int Last, int Weight>
struct normalized_sizes {
  static constexpr bool agree = Last == Weight;
};

namespace detail {

/// Among the arguments: no weight.
struct Absent {
  int id = -1;
};

/// The mean over the axes in `mask`, kept with size 1.
constexpr Value kept_mean(Value x, unsigned mask) {
  Builder& b = *x.b;
  Shape kept = x.shape(), sizes;
  for (int i = 0; i < kept.rank; ++i) {
    if ((mask >> i & 1) == 0) continue;
    sizes.size[sizes.rank++] = kept.size[i];
    kept.size[i] = 1;
  }
  const int count = b.expand(b.extent(b.product(sizes.size, sizes.rank), x.dtype()), kept);
  return Value{&b, b.reshape(b.reduce(Op::sum, x.id, mask), kept)} / Value{&b, count};
}
constexpr Value spread(Value x, const Shape& to) { return {x.b, x.b->expand(x.id, to)}; }
/// A vector along axis `axis` of `to`, or numbers of the last axes where `axis` is negative.
constexpr Value spread(Builder& b, int vector, int axis, const Shape& to, DType d) {
  vector = b.cast(vector, d);
  if (axis < 0) return {&b, b.expand(vector, to)};
  Shape s;
  s.rank = to.rank;
  for (int i = 0; i < s.rank; ++i) s.size[i] = i == axis ? b.shape(vector).size[0] : 1;
  return {&b, b.expand(b.reshape(vector, s), to)};
}
/// (x - mean) / sqrt(var + eps) over the axes in `mask`.
constexpr Value standardized(Value x, unsigned mask, Value eps) {
  const Value centred = x - spread(kept_mean(x, mask), x.shape());
  const Value var = kept_mean(centred * centred, mask);
  return centred * spread(apply_map(Op::rsqrt, var + spread(eps, var.shape())), x.shape());
}
/// y weight + bias, where they are given.
constexpr Value scaled(Value y, int weight, int bias, int axis) {
  const Shape s = y.shape();
  if (weight >= 0) y = y * spread(*y.b, weight, axis, s, y.dtype());
  if (bias >= 0) y = y + spread(*y.b, bias, axis, s, y.dtype());
  return y;
}
/// The dtype a normalisation is computed in.
template <class X>
constexpr DType normalized_in() {
  return is_half<typename X::value_type> ? DType::float32 : dtype_of<typename X::value_type>;
}
/// All axes but `axis`.
constexpr unsigned all_but(int rank, int axis) { return ((1u << rank) - 1) & ~(1u << axis); }

/// Whether a weight, a bias or a statistic is absent or has one number for each channel.
template <class V>
constexpr int numbers_of(int channels) {
  if constexpr (std::is_same_v<V, Absent>) return channels;
  else return V::rank == 1 ? V::dims(0)[0].size : -1;
}
template <class X, class... V>
struct channel_rule {
  static constexpr int axis = X::rank > 1 ? 1 : 0;
  static constexpr int channels = X::rank == 0 ? 0 : X::dims(0)[axis].size;
  static constexpr int wrong() {
    int r = channels;
    ((numbers_of<V>(channels) != channels ? void(r = numbers_of<V>(channels)) : void()), ...);
    return r;
  }
  using Numbers = normalized_channels<channels, wrong()>;
};

struct batch_norm_fn {
  template <class A, class M, class V, class W, class B, class E>
  constexpr auto operator()(A x, M mean, V var, W weight, B bias, E eps) const {
    using X = tracer_of<A>;
    using Rule = channel_rule<X, M, V, W, B>;
    constexpr bool has_channels = X::rank >= 1 && is_floating(dtype_of<typename X::value_type>);
    if constexpr (!has_channels || !Rule::Numbers::agree) {
      static_assert(has_channels, "etch: batch_norm: the input must be floating and have channels");
      static_assert(Rule::Numbers::agree, "etch: batch_norm: weight, bias and statistics must have one number for each channel");
      return Poison{};
    } else {
      Builder& b = *x.builder;
      constexpr DType d = normalized_in<X>();
      const Value v{&b, b.cast(x.id, d)};
      const Value e{&b, b.cast(eps.id, d)};
      const Shape s = v.shape();
      Value y = v;
      if constexpr (std::is_same_v<M, Absent>) {
        y = standardized(v, all_but(X::rank, Rule::axis), e);
      } else {
        const Value w{&b, b.cast(var.id, d)};
        const Value scale = apply_map(Op::rsqrt, w + spread(e, w.shape()));
        y = (v - spread(b, mean.id, Rule::axis, s, d)) * spread(b, scale.id, Rule::axis, s, d);
      }
      return X{&b, b.cast(scaled(y, weight.id, bias.id, Rule::axis).id, dtype_of<typename X::value_type>)};
    }
  }
};
template <int Groups>
struct group_norm_fn {
  template <class A, class W, class B, class E>
  constexpr auto operator()(A x, W weight, B bias, E eps) const {
    using X = tracer_of<A>;
    using Rule = channel_rule<X, W, B>;
    constexpr bool has_channels = X::rank >= 2 && is_floating(dtype_of<typename X::value_type>);
    constexpr int groups = Groups > 0 ? Groups : Rule::channels;
    constexpr bool divides = has_channels && groups > 0 && Rule::channels % (groups > 0 ? groups : 1) == 0;
    if constexpr (!has_channels || !Rule::Numbers::agree || !divides) {
      static_assert(has_channels, "etch: group_norm: the input must be floating and have channels");
      static_assert(Rule::Numbers::agree, "etch: group_norm: weight and bias must have one number for each channel");
      static_assert(divides, "etch: group_norm: the groups must divide the channels");
      return Poison{};
    } else {
      Builder& b = *x.builder;
      constexpr DType d = normalized_in<X>();
      const Shape s = b.shape(x.id), grouped{3, {s.size[0], groups, b.product(s.size + 1, s.rank - 1) / groups}};
      const Value v{&b, b.reshape(b.cast(x.id, d), grouped)};
      const Value y{&b, b.reshape(standardized(v, 4, {&b, b.cast(eps.id, d)}).id, s)};
      return X{&b, b.cast(scaled(y, weight.id, bias.id, 1).id, dtype_of<typename X::value_type>)};
    }
  }
};

/// The shape of the axes that layer_norm and rms_norm look at.
template <int... N>
constexpr Dims dims_of_sizes(ints<N...>) {
  Dims r;
  (r.push(static_dim(N)), ...);
  return r;
}
template <class X, class Sizes, class W, class B>
struct last_axes_rule {
  static constexpr Dims make() {
    if constexpr (!std::is_same_v<Sizes, void>) return dims_of_sizes(Sizes{});
    else return W::dims(0);
  }
  static constexpr Dims value = make();
  template <class V>
  static constexpr bool same() {
    if constexpr (std::is_same_v<V, Absent>) {
      return true;
    } else {
      if (V::rank != value.rank) return false;
      for (int i = 0; i < value.rank; ++i)
        if (V::dims(0)[i].size != value[i].size) return false;
      return true;
    }
  }
  static constexpr bool check() {
    if (value.rank == 0 || X::rank < value.rank || !same<W>() || !same<B>()) return false;
    for (int i = 0; i < value.rank; ++i)
      if (X::dims(0)[X::rank - value.rank + i].size != value[i].size) return false;
    return true;
  }
  static constexpr int last(const Dims& d) { return d.rank > 0 ? d[d.rank - 1].size : 0; }
  using Numbers = normalized_sizes<last(X::dims(0)), last(value)>;
  static constexpr bool agree = check();
  static constexpr unsigned mask = agree ? (1u << X::rank) - (1u << (X::rank - value.rank)) : 0;
};
template <class Sizes, bool Centred>
struct last_axes_norm_fn {
  template <class A, class W, class B, class E>
  constexpr auto operator()(A x, W weight, B bias, E eps) const {
    using X = tracer_of<A>;
    using Rule = last_axes_rule<X, Sizes, W, B>;
    constexpr bool floating = is_floating(dtype_of<typename X::value_type>) || (!Centred && is_complex(dtype_of<typename X::value_type>));
    if constexpr (!Rule::Numbers::agree || !Rule::agree || !floating) {
      static_assert(Rule::Numbers::agree, "etch: layer_norm: the last size must be the weight's");
      static_assert(Rule::agree || !Rule::Numbers::agree, "etch: layer_norm: the last axes must be those of weight and bias");
      static_assert(floating, "etch: layer_norm: the dtype must be floating");
      return Poison{};
    } else {
      Builder& b = *x.builder;
      constexpr DType d = normalized_in<X>();
      const Value v{&b, b.cast(x.id, d)};
      const Value e{&b, b.cast(eps.id, d)};
      Value y = v;
      if constexpr (Centred) {
        y = standardized(v, Rule::mask, e);
      } else {
        const Value square = kept_mean(v * v, Rule::mask);
        y = v * spread(apply_map(Op::rsqrt, square + spread(e, square.shape())), v.shape());
      }
      return X{&b, b.cast(scaled(y, weight.id, bias.id, -1).id, dtype_of<typename X::value_type>)};
    }
  }
};
/// PyTorch's eps of rms_norm: the distance from 1 to the next number of the dtype.
template <class T>
constexpr double epsilon_of() {
  if constexpr (std::is_same_v<T, double> || std::is_same_v<T, complex128>) return 2.220446049250313e-16;
  else return 1.1920928955078125e-07;
}
template <class Sizes, bool Weight>
struct rms_norm_fn {
  template <class X, class... R>
  constexpr auto operator()(X x, R... rest) const {
    using T = typename X::value_type;
    const ScalarLeaf<double> eps{epsilon_of<T>()};
    if constexpr (sizeof...(R) == (Weight ? 2 : 1)) return with_absent(x, rest...);
    else return with_absent(x, rest..., eps.lower(*x.builder));
  }
  template <class X, class... R>
  static constexpr auto with_absent(X x, R... rest) {
    if constexpr (Weight) return put_bias(x, rest...);
    else return last_axes_norm_fn<Sizes, false>{}(x, Absent{}, Absent{}, rest...);
  }
  template <class X, class W, class E>
  static constexpr auto put_bias(X x, W weight, E eps) {
    return last_axes_norm_fn<Sizes, false>{}(x, weight, Absent{}, eps);
  }
};

template <int Size>
struct local_response_norm_fn {
  template <class A, class P, class Q, class K>
  constexpr auto operator()(A x, P alpha, Q beta, K k) const {
    using X = tracer_of<A>;
    constexpr bool ok = X::rank >= 3 && Size >= 1 && !X::dims(0)[1].bounded;
    if constexpr (!ok) {
      static_assert(ok, "etch: local_response_norm: the input must be [N, C, sizes..], and the size positive");
      return Poison{};
    } else {
      Builder& b = *x.builder;
      const int squares = stretched(b, b.map(Op::mul, b.dtype(x.id), x.id, x.id), 1, Size / 2, (Size - 1) / 2, 1, b.constant(0, b.dtype(x.id)));
      const int sums = b.reduce(Op::sum, b.window(squares, 1, b.shape(x.id).size[1], Size, 1, 1), 1u << 2);
      const auto mean = [&] {
        if constexpr (is_integral(dtype_of<typename X::value_type>)) return floor_divide(X{&b, sums}, Size);  // as avg_pool's
        else return X{&b, sums} * (1.0 / Size);
      }();
      return x / pow(mean * alpha + k, beta);
    }
  }
};

/// Puts Absent where no weight or bias was given: F(x, [stats], [weight, [bias]], eps).
template <class F, int Weights>
struct without_fn {
  template <class X, class E>
  constexpr auto operator()(X x, E eps) const {
    return F{}(x, Absent{}, Absent{}, eps);
  }
  template <class X, class W, class E>
  constexpr auto operator()(X x, W weight, E eps) const {
    return F{}(x, weight, Absent{}, eps);
  }
  template <class X, class W, class B, class E>
  constexpr auto operator()(X x, W weight, B bias, E eps) const {
    return F{}(x, weight, bias, eps);
  }
};
/// batch_norm with the statistics of the batch (weights first), or with given ones.
struct batch_statistics_fn {
  template <class X, class... R>
  constexpr auto operator()(X x, R... rest) const {
    return without_fn<with, 0>{}(x, rest...);
  }
  struct with {
    constexpr auto operator()(auto x, auto weight, auto bias, auto eps) const { return batch_norm_fn{}(x, Absent{}, Absent{}, weight, bias, eps); }
  };
};
struct kept_statistics_fn {
  template <class X, class M, class V, class E>
  constexpr auto operator()(X x, M mean, V var, E eps) const {
    return batch_norm_fn{}(x, mean, var, Absent{}, Absent{}, eps);
  }
  template <class X, class M, class V, class W, class E>
  constexpr auto operator()(X x, M mean, V var, W weight, E eps) const {
    return batch_norm_fn{}(x, mean, var, weight, Absent{}, eps);
  }
  template <class X, class M, class V, class W, class B, class E>
  constexpr auto operator()(X x, M mean, V var, W weight, B bias, E eps) const {
    return batch_norm_fn{}(x, mean, var, weight, bias, eps);
  }
};

constexpr double positive_eps(double eps) {
  if (!(eps > 0)) fail("batch_norm", "eps must be positive");
  return eps;
}
}  // namespace detail

/// Each channel with the statistics of this batch: what batch_norm does while it trains. Throws where eps is not positive.
template <Operand X> constexpr auto batch_norm(const X& x, double eps = 1e-5) { return apply<detail::batch_statistics_fn>(x, detail::positive_eps(eps)); }
template <Operand X, Operand W, Operand B> constexpr auto batch_norm(const X& x, const W& weight, const B& bias, double eps = 1e-5) { return apply<detail::batch_statistics_fn>(x, weight, bias, detail::positive_eps(eps)); }
/// Each channel with the statistics that were kept: what batch_norm does when it does not train.
template <Operand X, Operand M, Operand V> constexpr auto batch_norm_with(const X& x, const M& mean, const V& var, double eps = 1e-5) { return apply<detail::kept_statistics_fn>(x, mean, var, eps); }
template <Operand X, Operand M, Operand V, Operand W, Operand B> constexpr auto batch_norm_with(const X& x, const M& mean, const V& var, const W& weight, const B& bias, double eps = 1e-5) { return apply<detail::kept_statistics_fn>(x, mean, var, weight, bias, eps); }
/// Each of G groups of the channels of each item.
template <int G, Operand X> constexpr auto group_norm(const X& x, double eps = 1e-5) { return apply<detail::without_fn<detail::group_norm_fn<G>, 0>>(x, eps); }
template <int G, Operand X, Operand W> constexpr auto group_norm(const X& x, const W& weight, double eps = 1e-5) { return apply<detail::without_fn<detail::group_norm_fn<G>, 0>>(x, weight, eps); }
template <int G, Operand X, Operand W, Operand B> constexpr auto group_norm(const X& x, const W& weight, const B& bias, double eps = 1e-5) { return apply<detail::without_fn<detail::group_norm_fn<G>, 0>>(x, weight, bias, eps); }
/// Each channel of each item.
template <Operand X> constexpr auto instance_norm(const X& x, double eps = 1e-5) { return apply<detail::without_fn<detail::group_norm_fn<0>, 0>>(x, eps); }
template <Operand X, Operand W> constexpr auto instance_norm(const X& x, const W& weight, double eps = 1e-5) { return apply<detail::without_fn<detail::group_norm_fn<0>, 0>>(x, weight, eps); }
template <Operand X, Operand W, Operand B> constexpr auto instance_norm(const X& x, const W& weight, const B& bias, double eps = 1e-5) { return apply<detail::without_fn<detail::group_norm_fn<0>, 0>>(x, weight, bias, eps); }
/// Over the last axes: those of the weight, or of these sizes, `layer_norm<ints<3, 4>>(x)`.
template <class Sizes, Operand X> constexpr auto layer_norm(const X& x, double eps = 1e-5) { return apply<detail::without_fn<detail::last_axes_norm_fn<Sizes, true>, 0>>(x, eps); }
template <Operand X, Operand W> constexpr auto layer_norm(const X& x, const W& weight, double eps = 1e-5) { return apply<detail::without_fn<detail::last_axes_norm_fn<void, true>, 0>>(x, weight, eps); }
template <auto Eps, Operand X, Operand W, Operand B> constexpr auto layer_norm(const X& x, const W& weight, const B& bias) { return apply<detail::without_fn<detail::last_axes_norm_fn<void, true>, 0>>(x, weight, bias, static_cast<double>(Eps)); }
template <Operand X, Operand W, Operand B> constexpr auto layer_norm(const X& x, const W& weight, const B& bias, double eps = 1e-5) { return apply<detail::without_fn<detail::last_axes_norm_fn<void, true>, 0>>(x, weight, bias, eps); }
/// x / sqrt(mean(x^2) + eps) * weight over the last axes; without an eps the dtype's epsilon.
template <class Sizes, Operand X> constexpr auto rms_norm(const X& x) { return apply<detail::rms_norm_fn<Sizes, false>>(x); }
template <class Sizes, Operand X> constexpr auto rms_norm(const X& x, double eps) { return apply<detail::rms_norm_fn<Sizes, false>>(x, eps); }
template <Operand X, Operand W> constexpr auto rms_norm(const X& x, const W& weight) { return apply<detail::rms_norm_fn<void, true>>(x, weight); }
template <Operand X, Operand W> constexpr auto rms_norm(const X& x, const W& weight, double eps) { return apply<detail::rms_norm_fn<void, true>>(x, weight, eps); }
/// x / (k + alpha mean of the squares of Size neighbouring channels)^beta
template <int Size, Operand X> constexpr auto local_response_norm(const X& x, double alpha = 1e-4, double beta = 0.75, double k = 1) { return apply<detail::local_response_norm_fn<Size>>(x, alpha, beta, k); }

}  // namespace ETCH_ABI
}  // namespace etch

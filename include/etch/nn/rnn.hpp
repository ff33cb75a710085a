// Recurrent layers: RNN, LSTM and GRU, with layers, directions and projection, and their cells; one compiled step, however long the sequence.
//
//   RNN   h' = tanh(W_ih x + b_ih + W_hh h + b_hh)
//   LSTM  i, f, g, o = W_ih x + b_ih + W_hh h + b_hh;   c' = sigmoid(f) c + sigmoid(i) tanh(g);   h' = W_hr (sigmoid(o) tanh(c'))
//   GRU   r, z = sigmoid(W_i x + b_i + W_h h + b_h);   n = tanh(W_in x + b_in + r (W_hn h + b_hn));   h' = (1 - z) n + z h
//
// What x contributes is one product over all steps before the loop. Names, gate order and shapes are those of torch.nn. Of packed
// sequences each keeps its state from its last step on (or its first state up to it, backwards), and its h behind that are 0.
#pragma once

#include <etch/nn/dropout.hpp>
#include <etch/nn/linear.hpp>
#include <etch/nn/packed_sequence.hpp>
#include <etch/ops/activation.hpp>
#include <etch/ops/join.hpp>
#include <etch/ops/split.hpp>
#include <etch/run/loop.hpp>

namespace etch {
inline namespace ETCH_ABI {

/// How a recurrent layer is built: torch.nn's arguments of the same names.
struct RecurrentOptions {
  int num_layers = 1;
  bool bias = true;
  bool batch_first = false;
  double dropout = 0;  ///< between layers, while training
  bool bidirectional = false;
  int proj_size = 0;   ///< LSTM: h is projected to this size
};

/// Carries the last size of what a recurrent layer is given and the size it takes.
template <int Got, int Wanted>
struct input_features {
  static constexpr bool agree = Got == Wanted;
};

namespace nn {
namespace detail {

using namespace etch::detail;

// ---- one step: what is carried, what x contributes, W_hh and, where there is one, a GRU's b_hh or an LSTM's W_hr ------------------------------

template <class Activation>
struct plain_step {
  static constexpr int gates = 1;
  constexpr auto operator()(auto h, auto x, auto w) const {
    const auto y = Activation{}(x + linear(h, w));
    return several(y, y);
  }
};
struct tanh_of {
  constexpr auto operator()(auto x) const { return tanh(x); }
};
struct relu_of {
  constexpr auto operator()(auto x) const { return relu(x); }
};
using tanh_step = plain_step<tanh_of>;
using relu_step = plain_step<relu_of>;
struct gru_step {
  static constexpr int gates = 3;
  static constexpr auto next(auto h, auto x, auto from_h) {
    const auto [xr, xz, xn] = chunk<3, -1>(x);
    const auto [hr, hz, hn] = chunk<3, -1>(from_h);
    const auto r = sigmoid(xr + hr), z = sigmoid(xz + hz), n = tanh(xn + r * hn);
    const auto y = n + z * (h - n);
    return several(y, y);
  }
  constexpr auto operator()(auto h, auto x, auto w) const { return next(h, x, linear(h, w)); }
  constexpr auto operator()(auto h, auto x, auto w, auto b) const { return next(h, x, linear(h, w, b)); }
};
struct lstm_step {
  static constexpr int gates = 4;
  /// (h before projection, c)
  static constexpr auto next(auto c, auto gates) {
    const auto [i, f, g, o] = chunk<4, -1>(gates);
    const auto n = sigmoid(f) * c + sigmoid(i) * tanh(g);
    return several(sigmoid(o) * tanh(n), n);
  }
  constexpr auto operator()(auto state, auto x, auto w) const {
    const auto s = next(state.template get<1>(), x + linear(state.template get<0>(), w));
    return several(s, s.template get<0>());
  }
  constexpr auto operator()(auto state, auto x, auto w, auto projection) const {
    const auto s = next(state.template get<1>(), x + linear(state.template get<0>(), w));
    const auto h = linear(s.template get<0>(), projection);
    return several(several(h, s.template get<1>()), h);
  }
};

/// A step for the sequences that have it; the others keep what they carry and give 0. xs and `within` [B, 1] are scanned.
template <class Step>
struct step_within {
  static constexpr int gates = Step::gates;
  constexpr auto operator()(auto state, auto x, auto... constants) const {
    const auto within = x.template get<1>();
    const auto next = Step{}(state, x.template get<0>(), constants...);
    return several(kept(within, next.template get<0>(), state), where(within, next.template get<1>(), 0));
  }
  static constexpr auto kept(auto within, auto next, auto state) { return where(within, next, state); }
  template <class H, class C>
  static constexpr auto kept(auto within, Values<H, C> next, Values<H, C> state) {
    return several(where(within, next.template get<0>(), state.template get<0>()), where(within, next.template get<1>(), state.template get<1>()));
  }
};
/// Every sequence has every step.
struct AllSteps {};

// ---- parameters ---------------------------------------------------------------------------------------------------------------

/// Of one layer and direction; `Out` is the size of h.
template <int Gates, int In, int Hidden, int Out, bool Bias, bool Projects, class T>
struct RecurrentWeights {
  Param<T, Gates * Hidden, In> weight_ih;
  Param<T, Gates * Hidden, Out> weight_hh;
  Param<T, Gates * Hidden> bias_ih, bias_hh;
  ETCH_MEMBERS(weight_ih, weight_hh, bias_ih, bias_hh)
};
template <int Gates, int In, int Hidden, int Out, class T>
struct RecurrentWeights<Gates, In, Hidden, Out, false, false, T> {
  Param<T, Gates * Hidden, In> weight_ih;
  Param<T, Gates * Hidden, Out> weight_hh;
  ETCH_MEMBERS(weight_ih, weight_hh)
};
template <int Gates, int In, int Hidden, int Out, class T>
struct RecurrentWeights<Gates, In, Hidden, Out, true, true, T> {
  Param<T, Gates * Hidden, In> weight_ih;
  Param<T, Gates * Hidden, Out> weight_hh;
  Param<T, Gates * Hidden> bias_ih, bias_hh;
  Param<T, Out, Hidden> weight_hr;
  ETCH_MEMBERS(weight_ih, weight_hh, bias_ih, bias_hh, weight_hr)
};
template <int Gates, int In, int Hidden, int Out, class T>
struct RecurrentWeights<Gates, In, Hidden, Out, false, true, T> {
  Param<T, Gates * Hidden, In> weight_ih;
  Param<T, Gates * Hidden, Out> weight_hh;
  Param<T, Out, Hidden> weight_hr;
  ETCH_MEMBERS(weight_ih, weight_hh, weight_hr)
};

/// One or both directions of a layer: weight_ih_l0, weight_ih_l0_reverse.
template <class W, bool Both>
struct Directions {
  W forward_weights;
  static constexpr const char* etch_names = "~";
  constexpr void etch_members(auto&& f) const { f(forward_weights); }
  constexpr void etch_members(auto&& f) { f(forward_weights); }
};
template <class W>
struct Directions<W, true> {
  W forward_weights, reverse_weights;
  static constexpr const char* etch_names = "~, ~_reverse";
  constexpr void etch_members(auto&& f) const {
    f(forward_weights);
    f(reverse_weights);
  }
  constexpr void etch_members(auto&& f) {
    f(forward_weights);
    f(reverse_weights);
  }
};
/// The first layer and those above it, whose input is another.
template <class First, class More, int N>
struct Layers {
  First first;
  More more[N - 1];
  static constexpr const char* etch_names = "~_l#";
  constexpr void etch_members(auto&& f) const {
    f(first);
    for (int i = 0; i + 1 < N; ++i) f(more[i]);
  }
  constexpr void etch_members(auto&& f) {
    f(first);
    for (int i = 0; i + 1 < N; ++i) f(more[i]);
  }
};
template <class First, class More>
struct Layers<First, More, 1> {
  First first;
  static constexpr const char* etch_names = "~_l#";
  constexpr void etch_members(auto&& f) const { f(first); }
  constexpr void etch_members(auto&& f) { f(first); }
};

// ---- a layer over a sequence ----------------------------------------------------------------------------------------------

/// [T, B.., I] -> [B.., Size], and [T, B.., Size]: the shapes of a state and of its stack.
template <class X, int Size>
struct state_dims {
  static constexpr Dims make() {
    const Dims x = X::dims(0);
    Dims r;
    for (int i = 1; i + 1 < x.rank; ++i) r.push(x[i]);
    r.push(static_dim(Size));
    return r;
  }
  static constexpr Dims value = make();
};
template <int Size, class X>
constexpr auto zero_state(X x) {
  using Rule = state_dims<X, Size>;
  using H = result_of<typename X::value_type, Rule, X>;
  Builder& b = *x.builder;
  return H{&b, b.constant(0, b.dtype(x.id), b.shape_of(Rule::value))};
}

/// W_ih x + b_ih for all steps; biases of x and h are one where the step only adds them.
template <bool OneBias, class W>
constexpr auto from_input(const W& w, auto xs) {
  if constexpr (requires { w.bias_ih; }) {
    if constexpr (OneBias) return linear(xs, w.weight_ih, w.bias_ih + w.bias_hh);
    else return linear(xs, w.weight_ih, w.bias_ih);
  } else {
    return linear(xs, w.weight_ih);
  }
}
template <bool Reversed, class Step, class C, class X, class... K>
constexpr auto steps(const C& start, const X& xs, const K&... constants) {
  if constexpr (Reversed) return reverse_scan(Step{}, start, xs, constants...);
  else return scan(Step{}, start, xs, constants...);
}
/// The last state and all h of one direction; `within` [T, B, 1] says which steps there are.
template <bool Reversed, class Step, class W, class C, class Within>
constexpr auto run_direction(const W& w, auto xs, const C& start, Within within) {
  constexpr bool gru = std::is_same_v<Step, gru_step>;
  const auto x = from_input<!gru>(w, xs);
  const auto go = [&](const auto&... constants) {
    if constexpr (std::is_same_v<Within, AllSteps>) return steps<Reversed, Step>(start, x, constants...);
    else return steps<Reversed, step_within<Step>>(start, several(x, within), constants...);
  };
  if constexpr (gru && requires { w.bias_hh; }) return go(w.weight_hh, w.bias_hh);
  else if constexpr (requires { w.weight_hr; }) return go(w.weight_hh, w.weight_hr);
  else return go(w.weight_hh);
}

template <class Step, int In, int Hidden, RecurrentOptions O, class T>
struct Recurrent {
  static constexpr bool lstm = std::is_same_v<Step, lstm_step>;
  static constexpr int directions = O.bidirectional ? 2 : 1, out = O.proj_size > 0 ? O.proj_size : Hidden, states = O.num_layers * directions;
  static_assert(In > 0 && Hidden > 0, "etch: RNN: the sizes of input and state must be positive");
  static_assert(O.num_layers >= 1, "etch: RNN: num_layers must be at least 1");
  static_assert(O.dropout >= 0 && O.dropout <= 1, "etch: RNN: the probability of dropout must lie between 0 and 1");
  static_assert(O.proj_size >= 0 && O.proj_size < Hidden && (lstm || O.proj_size == 0), "etch: RNN: proj_size must be smaller than the hidden size, and is LSTM's alone");
  template <int From>
  using Weights = RecurrentWeights<Step::gates, From, Hidden, out, O.bias, (O.proj_size > 0), T>;

  Layers<Directions<Weights<In>, O.bidirectional>, Directions<Weights<directions * out>, O.bidirectional>, O.num_layers> layers;
  static constexpr const char* etch_names = "~";
  constexpr void etch_members(auto&& f) const { f(layers); }
  constexpr void etch_members(auto&& f) { f(layers); }
  template <class X, class... S>
  constexpr auto operator()(const X& x, const S&... state) const {
    constexpr bool rank = X::rank == 2 || X::rank == 3, features = rank && input_features<X::dims(0)[X::rank - 1].size, In>::agree;
    if constexpr (!features) {
      static_assert(rank, "etch: RNN: the input must be [time, batch, features], or [time, features]");
      static_assert(!rank || features, "etch: RNN: the input must have as many features as the layer takes");
      return Poison{};
    } else {
      return forward(x, state...);
    }
  }
  /// The same of packed sequences: several(packed, the states after the last step of each).
  template <class X, class L, class... S>
  constexpr auto operator()(const utils::PackedSequence<X, L>& packed, const S&... state) const {
    constexpr bool features = X::rank == 3 && input_features<X::dims(0)[X::rank - 1].size, In>::agree;
    if constexpr (!features) {
      static_assert(features, "etch: RNN: the input must have as many features as the layer takes");
      return several(packed, Poison{});
    } else {
      const auto r = from(packed.padded, within_fn<3>{}(packed.padded, packed.lengths), state...);
      const auto y = r.template get<0>();
      return several(utils::PackedSequence<std::remove_const_t<decltype(y)>, L>{y, packed.lengths}, r.template get<1>());
    }
  }
  /// PyTorch's U(-1/sqrt(hidden), 1/sqrt(hidden)) for all of them.
  void reset_parameters(Generator& g) { reset(layers, g); }

  /// (y [T, B, directions out], the last state), from a state of zeros, or from states [layers directions, B, out].
  constexpr auto forward(auto x, const auto&... state) const {
    const auto r = from(time_first(x), AllSteps{}, state...);
    return several(time_first(r.template get<0>()), r.template get<1>());
  }

 private:
  template <class M>
  static void reset(M& m, Generator& g) {
    if constexpr (is_module_tensor<M>) {
      reset_by_fan_in(m, g, Hidden);
    } else {
      auto visit = [&](auto& member) { reset(member, g); };
      m.etch_members(visit);
    }
  }
  /// Batches of sequences as sequences of batches.
  template <class X>
  static constexpr auto time_first(X x) {
    if constexpr (O.batch_first && X::rank == 3) return transpose<0, 1>(x);
    else return x;
  }
  /// [T, B, In] from this state, of those steps that there are.
  constexpr auto from(auto xs, auto within) const {
    const auto h = zero_state<out>(xs);
    if constexpr (lstm) {
      const auto c = zero_state<Hidden>(xs);
      return run(xs, within, [&](int) { return several(h, c); });
    } else {
      return run(xs, within, [&](int) { return h; });
    }
  }
  constexpr auto from(auto xs, auto within, auto h0) const {
    return run(xs, within, [&](int k) { return h0(k); });
  }
  constexpr auto from(auto xs, auto within, auto h0, auto c0) const
    requires lstm
  {
    return run(xs, within, [&](int k) { return several(h0(k), c0(k)); });
  }
  template <class H, class C>
  constexpr auto from(auto xs, auto within, Values<H, C> state) const
    requires lstm
  {
    return from(xs, within, state.template get<0>(), state.template get<1>());
  }
  template <class S>
  constexpr auto run(auto xs, auto within, const S& start) const {
    return run(xs, within, start, std::make_index_sequence<static_cast<std::size_t>(states)>{});
  }
  template <class S, std::size_t... I>
  constexpr auto run(auto xs, auto within, const S& start, std::index_sequence<I...>) const {
    decltype(start(0)) last[] = {start(static_cast<int>(I))...};
    auto y = layer(layers.first, xs, within, last);
    if constexpr (O.num_layers > 1)
      for (int l = 1; l < O.num_layers; ++l) {
        if constexpr (O.dropout > 0) y = dropout<O.dropout>(y);
        y = layer(layers.more[l - 1], y, within, last + l * directions);
      }
    if constexpr (lstm) return several(y, several(stack<0>(last[I].template get<0>()...), stack<0>(last[I].template get<1>()...)));
    else return several(y, stack<0>(last[I]...));
  }
  /// One layer in its directions; `last` holds its first states and receives its last ones.
  template <class D, class S>
  static constexpr auto layer(const D& weights, auto xs, auto within, S* last) {
    const auto r = run_direction<false, Step>(weights.forward_weights, xs, last[0], within);
    last[0] = r.template get<0>();
    if constexpr (O.bidirectional) {
      const auto back = run_direction<true, Step>(weights.reverse_weights, xs, last[1], within);
      last[1] = back.template get<0>();
      return cat<-1>(r.template get<1>(), back.template get<1>());
    } else {
      return r.template get<1>();
    }
  }
};

/// Whether there is a state for each row of x.
template <class X, class H>
constexpr bool a_state_for_each_row() {
  if (H::rank != X::rank) return false;
  for (int k = 0; k + 1 < X::rank; ++k)
    if (!agree(X::dims(0)[k], H::dims(0)[k])) return false;
  return true;
}

/// One step with its own parameters.
template <class Step, int In, int Hidden, bool Bias, class T>
struct RecurrentCell {
  static_assert(In > 0 && Hidden > 0, "etch: RNN: the sizes of input and state must be positive");
  RecurrentWeights<Step::gates, In, Hidden, Hidden, Bias, false, T> weights;
  static constexpr const char* etch_names = "~";
  constexpr void etch_members(auto&& f) const { f(weights); }
  constexpr void etch_members(auto&& f) { f(weights); }
  template <class... X>
  constexpr auto operator()(const X&... x) const {
    return forward(x...);
  }
  void reset_parameters(Generator& g) {
    auto visit = [&](auto& p) { reset_by_fan_in(p, g, Hidden); };
    weights.etch_members(visit);
  }
  template <class X, class S>
  constexpr auto forward(X x, S state) const {
    constexpr bool gru = std::is_same_v<Step, gru_step>;
    const auto hidden = [&] {
      if constexpr (std::is_same_v<Step, lstm_step>) return state.template get<0>();
      else return state;
    };
    constexpr bool rows = a_state_for_each_row<tracer_of<X>, tracer_of<decltype(hidden())>>();
    static_assert(rows, "etch: RNN: the state must have a row for each of the input's");
    const auto from_x = from_input<!gru>(weights, x);
    const auto w = lower(from_x.builder, weights.weight_hh);
    if constexpr (!rows) return Poison{};
    else if constexpr (gru && Bias) return Step{}(state, from_x, w, lower(from_x.builder, weights.bias_hh)).template get<0>();
    else return Step{}(state, from_x, w).template get<0>();
  }
  template <class X>
  constexpr auto forward(X x) const {
    const auto h = zero_state<Hidden>(unsqueeze<0>(x));
    if constexpr (std::is_same_v<Step, lstm_step>) return forward(x, several(h, h));
    else return forward(x, h);
  }
  template <class X, class H, class C>
  constexpr auto forward(X x, H h, C c) const
    requires std::is_same_v<Step, lstm_step>
  {
    return forward(x, several(h, c));
  }
};

}  // namespace detail

/// torch.nn.RNN with tanh: x [T, B, In] or [T, In] -> several(y [T, B, directions Hidden], h [layers directions, B, Hidden]); also (x, h0).
template <int In, int Hidden, RecurrentOptions O = RecurrentOptions{}, class T = float>
struct RNN : detail::Recurrent<detail::tanh_step, In, Hidden, O, T> {};
/// torch.nn.RNN with nonlinearity="relu".
template <int In, int Hidden, RecurrentOptions O = RecurrentOptions{}, class T = float>
struct ReluRNN : detail::Recurrent<detail::relu_step, In, Hidden, O, T> {};
/// torch.nn.GRU.
template <int In, int Hidden, RecurrentOptions O = RecurrentOptions{}, class T = float>
struct GRU : detail::Recurrent<detail::gru_step, In, Hidden, O, T> {};
/// torch.nn.LSTM: -> several(y, several(h, c)); also (x, h0, c0).
template <int In, int Hidden, RecurrentOptions O = RecurrentOptions{}, class T = float>
struct LSTM : detail::Recurrent<detail::lstm_step, In, Hidden, O, T> {};

/// torch.nn.RNNCell, with tanh or relu: (x [B, In], h [B, Hidden]) -> h; h may be left out.
template <int In, int Hidden, bool Bias = true, class T = float>
struct RNNCell : detail::RecurrentCell<detail::tanh_step, In, Hidden, Bias, T> {};
template <int In, int Hidden, bool Bias = true, class T = float>
struct ReluRNNCell : detail::RecurrentCell<detail::relu_step, In, Hidden, Bias, T> {};
template <int In, int Hidden, bool Bias = true, class T = float>
struct GRUCell : detail::RecurrentCell<detail::gru_step, In, Hidden, Bias, T> {};
/// torch.nn.LSTMCell: (x, h, c) -> several(h, c).
template <int In, int Hidden, bool Bias = true, class T = float>
struct LSTMCell : detail::RecurrentCell<detail::lstm_step, In, Hidden, Bias, T> {};

}  // namespace nn
}  // namespace ETCH_ABI
}  // namespace etch

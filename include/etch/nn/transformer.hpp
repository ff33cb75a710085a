// Transformers as torch.nn has them: encoder and decoder layers, stacks of them, and both together.
//
//   encoder   x + attention(x), then x + W_2 act(W_1 x), each normalised after the sum (or its input before it: norm_first)
//   decoder   the same with attention to the encoder's output in between
#pragma once

#include <etch/nn/flatten.hpp>
#include <etch/nn/multihead_attention.hpp>
#include <etch/nn/norm.hpp>
#include <etch/nn/repeat.hpp>
#include <etch/ops/activation.hpp>

namespace etch {
inline namespace ETCH_ABI {

enum class TransformerActivation : std::uint8_t { relu, gelu };
/// How a transformer layer is built: torch.nn's arguments of the same names.
struct TransformerOptions {
  int dim_feedforward = 2048;
  double dropout = 0.1;
  TransformerActivation activation = TransformerActivation::relu;
  double layer_norm_eps = 1e-5;
  bool batch_first = false;
  bool norm_first = false;
  bool bias = true;
  bool causal = false;  ///< a position of the sequence sees only itself and those before it
};

namespace nn {
namespace detail {
template <int E, TransformerOptions O, class T>
using TransformerNorm = std::conditional_t<O.bias, LayerNorm<E, eps<O.layer_norm_eps>, element<T>>, LayerNorm<E, eps<O.layer_norm_eps>, element<T>, no_bias>>;
constexpr MultiheadOptions attention_of(TransformerOptions o, bool causal) {
  return {.dropout = o.dropout, .bias = o.bias, .batch_first = o.batch_first, .causal = causal, .need_weights = false};
}
template <TransformerOptions O>
constexpr auto transformer_activation(auto x) {
  if constexpr (O.activation == TransformerActivation::gelu) return gelu(x);
  else return relu(x);
}
template <TransformerOptions O>
constexpr auto feed_forward(auto x, const auto& linear1, const auto& linear2) {
  return dropout<O.dropout>(linear2(dropout<O.dropout>(transformer_activation<O>(linear1(x)))));
}
}  // namespace detail

/// torch.nn.TransformerEncoderLayer: (src [T, B, E], src_mask(..), src_key_padding_mask(..)) -> [T, B, E].
template <int E, int Heads, TransformerOptions O = TransformerOptions{}, class T = float>
struct TransformerEncoderLayer {
  MultiheadAttention<E, Heads, detail::attention_of(O, O.causal), T> self_attn;
  Linear<E, O.dim_feedforward, O.bias, T> linear1;
  Linear<O.dim_feedforward, E, O.bias, T> linear2;
  detail::TransformerNorm<E, O, T> norm1, norm2;
  ETCH_MODULE(self_attn, linear1, linear2, norm1, norm2)

  template <AttentionInput... Which, class... M>
  constexpr auto forward(auto x, const NamedInput<Which, M>&... masks) const {
    using etch::detail::find_input;
    const auto seen = find_input<AttentionInput::src_mask>(masks...);
    const auto padding = find_input<AttentionInput::src_key_padding_mask>(masks...);
    const auto look = [&](auto v) { return drop(self_attn.attend(v, v, v, seen, padding)); };
    if constexpr (O.norm_first) {
      const auto y = x + look(norm1(x));
      return y + feed(norm2(y));
    } else {
      const auto y = norm1(x + look(x));
      return norm2(y + feed(y));
    }
  }

 private:
  static constexpr auto drop(auto x) { return dropout<O.dropout>(x); }
  constexpr auto feed(auto x) const { return detail::feed_forward<O>(x, linear1, linear2); }
};

/// torch.nn.TransformerDecoderLayer: (tgt [T, B, E], memory [S, B, E], tgt_mask(..), memory_mask(..), tgt_key_padding_mask(..),
/// memory_key_padding_mask(..)) -> [T, B, E].
template <int E, int Heads, TransformerOptions O = TransformerOptions{}, class T = float>
struct TransformerDecoderLayer {
  MultiheadAttention<E, Heads, detail::attention_of(O, O.causal), T> self_attn;
  MultiheadAttention<E, Heads, detail::attention_of(O, false), T> multihead_attn;
  Linear<E, O.dim_feedforward, O.bias, T> linear1;
  Linear<O.dim_feedforward, E, O.bias, T> linear2;
  detail::TransformerNorm<E, O, T> norm1, norm2, norm3;
  ETCH_MODULE(self_attn, multihead_attn, linear1, linear2, norm1, norm2, norm3)

  template <AttentionInput... Which, class... M>
  constexpr auto forward(auto x, auto memory, const NamedInput<Which, M>&... masks) const {
    using etch::detail::find_input;
    const auto seen = find_input<AttentionInput::tgt_mask>(masks...);
    const auto padding = find_input<AttentionInput::tgt_key_padding_mask>(masks...);
    const auto memory_seen = find_input<AttentionInput::memory_mask>(masks...);
    const auto memory_padding = find_input<AttentionInput::memory_key_padding_mask>(masks...);
    const auto look = [&](auto v) { return drop(self_attn.attend(v, v, v, seen, padding)); };
    const auto recall = [&](auto v) { return drop(multihead_attn.attend(v, memory, memory, memory_seen, memory_padding)); };
    if constexpr (O.norm_first) {
      const auto y = x + look(norm1(x));
      const auto z = y + recall(norm2(y));
      return z + feed(norm3(z));
    } else {
      const auto y = norm1(x + look(x));
      const auto z = norm2(y + recall(y));
      return norm3(z + feed(z));
    }
  }

 private:
  static constexpr auto drop(auto x) { return dropout<O.dropout>(x); }
  constexpr auto feed(auto x) const { return detail::feed_forward<O>(x, linear1, linear2); }
};

/// torch.nn.TransformerEncoder: N layers, given what a layer is given, and a norm at their end where one is named.
template <class Layer, int N, class Norm = Identity>
struct TransformerEncoder {
  Repeat<Layer, N> layers;
  Norm norm;
  ETCH_MODULE(layers, norm)
  constexpr auto forward(auto x, const auto&... masks) const { return norm(layers(x, masks...)); }
};
/// torch.nn.TransformerDecoder likewise.
template <class Layer, int N, class Norm = Identity>
struct TransformerDecoder {
  Repeat<Layer, N> layers;
  Norm norm;
  ETCH_MODULE(layers, norm)
  constexpr auto forward(auto x, auto memory, const auto&... masks) const { return norm(layers(x, memory, masks...)); }
};

/// torch.nn.Transformer: (src, tgt, masks...) -> [T, B, E].
template <int E, int Heads, int Encoders, int Decoders, TransformerOptions O = TransformerOptions{}, class T = float>
struct Transformer {
  TransformerEncoder<TransformerEncoderLayer<E, Heads, O, T>, Encoders, detail::TransformerNorm<E, O, T>> encoder;
  TransformerDecoder<TransformerDecoderLayer<E, Heads, O, T>, Decoders, detail::TransformerNorm<E, O, T>> decoder;
  ETCH_MODULE(encoder, decoder)
  /// Each layer takes the masks that are its own.
  template <AttentionInput... Which, class... M>
  constexpr auto forward(auto src, auto tgt, const NamedInput<Which, M>&... masks) const {
    return decoder(tgt, encoder(src, masks...), masks...);
  }
};

}  // namespace nn
}  // namespace ETCH_ABI
}  // namespace etch

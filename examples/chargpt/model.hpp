// The GPT of this example: logits = head(ln_f(blocks(wte(ids) + wpe))), normalised before each part of a block.
#pragma once

#include <etch/nn/attention.hpp>
#include <etch/nn/dropout.hpp>
#include <etch/nn/embedding.hpp>
#include <etch/nn/norm.hpp>
#include <etch/nn/linear.hpp>
#include <etch/nn/repeat.hpp>
#include <etch/ops/activation.hpp>

/// proj(gelu(fc(x))), four times as wide inside.
template <int Width>
struct FeedForward {
  etch::nn::Linear<Width, 4 * Width> fc;
  etch::nn::Linear<4 * Width, Width> proj;
  ETCH_MODULE(fc, proj)
  constexpr auto forward(auto x) const { return proj(gelu(fc(x))); }
};

/// x + attn(ln1(x)), then x + mlp(ln2(x)).
template <int Width, int Heads, auto Dropout>
struct Block {
  etch::nn::LayerNorm<Width> ln1;
  etch::nn::CausalSelfAttention<Width, Heads> attn;
  etch::nn::LayerNorm<Width> ln2;
  FeedForward<Width> mlp;
  ETCH_MODULE(ln1, attn, ln2, mlp)
  constexpr auto forward(auto x) const {
    const auto y = x + etch::dropout<Dropout>(attn(ln1(x)));
    return y + etch::dropout<Dropout>(mlp(ln2(y)));
  }
};

/// ids [batch, time] -> logits [batch, time, Vocab]; time is `Context`, or less, or a bounded dim within it.
template <int Vocab, int Context, int Width, int Layers, int Heads, auto Dropout = 0.0>
struct Gpt {
  etch::nn::Embedding<Vocab, Width> wte;
  etch::nn::Embedding<Context, Width> wpe;
  etch::nn::Repeat<Block<Width, Heads, Dropout>, Layers> blocks;
  etch::nn::LayerNorm<Width> ln_f;
  etch::nn::Linear<Width, Vocab, false> head;
  ETCH_MODULE(wte, wpe, blocks, ln_f, head)

  constexpr auto forward(auto ids) const {
    const auto x = wte(ids) + position_embedding(ids, wpe.weight);
    return head(ln_f(blocks(etch::dropout<Dropout>(x))));
  }

  /// Embeddings from N(0, 0.02); everything else as its layer starts: matrices from U(-1/sqrt(in), 1/sqrt(in)).
  void reset_parameters(etch::Generator& g) {
    etch::nn::init::normal_(wte.weight, g, 0, 0.02);
    etch::nn::init::normal_(wpe.weight, g, 0, 0.02);
  }
};

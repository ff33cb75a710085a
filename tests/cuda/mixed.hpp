// A model with a step of every kind: windows, pools, a loop, attention, products. Its losses in training, as the CPU has them.
#pragma once

#include <etch/etch.hpp>

struct Mixed {
  etch::nn::Conv2d<2, 3, 3, etch::padding<1>> conv;
  etch::nn::LSTM<15, 8> lstm;
  etch::nn::Linear<8, 5> last;
  ETCH_MODULE(conv, lstm, last)
  constexpr auto forward(auto x) const {
    const auto pooled = etch::view<4, 15, 5>(etch::max_pool2d<2>(etch::relu(conv(x))));
    const auto states = etch::view<4, 1, 5, 8>(etch::permute<1, 0, 2>(lstm(etch::permute<2, 0, 1>(pooled)).template get<0>()));
    return last(etch::view<4, 8>(etch::mean<2>(etch::scaled_dot_product_attention<true>(states, states, states))));
  }
};
struct MixedLoss {
  constexpr auto operator()(auto& m, auto x, auto y) const { return etch::cross_entropy(m(x), y); }
};

/// Step, loss.
struct Known {
  int step;
  double loss;
};

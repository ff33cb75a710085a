// The sizes of the example, and the types that follow from them.
#pragma once

#include <etch/etch.hpp>
#include <etch/loss/cross_entropy.hpp>
#include <etch/optim/adam.hpp>

#include "model.hpp"

#ifndef CHARGPT_LAYERS
#define CHARGPT_LAYERS 4
#endif
#ifndef CHARGPT_SYMBOLS  // of the default text
#define CHARGPT_SYMBOLS 86
#endif

namespace chargpt {

inline constexpr int symbols = CHARGPT_SYMBOLS, context = 64, width = 128, layers = CHARGPT_LAYERS, heads = 4;
inline constexpr int batch = 16;

/// What the trained model reads: 1 to 16 windows of 1 to 64 characters.
struct Rows : etch::dyn<batch> {};
struct Length : etch::dyn<context> {};
inline constexpr Rows rows{};
inline constexpr Length length{};

using Net = Gpt<symbols, context, width, layers, heads>;
using Ids = etch::Tensor<std::int64_t, batch, context>;
using Windows = etch::Tensor<std::int64_t, rows, length>;

struct Loss {
  constexpr auto operator()(auto& net, auto ids, auto targets) const { return etch::cross_entropy(net(ids), targets); }
};
using Step = etch::TrainStep<Net, Loss, etch::optim::AdamW, Ids, Ids>;

}  // namespace chargpt

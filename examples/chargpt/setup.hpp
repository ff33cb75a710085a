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

/// How many characters the model sees while it writes: 1 to 64.
struct Length : etch::dyn<context> {};
inline constexpr Length length{};

using Net = Gpt<symbols, context, width, layers, heads>;
using Ids = etch::Tensor<std::int64_t, batch, context>;
using Prompt = etch::Tensor<std::int64_t, 1, length>;

struct Loss {
  constexpr auto operator()(auto& net, auto ids, auto targets) const { return etch::cross_entropy(net(ids), targets); }
};
using Step = etch::TrainStep<Net, Loss, etch::optim::AdamW, Ids, Ids>;

}  // namespace chargpt

// chargpt.safetensors: the training state, with the seed and the symbols that it belongs to.
#pragma once

#include "options.hpp"
#include "setup.hpp"
#include "text.hpp"

namespace chargpt {

inline constexpr char checkpoint_path[] = "chargpt.safetensors";

void save(Step& step, const Text& text, const Options& options);

/// Goes on from `options.resume`, with the seed of that run unless another is given. A file of a model alone is trained
/// from step 0. Errors: a file of another model, or of another text.
void resume(Step& step, const Text& text, Options& options);

}  // namespace chargpt

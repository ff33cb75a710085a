// The picture of a run: what the model makes of held-out digits, and how it learned.
#pragma once

#include "digits.hpp"

#include <span>
#include <vector>

namespace lenet {

/// Draws the first held-out digits and the mistakes under their predicted labels, wrong ones marked, and the loss of every step.
void save_picture(const char* path, const Digits& digits, std::span<const std::uint8_t> predicted, std::span<const double> losses);

}  // namespace lenet

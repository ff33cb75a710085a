// What surrounds training: which texts the model can learn, losses, drawing characters, the loss curve.
#pragma once

#include "text.hpp"

#include <cstddef>
#include <cstdint>
#include <vector>

namespace chargpt {

/// Refuses a text with more symbols than the model was compiled for, or whose parts are shorter than a window.
void check(const Text& text, int symbols, int context);

/// Sum over `count` positions of log(sum(exp(logits))) - logits[target], each of `symbols` logits.
double loss_sum(const float* logits, int symbols, const std::uint8_t* targets, std::size_t count);

/// A symbol number below `count`, drawn from softmax(logits / temperature) by 64 random bits.
int draw(const float* logits, int count, float temperature, std::uint64_t bits);

/// The losses of a run, drawn as a picture.
class Curve {
 public:
  /// Room for the steps after `first` up to `last`, so that adding them allocates nothing.
  void reserve(long long first, long long last, int validate_every);
  void add_loss(long long step, double loss);
  void add_validation(long long step, double loss);
  void save(const char* path) const;

 private:
  struct Line {
    std::vector<double> xs, ys;
  };
  Line loss_, validation_;
};

}  // namespace chargpt

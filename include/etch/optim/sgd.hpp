// SGD: p -= lr * d, where d is the gradient, its momentum, or both (Nesterov); as torch.optim.SGD.
//
//   d = g + weight_decay p;   buf = momentum buf + (1 - dampening) d;   p -= lr (nesterov ? d + momentum buf : buf)
//
// Every option is a number of the step, so that changing one never asks for another program.
#pragma once

#include <etch/ops/pointwise.hpp>
#include <etch/optim/options.hpp>

namespace etch {
inline namespace ETCH_ABI {
namespace optim {

struct SGD {
  double lr = 1e-3;
  double momentum = 0;
  double dampening = 0;
  double weight_decay = 0;
  bool nesterov = false;
  bool maximize = false;

  static constexpr int states = 1;
  static constexpr int scalars = 7;
  static constexpr const char* state_names[] = {"momentum_buffer"};
  template <class O, class F>
  static constexpr void options(O& o, F&& f) {
    f("lr", o.lr), f("momentum", o.momentum), f("dampening", o.dampening), f("weight_decay", o.weight_decay), f("nesterov", o.nesterov), f("maximize", o.maximize);
  }
  /// Whether state 0 means anything: PyTorch's state_dict has it only then.
  bool keeps(int) const { return momentum != 0; }

  void check() const {
    detail::not_negative("lr", lr);
    detail::not_negative("momentum", momentum);
    detail::not_negative("weight_decay", weight_decay);
    if (nesterov && (momentum <= 0 || dampening != 0)) fail("optim::SGD", "nesterov needs a momentum and no dampening");
  }
  /// The numbers of step 1, 2, ...; the first step puts the gradient itself into the momentum.
  void prepare(std::int64_t step, double* s) const {
    const bool plain = momentum == 0 || step == 1;
    s[0] = maximize ? -1 : 1;
    s[1] = weight_decay;
    s[2] = step == 1 ? 0 : momentum;
    s[3] = plain ? 1 : 1 - dampening;
    s[4] = nesterov ? 1 : 0;
    s[5] = nesterov ? momentum : 1;
    s[6] = lr;
  }
  template <class P, class S>
  static constexpr void update(P& p, P g, P* state, const S* s) {
    const P d = g * s[0] + p * s[1];
    P& momentum = state[0];
    momentum = momentum * s[2] + d * s[3];
    p = p - (d * s[4] + momentum * s[5]) * s[6];
  }
};

}  // namespace optim
}  // namespace ETCH_ABI
}  // namespace etch

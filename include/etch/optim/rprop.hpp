// Rprop: each number has a step of its own, which grows while its gradient keeps its sign and shrinks where it turns.
//
//   d *= g before > 0 ? etas[1] : g before < 0 ? etas[0] : 1, within step_sizes;   where it turned g = 0;   p -= sign(g) d;   before = g
#pragma once

#include <etch/ops/pointwise.hpp>
#include <etch/ops/compare.hpp>
#include <etch/optim/options.hpp>


namespace etch {
inline namespace ETCH_ABI {
namespace optim {

struct Rprop {
  double lr = 1e-2;
  double etas[2] = {0.5, 1.2};
  double step_sizes[2] = {1e-6, 50};
  bool maximize = false;

  static constexpr int states = 2;
  static constexpr int scalars = 6;
  static constexpr const char* state_names[] = {"prev", "step_size"};
  template <class O, class F>
  static constexpr void options(O& o, F&& f) {
    f("lr", o.lr), f("etas", o.etas), f("step_sizes", o.step_sizes), f("maximize", o.maximize);
  }

  void check() const {
    detail::not_negative("lr", lr);
    const bool down = etas[0] > 0 && etas[0] < 1;
    if (!down || !(etas[1] > 1))
      fail("optim::Rprop", "etas[0] must lie between 0 and 1, and etas[1] above 1", down ? detail::option_text("etas[1]", etas[1]) : detail::option_text("etas[0]", etas[0]));
  }
  /// The numbers of step 1, 2, ...; at first every step is lr.
  void prepare(std::int64_t step, double* s) const {
    s[0] = maximize ? -1 : 1;
    s[1] = step == 1 ? lr : 0;
    s[2] = etas[0];
    s[3] = etas[1];
    s[4] = step_sizes[0];
    s[5] = step_sizes[1];
  }
  template <class P, class S>
  static constexpr void update(P& p, P g, P* state, const S* s) {
    g = g * s[0];
    P &before = state[0], &size = state[1];
    const P agree = g * before;
    size = minimum(maximum((size + s[1]) * where(agree > 0, s[3], where(agree < 0, s[2], 1)), s[4]), s[5]);
    g = where(agree < 0, 0, g);
    p = p - sign(g) * size;
    before = g;
  }
};

}  // namespace optim
}  // namespace ETCH_ABI
}  // namespace etch

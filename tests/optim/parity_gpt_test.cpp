// Twenty steps as PyTorch took them: the example's GPT, small, by AdamW with and without clipping.
#include <cmath>

#include "../../examples/chargpt/model.hpp"
#include "parity.hpp"

using namespace etch;

namespace {

using Net = Gpt<32, 16, 32, 2, 4>;
using Ids = Tensor<std::int64_t, 4, 16>;
struct Loss {
  constexpr auto operator()(auto& m, auto x, auto y) const { return cross_entropy(m(x), y); }
};

/// The norm of a gradient: what lies between parameters is zero.
double norm_of(const Net& gradient) {
  const float* g = reinterpret_cast<const float*>(&gradient);
  double squares = 0;
  for (std::size_t i = 0; i < sizeof(Net) / sizeof(float); ++i) squares += static_cast<double>(g[i]) * g[i];
  return std::sqrt(squares);
}

}  // namespace

TEST_CASE("a GPT trains as PyTorch's does") {
  const std::vector<std::string> kept = {"wpe.weight", "blocks.1.attn.proj.weight", "ln_f.weight"};
  ParityFile file;
  const auto initial = file.model<Net>("initial."), final = file.model<Net>("final."),
             clipped_final = file.model<Net>("clip.final.", kept);
  std::vector<std::int64_t> inputs, targets;
  std::vector<double> losses, clip_losses, clip_norms;
  file.list("inputs", {parity_steps, 4, 16}, inputs);
  file.list("targets", {parity_steps, 4, 16}, targets);
  file.list("losses", {parity_steps}, losses);
  file.list("clip.losses", {parity_steps}, clip_losses);
  file.list("clip.norms", {parity_steps}, clip_norms);
  file.read("tests/data/parity_gpt.safetensors");

  const auto model = initial.clone(), clipped = initial.clone();
  auto step = train_step<Ids, Ids>(model, Loss{}, optim::AdamW{.lr = 1e-3});
  auto clip_step = train_step<Ids, Ids>(clipped, Loss{}, optim::clip_grad_norm(optim::AdamW{.lr = 1e-3}, 1));
  for (int i = 0; i < parity_steps; ++i) {
    const Ids x = batch_of<Ids>(inputs, i), y = batch_of<Ids>(targets, i);
    check_loss(step(x, y), losses[static_cast<std::size_t>(i)]);
    check_loss(clip_step(x, y), clip_losses[static_cast<std::size_t>(i)]);
    CHECK(norm_of(clip_step.gradient()) == doctest::Approx(clip_norms[static_cast<std::size_t>(i)]).epsilon(1e-5));
  }
  check_parameters(model, final);
  check_parameters(clipped, clipped_final, kept);
}

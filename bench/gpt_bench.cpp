// One training step of the GPT of examples/chargpt at its full size: forward, cross-entropy, backward, AdamW.
#include "../examples/chargpt/setup.hpp"
#include "serve.hpp"

int main(int argc, char** argv) {
  using namespace chargpt;
  etch::cpu::set_num_threads(1);
  Ids ids, targets;
  for (int i = 0; i < batch * context; ++i) {
    ids.data()[i] = i * 37 % 83;
    targets.data()[i] = i * 53 % 79;
  }
  const auto model = etch::make<Net>();
  Step step(model, etch::optim::AdamW{.lr = 1e-3});
  bench::Bench bench(argc, argv);
  bench.add("gpt_train", [&] { bench::keep(step(ids, targets)); });
  return bench.run();
}

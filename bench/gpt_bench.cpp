// One training step of the GPT of examples/chargpt at its full size: forward, cross-entropy, backward, AdamW.
#include "../examples/chargpt/setup.hpp"
#include "facts.hpp"

int main(int argc, char** argv) {
  using namespace chargpt;
  bench::Bench bench(argc, argv);
  etch::cpu::set_num_threads(bench.threads());
  Ids ids, targets;
  for (int i = 0; i < batch * context; ++i) {
    ids.data()[i] = i * 37 % 83;
    targets.data()[i] = i * 53 % 79;
  }
  const auto model = etch::make<Net>();
  Step step(model, etch::optim::AdamW{.lr = 1e-3});
  bench.add("gpt_train", [&] { bench::keep(step(ids, targets)); }, bench::facts_of(step));
  return bench.run();
}

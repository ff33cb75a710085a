// The trainer of examples/chargpt on a GPU: what nvcc is asked for by a training step of a GPT.
//
//   nvcc -std=c++20 --expt-relaxed-constexpr -O3 -arch=sm_90 -I include -c bench/compile/gpt_gpu.cu
#include <etch/cuda.hpp>

#include "../../examples/chargpt/setup.hpp"

#include <cstdio>

using namespace etch;

int main() {
  const chargpt::Ids ids, targets;
  const auto there = ids.to(gpu), wanted = targets.to(gpu);
  auto step = train_step(make<chargpt::Net>(Generator{0}).to(gpu), chargpt::Loss{}, optim::AdamW{.lr = 1e-3}, there, wanted);
  for (int i = 0; i < 3; ++i) std::printf("loss %.4f\n", static_cast<double>(step(there, wanted)));
}

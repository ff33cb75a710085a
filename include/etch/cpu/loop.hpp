// Runs a loop: one program for its body, bound again for each iteration.
//
//   carried values go back and forth between two buffers, or from row to row of the result that keeps them; rows of stacked ones lie one after another
#pragma once

#include <etch/cpu/machine.hpp>

namespace etch {
inline namespace ETCH_ABI {
namespace cpu {
namespace detail {

/// The random state of one iteration: a seed of its own, the same when the gradient comes by.
inline RandomState iteration_random(const RandomState& around, int stream, index_t iteration) {
  std::uint64_t h = around.seed + 0x9E3779B97F4A7C15ULL * (static_cast<std::uint64_t>(stream) << 32 | static_cast<std::uint64_t>(iteration + 1));
  h = (h ^ h >> 30) * 0xBF58476D1CE4E5B9ULL;
  h = (h ^ h >> 27) * 0x94D049BB133111EBULL;
  return {h ^ h >> 31, around.step};
}

/// run(i, inputs, outputs, random state) for every iteration. Accesses: the operands, then the results that are wanted, in order;
/// `work` is room for two of each carried value.
template <class F>
void for_each_iteration(const Machine& machine, int s, const LoopView& l, char* work, F run) {
  const Step& step = machine.step(s);
  const int operands = l.carried + l.stacked + l.constants, first_result = step.access + operands;
  Bindings in;
  in.count = operands;
  void* out[max_loop_values]{};
  char* turn[max_loop_values][2]{};
  for (int c = 0; c < l.carried; ++c)
    for (int k = 0; k < 2; ++k, work += l.carried_bytes[c]) turn[c][k] = work;
  for (int i = 0; i < operands; ++i) {
    in.data[i] = machine.pointer(step.access + i);
    in.sizes[i] = nullptr;
  }
  auto row_of = [&](int access, index_t row) { return machine.pointer(access) + row * machine.stride(access, 0) * static_cast<index_t>(machine.element_size(access)); };
  int access[max_loop_values]{}, slots = 0;  // of each result of the body
  for (int k = 0, next = first_result; k < l.results; ++k) {
    const bool wanted = (l.wanted >> k & 1) != 0;
    if (k < l.carried || wanted) access[slots++] = next;
    next += wanted ? 1 : 0;
  }
  for (index_t i = 0; i < l.iterations; ++i) {
    const index_t row = l.reversed ? l.iterations - 1 - i : i, next_row = l.reversed ? row - 1 : row + 1;
    for (int k = l.carried; k < l.carried + l.stacked; ++k) in.data[k] = row_of(step.access + k, row);
    for (int k = 0; k < slots; ++k) {
      if (k >= l.carried) out[k] = row_of(access[k], row);
      else if (i + 1 < l.iterations) out[k] = l.kept[k] > 0 ? row_of(access[l.kept[k]], next_row) : turn[k][i & 1];
      else out[k] = (l.wanted >> k & 1) != 0 ? machine.pointer(access[k]) : turn[k][i & 1];
    }
    RandomState random;
    if (l.body.draws) random = iteration_random(*machine.random(), l.stream, row);
    run(i, in, out, &random);
    for (int c = 0; c < l.carried; ++c) in.data[c] = out[c];
  }
}
inline void run_loop(Machine& machine, int s) {
  Machine& body = machine.body(s);
  body.take_sizes(machine);
  body.renew();
  for_each_iteration(machine, s, machine.loop(s), static_cast<char*>(machine.workspace()), [&](index_t, const Bindings& in, void* const* out, RandomState* random) { body.run(in, out, random); });
}

}  // namespace detail
}  // namespace cpu
}  // namespace ETCH_ABI
}  // namespace etch

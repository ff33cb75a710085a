// What a compiled program of etch says about itself: operations, and the memory of its intermediate values beside the least that
// any layout of its schedule needs, which is the most that is alive in one step.
#pragma once

#include <etch/tools/print_plan.hpp>

#include <cstddef>
#include <cstdint>
#include <utility>

#include "exact.hpp"
#include "serve.hpp"

namespace bench {

template <class Code>
constexpr std::int64_t least_arena();

/// The least for the loop in step S; nothing for another step.
template <class Code, std::size_t S>
constexpr std::int64_t least_arena_of_body() {
  if constexpr (Code::plan.step[S].kind == etch::detail::StepKind::loop) return least_arena<typename Code::template Body<static_cast<int>(S)>>();
  else return 0;
}

template <class Code, std::size_t... S>
constexpr std::int64_t least_arena(std::index_sequence<S...>) {
  const std::int64_t body[] = {least_arena_of_body<Code, S>()..., 0};
  std::int64_t most = 0;
  for (int s = 0; s < Code::plan.steps; ++s) {
    std::int64_t alive = body[s];
    for (const auto& buffer : Code::plan.buffer)
      if (buffer.first <= s && s <= buffer.last) alive += buffer.bytes;
    most = alive > most ? alive : most;
  }
  return most;
}
template <class Code>
constexpr std::int64_t least_arena() {
  return least_arena<Code>(std::make_index_sequence<static_cast<std::size_t>(Code::plan.steps)>{});
}

template <class Code>
void add_plan(Facts& facts) {
  etch::tools::detail::PlanTotals totals;
  totals.add(etch::tools::detail::plan_ref<Code>());
  facts.flops += static_cast<double>(totals.flops);
  const auto least = static_cast<double>(least_arena<Code>());
  facts.least_arena = least > facts.least_arena ? least : facts.least_arena;
}

/// The facts of a program or of a training step; `bytes` are those that cannot stay in a cache.
template <class P>
Facts facts_of(const P&, double bytes = 0) {
  Facts facts{.bytes = bytes, .arena = static_cast<double>(P::arena_bytes)};
  if constexpr (requires { typename P::Code; }) {
    add_plan<typename P::Code>(facts);
  } else {
    add_plan<typename P::Gradient>(facts);
    if constexpr (requires { typename P::Engine::Code; }) add_plan<typename P::Engine::Code>(facts);
  }
  return facts;
}

/// The largest error of three gradients of etch beside the same in double, which the conformance cases check.
template <class Found, class Right>
double largest_error(const Found& found, const Right& right) {
  const auto of = [](const auto& y, const auto& exact) { return largest_error(y.data(), static_cast<std::size_t>(y.numel()), [&](std::size_t i) { return exact.data()[i]; }); };
  const auto& [value, gradients] = found;
  const auto& [x, y, z] = gradients;
  const auto& [right_value, right_gradients] = right;
  const auto& [right_x, right_y, right_z] = right_gradients;
  return std::fmax(of(x, right_x), std::fmax(of(y, right_y), of(z, right_z)));
}

}  // namespace bench

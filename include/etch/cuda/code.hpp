// From a compiled plan to what launches each of its steps where kernels run.
//
// The plan is the CPU's own (run/compiled.hpp); only the table of kernels differs. On a host system, what neither Thrust nor this
// room's functions compute runs the CPU's kernel.
#pragma once

#include <etch/cpu/library.hpp>
#include <etch/cuda/library.hpp>
#include <etch/run/compiled.hpp>
#if ETCH_GPU
#include <etch/cuda/kernel.hpp>
#include <etch/cuda/product.hpp>
#endif

namespace etch {
inline namespace ETCH_ABI {
namespace device {
inline namespace ETCH_PLACE {

template <StepKind K>
struct step_on_a_gpu {
  static constexpr bool possible = K == StepKind::fused || K == StepKind::dot || K == StepKind::take || K == StepKind::scatter_add || K == StepKind::checked || K == StepKind::gather || K == StepKind::scatter || K == StepKind::max_pool || K == StepKind::max_pool_back || (is_along(K) && K != StepKind::argsort);
};

inline void run_on_cpu(Machine& machine, int s) { machine.host().run_step(s); }

/// `Base` is a Compiled<...>.
template <class Base>
struct Code {
  static constexpr const auto& plan = Base::plan;

 private:
  static constexpr int steps = plan.steps > 0 ? plan.steps : 1;
  struct Table {
    StepKernel kernel[steps];
    cpu::Kernel epilogue[steps];
    cpu::LibraryKernel library[steps];
    const cpu::LoopView* loop[steps];
  };
  template <int S, std::size_t... W>
  static constexpr StepKernel group_of(std::index_sequence<W...>) {
#if ETCH_GPU
    return {&run_block_group<plan.word[plan.step[S].code + static_cast<int>(W)]...>, Route::kernel, nullptr};
#else
    return {&run_group<plan.word[plan.step[S].code + static_cast<int>(W)]...>, Route::thrust, nullptr};
#endif
  }
  template <int S>
  static constexpr StepKernel kernel_of() {
    constexpr Step s = plan.step[S];
    using T = type_of<s.dtype>;
    if constexpr (s.kind == StepKind::fused) {
      return group_of<S>(std::make_index_sequence<static_cast<std::size_t>(s.words)>{});
    } else if constexpr (thrust_kernel<s.kind, T>().run != nullptr) {
      return thrust_kernel<s.kind, T>();
    } else {
#if ETCH_GPU
      static_assert(step_on_a_gpu<s.kind>::possible, "etch: cuda: a GPU runs fused loops, products, lookup, gather, scatter, scans and searches; what else the program needs runs on the CPU only");
      if constexpr (s.kind == StepKind::dot) return product_of<S>(std::make_index_sequence<static_cast<std::size_t>(s.words)>{});
      else return {};
#else
      return {&run_on_cpu, Route::cpu, nullptr};
#endif
    }
  }
#if ETCH_GPU
  template <int S, std::size_t... W>
  static constexpr StepKernel product_of(std::index_sequence<W...>) {
    constexpr Step s = plan.step[S];
    return {&run_product<type_of<s.dtype>, plan.word[s.code + static_cast<int>(W)]...>, Route::library, &product_workspace<type_of<s.dtype>>};
  }
#endif
  // ---- the CPU's part, on host systems ----
  template <int S, std::size_t... W>
  static constexpr cpu::Kernel epilogue_of(std::index_sequence<W...>) {
    return &cpu::detail::Fused<plan.word[plan.step[S].code + static_cast<int>(W)]...>::run;
  }
  template <int S>
  static constexpr cpu::Kernel epilogue_of() {
    if constexpr (has_gpu_kernels || plan.step[S].kind == StepKind::fused || plan.step[S].words == 0) return nullptr;
    else return epilogue_of<S>(std::make_index_sequence<static_cast<std::size_t>(plan.step[S].words)>{});
  }
  template <int S>
  static constexpr cpu::LibraryKernel library_of() {
    constexpr Step s = plan.step[S];
    if constexpr (has_gpu_kernels || s.kind == StepKind::fused || (s.kind != StepKind::checked && thrust_kernel<s.kind, type_of<s.dtype>>().run != nullptr)) return {};
    else return cpu::library_kernel<s.kind, s.dtype>();
  }
  template <int S>
  static constexpr const cpu::LoopView* loop_of() {
    if constexpr (plan.step[S].kind == StepKind::loop) return Base::table.loop[S];
    else return nullptr;
  }
  template <std::size_t... S>
  static constexpr Table make_table(std::index_sequence<S...>) {
    return Table{{kernel_of<static_cast<int>(S)>()...}, {epilogue_of<static_cast<int>(S)>()...}, {library_of<static_cast<int>(S)>()...}, {loop_of<static_cast<int>(S)>()...}};
  }
  static constexpr Table table = make_table(std::make_index_sequence<static_cast<std::size_t>(plan.steps)>{});

 public:
  static ProgramView view() {
    constexpr const auto& g = Base::graph;
    bool draws = plan.random_slot >= 0;
    for (int s = 0; s < plan.steps; ++s) draws = draws || (plan.step[s].kind == StepKind::loop && table.loop[s]->body.draws);
    return {{plan.step, plan.steps, plan.access, plan.accesses, plan.combine, plan.combines, plan.buffer, plan.symbol, plan.symbols, table.epilogue, table.library, table.loop, g.slot, g.slots, g.shape,
             plan.arena_bytes, plan.scratch_bytes, plan.random_slot, draws},
            table.kernel};
  }
};

}  // namespace ETCH_PLACE
}  // namespace device
}  // namespace ETCH_ABI
}  // namespace etch

// From a compiled plan to what launches each of its steps where kernels run.
//
// The plan is the CPU's own (run/compiled.hpp); only the table of kernels differs. On a host system, products, CTC and singular
// values run the CPU's kernels.
#pragma once

#include <etch/cpu/library.hpp>
#include <etch/cuda/library.hpp>
#include <etch/cuda/window.hpp>
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
  static constexpr bool possible = K != StepKind::ctc && K != StepKind::svd;
};

/// What both operands of a product were rounded to before they were floats, float32 where not both were.
constexpr DType rounded_operands(const etch::detail::GraphRef& g, int dot) {
  DType to[2]{};
  for (int k = 0; k < 2; ++k) {
    int n = g.node[dot].in[k];
    while (etch::detail::is_view(g.node[n].op)) n = g.node[n].in[0];
    const DType from = g.node[n].op == Op::cast ? g.node[g.node[n].in[0]].dtype : DType::float32;
    to[k] = from == DType::bfloat16 || from == DType::float16 ? from : DType::float32;
  }
  return to[0] == to[1] ? to[0] : DType::float32;
}

/// A fused group by itself.
template <std::uint64_t... W>
void run_group(Machine& machine, int s) {
  launch_group<W...>(machine, s, {});
}
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
    const LoopProgram* loop[steps];
    const cpu::LoopView* none[steps];  ///< for the CPU's machine: loops are run here
  };
  static constexpr Route here = has_gpu_kernels ? Route::kernel : Route::thrust;
#if ETCH_GPU
  static constexpr Route windows_here = has_cudnn ? Route::library : here;  // whose launches hold addresses
#else
  static constexpr Route windows_here = here;
#endif
  template <int S, std::size_t... W>
  static constexpr StepKernel with_words(std::index_sequence<W...>) {
    constexpr Step s = plan.step[S];
    using T = type_of<s.dtype>;
    if constexpr (s.kind == StepKind::fused) return {&device::run_group<plan.word[s.code + static_cast<int>(W)]...>, here, nullptr};
    else if constexpr (s.kind == StepKind::window_dot) return {&run_windows<T, plan.word[s.code + static_cast<int>(W)]...>, windows_here, &window_workspace<T>};
#if ETCH_GPU
    else return {&run_product<T, rounded_operands(ref(Base::graph), s.node), blas_epilogue(s, plan.word + s.code, plan.access), plan.word[s.code + static_cast<int>(W)]...>, Route::library, &product_workspace<T>};
#else
    else return {&run_on_cpu, Route::cpu, nullptr};
#endif
  }
  template <int S>
  static constexpr StepKernel kernel_of() {
    constexpr Step s = plan.step[S];
    using T = type_of<s.dtype>;
    if constexpr (s.kind == StepKind::fused || s.kind == StepKind::dot || s.kind == StepKind::window_dot) {
      return with_words<S>(std::make_index_sequence<static_cast<std::size_t>(s.words)>{});
    } else if constexpr (s.kind == StepKind::loop) {
      return {nullptr, Route::program, nullptr};
    } else if constexpr (step_on_a_gpu<s.kind>::possible) {
      return thrust_kernel<s.kind, T>();
    } else if constexpr (has_gpu_kernels) {
      static_assert(step_on_a_gpu<s.kind>::possible, "etch: cuda: a GPU has no kernel for ctc_loss and singular values, which run on the CPU only");
      return {};
    } else {
      return {&run_on_cpu, Route::cpu, nullptr};
    }
  }
  // ---- the CPU's part, on host systems ----
  template <int S, std::size_t... W>
  static constexpr cpu::Kernel epilogue_of(std::index_sequence<W...>) {
    return cpu::detail::Fused<plan.word[plan.step[S].code + static_cast<int>(W)]...>::template kernel<>;
  }
  template <int S>
  static constexpr cpu::Kernel epilogue_of() {
    if constexpr (has_gpu_kernels || plan.step[S].kind != StepKind::dot || plan.step[S].words == 0) return nullptr;
    else return epilogue_of<S>(std::make_index_sequence<static_cast<std::size_t>(plan.step[S].words)>{});
  }
  template <bool Alone, int S>
  static constexpr cpu::LibraryKernel library_of() {
    constexpr Step s = plan.step[S];
    if constexpr (has_gpu_kernels) return {};
    else if constexpr (!Alone || kernel_of<S>().route != Route::cpu) return {};
    else return cpu::library_kernel<s.kind, s.dtype, cpu::asks_for_indices(s)>();
  }
  template <int S>
  static constexpr LoopProgram loop_program = [] {
    LoopProgram r{Code<typename Base::template Body<S>>::steps_view(), Base::template loop_shape<S>};
    r.shape.body.draws = r.body.plan.draws;  // a seed for each iteration
    return r;
  }();
  template <int S>
  static constexpr const LoopProgram* loop_of() {
    if constexpr (plan.step[S].kind == StepKind::loop) return &loop_program<S>;
    else return nullptr;
  }
  /// `Alone`: of steps that are launched one by one; a small program's kernel has them all.
  template <bool Alone, std::size_t... S>
  static constexpr Table make_table(std::index_sequence<S...>) {
    if constexpr (Alone) return Table{{kernel_of<static_cast<int>(S)>()...}, {epilogue_of<static_cast<int>(S)>()...}, {library_of<true, static_cast<int>(S)>()...}, {loop_of<static_cast<int>(S)>()...}, {}};
    else return Table{{}, {}, {library_of<false, static_cast<int>(S)>()...}, {}, {}};
  }
  template <bool Alone>
  static constexpr Table table = make_table<Alone>(std::make_index_sequence<static_cast<std::size_t>(plan.steps)>{});

  // ---- as one kernel ----
  struct Shapes {
    GroupShape of[steps];
  };
  template <int S, std::size_t... W>
  static constexpr GroupShape shape_of(std::index_sequence<W...>) {
    if constexpr (sizeof...(W) == 0) return {};
    else return shape_of_group<Group<plan.word[plan.step[S].code + static_cast<int>(W)]...>>();
  }
  template <std::size_t... S>
  static constexpr Shapes shapes_of(std::index_sequence<S...>) {
    return {{shape_of<static_cast<int>(S)>(std::make_index_sequence<static_cast<std::size_t>(plan.step[S].words)>{})...}};
  }
  static constexpr auto groups = list_groups(plan);
  static constexpr Shapes shapes = shapes_of(std::make_index_sequence<static_cast<std::size_t>(plan.steps)>{});

  template <bool Alone>
  static constexpr ProgramView view_of() {
    constexpr const auto& g = Base::graph;
    bool draws = plan.random_slot >= 0;
    for (int s = 0; s < plan.steps; ++s) draws = draws || (plan.step[s].kind == StepKind::loop && table<Alone>.loop[s]->body.plan.draws);
    return {{plan.step, plan.steps, plan.access, plan.accesses, plan.combine, plan.combines, plan.buffer, plan.symbol, plan.symbols, table<Alone>.epilogue, table<Alone>.library, table<Alone>.none, Base::accumulators.of, g.slot, g.slots, g.shape,
             plan.arena_bytes, plan.scratch_bytes, plan.random_slot, draws, cpu::Machine::parts(draws, plan.symbols > 0, false, plan.combines > 0, false)},
            table<Alone>.kernel, table<Alone>.loop, {}};
  }

 public:
  /// The program step by step.
  static constexpr ProgramView steps_view() { return view_of<true>(); }
  /// A small program as part P of a kernel with those of `All`.
  template <int P, class... All>
  static constexpr ProgramView part_view() {
    ProgramView r = view_of<false>();
    constexpr int before[] = {0, list_groups(All::plan).count...};
    r.small = {SmallKernel<All...>::launch, groups.group, shapes.of, before[P], std::max({blocks_of(All::plan)...})};
    return r;
  }
  /// The program, as one kernel where it is small and has more than one step.
  static constexpr ProgramView view() {
    if constexpr (is_small(plan, Base::graph.slots, 2)) return part_view<0, Base>();
    else return steps_view();
  }
};

}  // namespace ETCH_PLACE
}  // namespace device
}  // namespace ETCH_ABI
}  // namespace etch

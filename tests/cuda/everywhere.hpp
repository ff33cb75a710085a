// All tests of the CPU through Thrust: included before every file of the configuration `thrust`, it gives programs on the CPU's tensors the
// device's machine in place of the CPU's. What ran where is said, by kind of step, when a test program ends.
#pragma once

#define ETCH_TESTS_THROUGH_THRUST 1
#include <etch/cuda/code.hpp>

#define OnCpu OnCpuAlone  // the place as it is, under another name
#include <etch/run/place.hpp>
#undef OnCpu

#include <cstdio>

namespace etch {
inline namespace ETCH_ABI {
namespace detail {

struct OnCpu : OnCpuAlone {
  using Machine = device::Machine;
  using View = device::ProgramView;
  template <class Code>
  static constexpr View view() {
    return device::Code<Code>::view();
  }
  template <class Code>
  static constexpr cpu::PlanView plan() {
    return view<Code>().plan;
  }
  template <class Gradient, class Engine>
  static constexpr View gradient_view() {
    return view<Gradient>();
  }
  template <class Gradient, class Engine>
  static void join(Machine&, Engine&) {}
  static const cpu::Machine& sizes(Machine& machine) { return machine.host(); }
  static void settle(Machine& machine) { machine.settle(); }
};
template <>
struct PlaceOf<0> {
  using type = OnCpu;
};
template <>
struct PlaceOf<on_cpu> {
  using type = OnCpu;
};

/// At the end of a program: the steps that its main thread ran through Thrust, as one launch, and by kernels of the CPU.
struct StepsSaid {
  ~StepsSaid() {
    using device::Route;
    constexpr struct {
      Route route;
      const char* name;
    } routes[] = {{Route::kernel, "by kernels of the simulated GPU"}, {Route::library, "by libraries of it"}, {Route::thrust, "through Thrust"}, {Route::block, "in small programs"}, {Route::cpu, "by kernels of the CPU"}};
    for (const auto& r : routes) {
      if (device::tally().of(r.route) == 0) continue;
      std::printf("steps %s:", r.name);
      for (int k = 0; k < device::step_kinds; ++k)
        if (const auto n = device::tally().of(r.route, static_cast<StepKind>(k)); n > 0) std::printf(" %s %ld", name_of(static_cast<StepKind>(k)), static_cast<long>(n));
      std::printf("\n");
    }
  }
};
inline const StepsSaid steps_said;

}  // namespace detail
}  // namespace ETCH_ABI
}  // namespace etch

// Where programs run: the machine, the memory and the tensors of a device. <etch/cuda.hpp> brings the other place.
#pragma once

#include <etch/model/make.hpp>
#include <etch/run/compiled.hpp>

namespace etch {
inline namespace ETCH_ABI {
namespace detail {

struct OnCpu {
  static constexpr int place = on_cpu;
  using Device = Cpu;
  using Machine = cpu::Machine;
  using Memory = Storage;
  /// A program as its machine takes it, and the part that says what its inputs are.
  template <class Code>
  static constexpr cpu::PlanView view() {
    return Code::view();
  }
  template <class Code>
  static constexpr cpu::PlanView plan() {
    return Code::view();
  }
  static const cpu::Machine& sizes(const Machine& machine) { return machine; }
  static Memory allocate(std::size_t bytes, const char*) { return Storage(bytes); }
  static void copy(void* to, const void* from, std::size_t bytes) { std::memmove(to, from, bytes); }
  static void read(void* here, const void* from, std::size_t bytes) { std::memcpy(here, from, bytes); }
  /// Throws what is wrong with a run that may not be over.
  static void settle(Machine&) {}
  /// What an optimizer's engine looks at when it is made.
  template <class M>
  static const M& parameters(const Model<M>& model) {
    return *model;
  }
  /// What results on the CPU are here.
  template <class R>
  using result = R;
  /// What inputs are for the tracer: one program on all devices.
  template <class In>
  using traced = In;
};

template <int Places>
struct PlaceOf {
  using type = OnCpu;
};
/// The place of an expression.
template <class E>
using expression_place = typename PlaceOf<places<E>()>::type;
/// The place of tensors.
template <class... X>
using inputs_place = typename PlaceOf<(0 | ... | places<decltype(std::declval<const X&>().leaf())>())>::type;

/// One machine for each kind of expression and thread: made on first use, kept, never shared.
template <class Spec, class Place = OnCpu>
typename Place::Machine& machine_of() {
  thread_local typename Place::Machine machine(Place::template view<Compiled<Spec>>());
  return machine;
}

}  // namespace detail
}  // namespace ETCH_ABI
}  // namespace etch

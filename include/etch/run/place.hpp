// Where programs run: the machine, the memory and the tensors of a device. <etch/cuda.hpp> brings the other place.
#pragma once

#include <etch/model/make.hpp>
#include <etch/run/compiled.hpp>

namespace etch {
inline namespace ETCH_ABI {
namespace detail {

/// Elements some steps apart along each axis, from element `first` of a block.
struct Strided {
  int rank = 0;
  std::int64_t first = 0, size[max_rank]{}, stride[max_rank]{};
};

struct OnCpu {
  static constexpr int place = on_cpu;
  using Device = Cpu;
  using Machine = cpu::Machine;
  using Memory = Storage;
  using View = cpu::PlanView;
  /// A program as its machine takes it, and the part that says what its inputs are.
  template <class Code>
  static constexpr View view() {
    return Code::view();
  }
  template <class Code>
  static constexpr cpu::PlanView plan() {
    return Code::view();
  }
  /// The program of a gradient that an engine uses, and how both become one launch, where they may.
  template <class Gradient, class Engine>
  static constexpr View gradient_view() {
    return Gradient::view();
  }
  template <class Gradient, class Engine>
  static void join(Machine&, Engine&) {}
  /// This thread's X for the device in use: made on first use, kept, never shared.
  template <class X>
  static X& own() {
    thread_local X x;
    return x;
  }
  static const cpu::Machine& sizes(const Machine& machine) { return machine; }
  static Memory allocate(std::size_t bytes, const char*) { return Storage(bytes); }
  static void copy(void* to, const void* from, std::size_t bytes) { std::memmove(to, from, bytes); }
  static void read(void* here, const void* from, std::size_t bytes) { std::memcpy(here, from, bytes); }
  static void write(void* to, const void* here, std::size_t bytes) { std::memcpy(to, here, bytes); }
  static void zero(void* p, std::size_t bytes) { std::memset(p, 0, bytes); }
  /// Stores dense elements of `bytes` each where `to` says.
  static void store(const Strided& to, void* base, const void* dense, std::size_t bytes) {
    std::int64_t at[max_rank]{}, count = 1, place = to.first;
    const char* from = static_cast<const char*>(dense);
    for (int k = 0; k < to.rank; ++k) count *= to.size[k];
    for (std::int64_t i = 0; i < count; ++i, from += bytes) {
      std::memcpy(static_cast<char*>(base) + place * static_cast<std::int64_t>(bytes), from, bytes);
      for (int k = to.rank - 1; k >= 0; --k) {
        place += to.stride[k];
        if (++at[k] < to.size[k]) break;
        place -= to.stride[k] * to.size[k];
        at[k] = 0;
      }
    }
  }
  /// sum[i] += more[i], of n numbers.
  template <class Count>
  static void add(DType d, void* sum, const void* more, Count n) {
    cpu::detail::with_type(d, [&]<class T>(T*) { cpu::detail::add_part<Op::sum, T>(sum, more, n); });
  }
  /// Whether one machine may take turns with the memory it runs on; launches that hold addresses want one each.
  static constexpr bool machines_take_turns = true;
  /// Throws what is wrong with a run that may not be over.
  static void settle(Machine&) {}
  /// A number that a run has written, to be read later.
  template <class T>
  class Later {
   public:
    Later(const void* from, const char*) { std::memcpy(&value_, from, sizeof value_); }
    bool ready() const { return true; }
    T get() const { return value_; }

   private:
    T value_;
  };
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

/// One machine for each kind of expression, thread and device.
template <class Spec, class Place>
struct MachineOf {
  typename Place::Machine machine{Place::template view<Compiled<Spec>>()};
};
template <class Spec, class Place = OnCpu>
typename Place::Machine& machine_of() {
  return Place::template own<MachineOf<Spec, Place>>().machine;
}

}  // namespace detail
}  // namespace ETCH_ABI
}  // namespace etch

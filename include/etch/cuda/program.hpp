// What <etch/cuda.hpp> adds to run/: a place where programs run, so that assigned expressions, compiled functions and models and
// training steps are the CPU's own classes there. The plan is the CPU's too.
#pragma once

#include <etch/cuda/code.hpp>
#include <etch/cuda/tensor.hpp>
#include <etch/cuda/write.hpp>
#include <etch/run/train_step.hpp>
#include <etch/run/write.hpp>

namespace etch {
inline namespace ETCH_ABI {
namespace detail {

struct OnGpu {
  static constexpr int place = on_gpu;
  using Device = Gpu;
  using Machine = device::Machine;
  using Memory = device::Block;
  using View = device::ProgramView;
  template <class Code>
  static constexpr View view() {
    return device::Code<Code>::view();
  }
  template <class Code>
  static constexpr cpu::PlanView plan() {
    return view<Code>().plan;
  }
  template <class X>
  static X& own() {
    thread_local std::unique_ptr<X> each[device::max_devices];
    std::unique_ptr<X>& x = each[device::current_device()];
    if (x == nullptr) x.reset(new X);
    return *x;
  }
  static const cpu::Machine& sizes(Machine& machine) { return machine.host(); }
  static Memory allocate(std::size_t bytes, const char* what) { return Memory(bytes, what); }
  static void copy(void* to, const void* from, std::size_t bytes) { device::copy_across(to, from, bytes); }
  static void read(void* here, const void* from, std::size_t bytes) { device::read(here, from, bytes); }
  static void write(void* to, const void* here, std::size_t bytes) { device::copy_in(to, here, bytes); }
  static void zero(void* p, std::size_t bytes) { device::zero(p, bytes); }
  static void store(const Strided& to, void* base, const void* dense, std::size_t bytes) { device::store(to, base, dense, bytes); }
  static void add(DType d, void* sum, const void* more, std::int64_t n) { device::for_each(n, device::AddElement{d, sum, more}); }
  template <class T>
  using Later = device::Later<T>;
  static constexpr bool machines_take_turns = !device::has_gpu_kernels;
  static void settle(Machine& machine) { machine.settle(); }
  /// Whether a gradient and its update are one launch.
  template <class Gradient, class Engine>
  static constexpr bool joins() {
    if constexpr (requires { requires Engine::is_one_run; }) {
      using Update = typename Engine::Code;
      return device::is_small(Gradient::plan, Gradient::graph.slots, 1) && device::is_small(Update::plan, Update::graph.slots, 1) && Gradient::plan.words + Update::plan.words <= device::small_words;
    } else {
      return false;
    }
  }
  template <class Gradient, class Engine>
  static constexpr View gradient_view() {
    if constexpr (joins<Gradient, Engine>()) return device::Code<Gradient>::template part_view<0, Gradient, typename Engine::Code>();
    else return view<Gradient>();
  }
  template <class Gradient, class Engine>
  static void join(Machine& gradient, Engine& engine) {
    if constexpr (joins<Gradient, Engine>()) engine.machine().join(gradient, device::Code<typename Engine::Code>::template part_view<1, Gradient, typename Engine::Code>().small);
  }
  template <class M>
  static const Model<M, Gpu>& parameters(const Model<M, Gpu>& model) {
    return model;
  }
  template <class R>
  using result = typename on_gpu_of<R>::type;
  template <class In>
  using traced = typename In::host;
};
template <>
struct PlaceOf<on_gpu> {
  using type = OnGpu;
};

}  // namespace detail

template <class T, auto... D>
template <Operand E>
GpuTensor<T, D...>& GpuTensor<T, D...>::operator=(const E& e) {
  detail::assign_to<detail::OnGpu>(*this, e);
  return *this;
}

}  // namespace ETCH_ABI
}  // namespace etch

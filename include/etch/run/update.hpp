// The optimizer's part of a step: one pointwise pass over the block of parameters.
//
//   parameters, states = optimizer(parameters, gradients, states, scalars)
//
// An optimizer whose update is no such pass says `template <class M, class Place> using engine`, a class like BlockUpdate.
#pragma once

#include <etch/run/program.hpp>

namespace etch {
inline namespace ETCH_ABI {
namespace detail {

/// The one dtype of a model's parameters.
template <class M>
constexpr DType parameter_dtype() {
  for (int i = 0; i < layout<M>.tensors; ++i)
    if (layout<M>.tensor[i].role == Role::parameter) return layout<M>.tensor[i].dtype;
  return DType::float32;
}
template <class M>
constexpr bool one_dtype() {
  for (int i = 0; i < layout<M>.tensors; ++i)
    if (layout<M>.tensor[i].dtype != parameter_dtype<M>() && layout<M>.tensor[i].role == Role::parameter) return false;
  return true;
}
/// Bytes of a model's buffers, which the optimizer must not touch.
template <class M>
constexpr std::size_t buffer_bytes() {
  std::size_t n = 0;
  for (int i = 0; i < layout<M>.tensors; ++i)
    if (layout<M>.tensor[i].role == Role::buffer) n += static_cast<std::size_t>(layout<M>.tensor[i].count) * size_of(layout<M>.tensor[i].dtype);
  return n;
}
/// Copies every buffer of a block to `beside`, or back.
template <class M, class Place = OnCpu>
void copy_buffers(char* block, char* beside, bool back) {
  for (int i = 0; i < layout<M>.tensors; ++i) {
    const TensorInfo& t = layout<M>.tensor[i];
    if (t.role != Role::buffer) continue;
    const std::size_t bytes = static_cast<std::size_t>(t.count) * size_of(t.dtype);
    if (back) Place::copy(block + t.offset, beside, bytes);
    else Place::copy(beside, block + t.offset, bytes);
    beside += bytes;
  }
}

/// Whether a state means anything with these options; all do where the optimizer does not say.
template <class Optimizer>
bool keeps_state(const Optimizer& optimizer, int i) {
  if constexpr (requires { optimizer.keeps(i); }) return optimizer.keeps(i);
  else return true;
}

/// The optimizer over D... elements: slots p, g, states.., scalars..; outputs p, states.. in place.
template <class Optimizer, class T, auto... D>
struct UpdateSpec {
  static constexpr int states = Optimizer::states, scalars = Optimizer::scalars;
  static constexpr int capacity = 256;
  static constexpr void trace(Builder& b) {
    using Flat = Tracer<T, D...>;
    const Shape flat = b.shape_of(dims_of<D...>());
    auto block = [&] { return Flat{&b, b.input(b.add_slot(SlotKind::tensor, dtype_of<T>, flat), 0, dtype_of<T>, flat)}; };
    Flat p = block(), g = block();
    Flat state[states > 0 ? states : 1]{};
    for (int i = 0; i < states; ++i) state[i] = block();
    Tracer<T> scalar[scalars > 0 ? scalars : 1]{};
    for (int i = 0; i < scalars; ++i) scalar[i] = Tracer<T>{&b, b.input(b.add_slot(SlotKind::scalar, dtype_of<T>, Shape{}), 0, dtype_of<T>, Shape{})};
    Optimizer::update(p, g, state, scalar);
    b.output(p.id, 0);
    for (int i = 0; i < states; ++i) b.output(state[i].id, 1 + i);
  }
};

/// An optimizer's program with its machine, run on any memory of the shape D...
template <class Place, class Optimizer, class T, auto... D>
class UpdateProgramAt {
  static constexpr int states = Optimizer::states, scalars = Optimizer::scalars;

 public:
  using Code = Compiled<UpdateSpec<Optimizer, T, D...>>;
  UpdateProgramAt() : machine_(Place::template view<Code>()) {}
  /// `sizes` are the actual ones where a dim is bounded; `prepared` are the optimizer's numbers of this step.
  void run(void* p, void* g, void* const* state, const double* prepared, const int* sizes = nullptr) {
    T scalar[scalars > 0 ? scalars : 1]{};
    for (int i = 0; i < scalars; ++i) scalar[i] = static_cast<T>(prepared[i]);
    Bindings in;
    in.bind(p, sizes);
    in.bind(g, sizes);
    for (int i = 0; i < states; ++i) in.bind(state[i], sizes);
    for (int i = 0; i < scalars; ++i) in.bind(&scalar[i]);
    void* out[1 + (states > 0 ? states : 1)] = {p};
    for (int i = 0; i < states; ++i) out[1 + i] = state[i];
    machine_.run(in, out);
  }

  typename Place::Machine& machine() { return machine_; }

 private:
  typename Place::Machine machine_;
};
template <class Optimizer, class T, auto... D>
using UpdateProgram = UpdateProgramAt<OnCpu, Optimizer, T, D...>;

/// As many elements as a range of a block has.
template <int N>
struct RangeSize : dyn<N> {};

/// The update of a whole block by one program; every state is another block of the model's layout. The pass goes over the buffers too, and they
/// are put back; where they are much of the model (what is frozen counts as such) it goes from range to range of parameters, if it is pointwise.
template <class M, class Optimizer, class Place = OnCpu>
class BlockUpdate {
  using T = type_of<parameter_dtype<M>()>;
  static constexpr int states = Optimizer::states, scalars = Optimizer::scalars;
  static constexpr bool ranges = 4 * buffer_bytes<M>() > sizeof(M) && requires { Optimizer::state_names; } && !requires { Optimizer::max_norm; };
  static constexpr std::size_t buffers = ranges ? 0 : buffer_bytes<M>();
  static constexpr int elements = static_cast<int>(sizeof(M) / sizeof(T));
  using Program = std::conditional_t<ranges, UpdateProgramAt<Place, Optimizer, T, RangeSize<elements>{}>, UpdateProgramAt<Place, Optimizer, T, elements>>;

 public:
  using Code = typename Program::Code;
  static constexpr std::int64_t arena_bytes = Code::arena_bytes;
  /// Whether an update is one run of one machine, and nothing else.
  static constexpr bool is_one_run = !ranges && buffers == 0;
  typename Place::Machine& machine() { return program_.machine(); }

  template <class Parameters>
  BlockUpdate(const Optimizer&, const Parameters&) {
    for (int i = 0; i < states; ++i) state_[i] = Place::allocate(sizeof(M), "the state of an optimizer");
    if constexpr (buffers > 0) beside_ = Place::allocate(buffers, "the buffers of a model");
  }
  /// Step 1, 2, ... with a gradient.
  void operator()(Optimizer& optimizer, std::int64_t step, void* block, void* gradient) {
    double prepared[scalars > 0 ? scalars : 1]{};
    optimizer.prepare(step, prepared);
    void* state[states > 0 ? states : 1]{};
    for (int i = 0; i < states; ++i) state[i] = state_[i].data();
    if constexpr (buffers > 0) copy_buffers<M, Place>(static_cast<char*>(block), static_cast<char*>(static_cast<void*>(beside_.data())), false);
    if constexpr (ranges) each_range([&](std::size_t begin, std::size_t end) {
        void* part[states > 0 ? states : 1]{};
        for (int i = 0; i < states; ++i) part[i] = static_cast<char*>(state[i]) + begin;
        const int size = static_cast<int>((end - begin) / sizeof(T));
        program_.run(static_cast<char*>(block) + begin, static_cast<char*>(gradient) + begin, part, prepared, &size);
      });
    else program_.run(block, gradient, state, prepared);
    if constexpr (buffers > 0) copy_buffers<M, Place>(static_cast<char*>(block), static_cast<char*>(static_cast<void*>(beside_.data())), true);
  }
  void* state(int i) { return state_[i].data(); }
  const typename Place::Memory& memory(int i) const { return state_[i]; }
  /// f(tensor of the layout, name of the state, rank, sizes, memory), for every state of every parameter.
  template <class F>
  void each_state(const Optimizer& optimizer, F f) {
    for (int t = 0; t < layout<M>.tensors; ++t) {
      const TensorInfo& info = layout<M>.tensor[t];
      if (info.role != Role::parameter) continue;
      for (int i = 0; i < states; ++i)
        if (keeps_state(optimizer, i)) f(t, Optimizer::state_names[i], info.rank, info.size, static_cast<char*>(state_[i].data()) + info.offset);
    }
  }
  /// f(tensor of the layout, its options).
  template <class F>
  static void each_options(Optimizer& optimizer, F f) {
    for (int t = 0; t < layout<M>.tensors; ++t)
      if (layout<M>.tensor[t].role == Role::parameter) f(t, optimizer);
  }

 private:
  /// f(first byte, byte behind the last), for parameters that lie one after another.
  template <class F>
  static void each_range(F f) {
    for (int i = 0; i < layout<M>.tensors; ++i) {
      if (layout<M>.tensor[i].role != Role::parameter) continue;
      const std::size_t begin = layout<M>.tensor[i].offset;
      while (i + 1 < layout<M>.tensors && layout<M>.tensor[i + 1].role == Role::parameter) ++i;
      f(begin, layout<M>.tensor[i].offset + aligned(static_cast<std::size_t>(layout<M>.tensor[i].count) * sizeof(T)));
    }
  }

  Program program_;
  typename Place::Memory beside_;  // buffers while the optimizer runs
  typename Place::Memory state_[states > 0 ? states : 1];
};

template <class M, class Optimizer, class Place = OnCpu>
struct EngineOf {
  using type = BlockUpdate<M, Optimizer, Place>;
};
template <class M, class Optimizer, class Place>
  requires requires { typename Optimizer::template engine<M, Place>; }
struct EngineOf<M, Optimizer, Place> {
  using type = typename Optimizer::template engine<M, Place>;
};

}  // namespace detail
}  // namespace ETCH_ABI
}  // namespace etch

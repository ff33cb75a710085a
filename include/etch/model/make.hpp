// A model in memory: one zeroed block of its parameters, owned by a shared handle, initialised by its modules.
#pragma once

#include <etch/core/rng.hpp>
#include <etch/model/module.hpp>

#include <type_traits>

namespace etch {
inline namespace ETCH_ABI {

/// The CPU, as a place in types: `Model<Mlp, Cpu>`.
struct Cpu {
  using is_device = void;
  template <class X>
  X copy(const X& x) const {
    return x;
  }
};

namespace detail {

/// The tracer of a model: which slot its block is bound to.
template <class M>
struct ModelTracer {
  Builder* builder = nullptr;
  int slot = -1;
};

/// A model's place in an expression.
template <class M>
struct ModelLeaf {
  using tracer = ModelTracer<M>;
  static constexpr int nodes = 0;
  Storage storage;
  static constexpr tracer trace(Builder& b) { return {&b, b.add_slot(SlotKind::block, DType::float32, Shape{})}; }
  void bind(Bindings& to) const { to.bind(storage.data()); }
};

/// Nodes enough for any program over M: what a parameter brings with its gradient, and a margin.
template <class M>
constexpr int capacity_for() {
#ifdef ETCH_MAX_NODES
  return ETCH_MAX_NODES;
#else
  return 1024 + 26 * layout<M>.tensors;
#endif
}

/// Calls a model: one node of an expression, however deep the model.
template <class M>
struct call_model_fn {
  static constexpr int extra_nodes = capacity_for<M>();
  template <class... X>
  constexpr auto operator()(ModelTracer<M> m, X... x) const {
    BoundModule<M> bound;
    bind_parameters<M>(*m.builder, m.slot, bound);
    const auto y = call_prototype<M>(x...);
    m.builder->bind(nullptr);
    return y;
  }
};

/// Runs every module's `reset_parameters`, innermost first.
template <class M>
ETCH_NOINLINE void reset_members(M& m, Generator& g) {
  if constexpr (!is_module_tensor<M>) {
    auto visit = [&](auto& member) { reset_members(member, g); };
    m.etch_members(visit);
    if constexpr (requires { m.reset_parameters(g); }) m.reset_parameters(g);
  }
}

}  // namespace detail

/// A shared handle of a model's block on a device. Copying the handle shares the parameters; `clone` copies them.
template <class M, class Device = Cpu>
class Model {
 public:
  using module_type = M;
  static constexpr std::size_t bytes = sizeof(M);

  M* operator->() const { return static_cast<M*>(storage_.data()); }
  M& operator*() const { return *static_cast<M*>(storage_.data()); }
  void* data() const { return storage_.data(); }

  /// The model applied to tensors, in eval mode: one lazy node.
  template <Operand... X>
  auto operator()(const X&... x) const {
    return apply<detail::call_model_fn<M>>(*this, x...);
  }
  detail::ModelLeaf<M> leaf() const { return {storage_}; }
  /// A model on another device with a copy of every parameter: `model.to(gpu)`, of <etch/cuda.hpp>.
  template <class To>
    requires requires { typename To::is_device; }
  auto to(const To& device) const {
    return device.copy(*this);
  }
  /// A model with its own copy of every parameter.
  Model clone() const {
    Model other{Storage(sizeof(M))};
    std::memcpy(other.storage_.data(), storage_.data(), sizeof(M));
    return other;
  }

  explicit Model(Storage block) : storage_(static_cast<Storage&&>(block)) {}

 private:
  Storage storage_;
};

namespace detail {
/// Whether the members that ETCH_MODULE lists are there: what the compiler has refused is no constant.
template <class M>
constexpr bool lists_members = !Module<M> || requires { typename std::integral_constant<int, count_tensors<M>().parameters>; };
}  // namespace detail

/// A model on the heap, zeroed, then initialised by its modules' `reset_parameters`.
template <class M>
auto make(Generator generator = Generator{0}) {
  [[maybe_unused]] constexpr std::size_t bytes = sizeof(M);  // first, so that clang says what is wrong within M where M is asked for
  static_assert(detail::Module<M>, "etch: make: the model must be a struct with ETCH_MODULE");
  constexpr bool listed = detail::lists_members<M>;
  static_assert(listed, "etch: make: a member that ETCH_MODULE lists is not there, as the first error says");
  if constexpr (listed) {
    static_assert(std::is_trivially_copyable_v<M> && std::is_aggregate_v<M>,  // members may lie in bases, as Sequential's
                  "etch: make: a model must hold only parameters and modules: trivially copyable, no references, no virtual functions");
    static_assert(detail::lists_every_member<M>(), "etch: make: ETCH_MODULE must list every member, in order");
    Model<M> model{Storage(bytes)};
    detail::reset_members(*model, generator);
    return model;
  } else {
    return Poison{};
  }
}

}  // namespace ETCH_ABI
}  // namespace etch

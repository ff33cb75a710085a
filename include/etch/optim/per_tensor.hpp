// Optimizers whose update needs a parameter's shape: one program for each shape, run on every parameter that has it.
//
//   struct O { template <class P> struct State { P a; each(f) { f("a", a); } };  update(P& p, P g, State<P>& state, s) ... };
//
// Twelve equal layers cost the compiler one.
#pragma once

#include <etch/run/update.hpp>

namespace etch {
inline namespace ETCH_ABI {
namespace optim {
namespace detail {

/// The optimizer over one parameter: slots p, g, states.., scalars..; outputs p, states.. in place.
template <class Optimizer, class P>
struct TensorSpec {
  using T = typename P::value_type;
  static constexpr int capacity = 1024;
  static constexpr void trace(etch::detail::Builder& b) {
    auto read = [&](auto& x) {
      using X = std::remove_cvref_t<decltype(x)>;
      const auto shape = b.shape_of(X::dims());
      x = X{&b, b.input(b.add_slot(etch::detail::SlotKind::tensor, dtype_of<T>, shape), 0, dtype_of<T>, shape)};
    };
    P p, g;
    read(p), read(g);
    typename Optimizer::template State<P> state;
    state.each([&](const char*, auto& x) { read(x); });
    Tracer<T> scalar[Optimizer::scalars]{};
    for (int i = 0; i < Optimizer::scalars; ++i) scalar[i] = Tracer<T>{&b, b.input(b.add_slot(etch::detail::SlotKind::scalar, dtype_of<T>, etch::detail::Shape{}), 0, dtype_of<T>, etch::detail::Shape{})};
    Optimizer::update(p, g, state, scalar);
    b.output(p.id, 0);
    int slot = 1;
    state.each([&](const char*, auto& x) { b.output(x.id, slot++); });
  }
};

inline constexpr int max_tensor_states = 2;

/// One state of a parameter.
struct TensorState {
  const char* name = nullptr;
  int rank = 0, count = 0;
  int size[max_rank]{};
};
/// What is done with a parameter: its program and its states.
template <class View>
struct TensorPlan {
  View (*view)() = nullptr;
  std::int64_t arena_bytes = 0;
  int states = 0, first = 0;  // the first parameter of the same program
  TensorState state[max_tensor_states]{};
};
template <class View, int N>
struct TensorPlans {
  TensorPlan<View> of[N > 0 ? N : 1]{};
};

template <class M, class Optimizer, class Place = etch::detail::OnCpu>
class TensorPlanner {
  using T = type_of<etch::detail::parameter_dtype<M>()>;
  template <int I>
  struct Sizes {
    static constexpr Dims make() {
      Dims d;
      for (int k = 0; k < layout<M>.tensor[I].rank; ++k) d.push(static_dim(layout<M>.tensor[I].size[k]));
      return d;
    }
    static constexpr Dims value = make();
  };
  template <int I>
  using P = from_dims<Tracer, T, Sizes<I>>;

  using View = typename Place::View;

  template <int I>
  static constexpr TensorPlan<View> plan() {
    TensorPlan<View> r;
    if constexpr (layout<M>.tensor[I].role == Role::parameter && Optimizer::accepts(layout<M>.tensor[I].rank)) {
      using Code = Compiled<TensorSpec<Optimizer, P<I>>>;
      r.view = &Place::template view<Code>;
      r.arena_bytes = Code::arena_bytes;
      typename Optimizer::template State<P<I>> state;
      state.each([&](const char* name, auto& x) {
        using X = std::remove_cvref_t<decltype(x)>;
        TensorState& s = r.state[r.states++];
        s.name = name;
        s.rank = X::rank;
        s.count = static_cast<int>(capacity(X::dims()));
        for (int i = 0; i < X::rank; ++i) s.size[i] = X::dims()[i].size;
      });
      r.first = I;
      for (int i = 0; i < I; ++i)
        if (same_shape(layout<M>.tensor[i], layout<M>.tensor[I]) && r.first == I) r.first = i;
    }
    return r;
  }
  static constexpr bool same_shape(const TensorInfo& a, const TensorInfo& b) {
    if (a.rank != b.rank || a.role != b.role) return false;
    for (int i = 0; i < a.rank; ++i)
      if (a.size[i] != b.size[i]) return false;
    return true;
  }
  template <std::size_t... I>
  static constexpr auto all(std::index_sequence<I...>) {
    return TensorPlans<View, layout<M>.tensors>{{plan<static_cast<int>(I)>()...}};
  }

 public:
  static constexpr auto plans = all(std::make_index_sequence<static_cast<std::size_t>(layout<M>.tensors)>{});
  static constexpr std::int64_t arena_bytes() {
    std::int64_t n = 0;
    for (int i = 0; i < layout<M>.tensors; ++i)
      if (plans.of[i].first == i) n += plans.of[i].arena_bytes;
    return n;
  }
};

/// Runs such an optimizer on some of a model's parameters, those that are `mine`.
template <class M, class Optimizer, class Place = etch::detail::OnCpu>
class TensorPart {
  using T = type_of<etch::detail::parameter_dtype<M>()>;
  static constexpr int tensors = layout<M>.tensors;
  static constexpr const auto& plans = TensorPlanner<M, Optimizer, Place>::plans;

 public:
  static constexpr std::int64_t arena_bytes = TensorPlanner<M, Optimizer, Place>::arena_bytes();
  TensorPart() = default;
  TensorPart(const TensorPart&) = delete;
  TensorPart& operator=(const TensorPart&) = delete;
  ~TensorPart() {
    for (Machine* m : machine_) delete m;
  }

  void own(const bool* mine) {
    std::size_t bytes = 0;
    for (int i = 0; i < tensors; ++i) {
      mine_[i] = mine[i] && layout<M>.tensor[i].role == Role::parameter;
      if (!mine_[i]) continue;
      const auto& p = plans.of[i];
      if (p.view == nullptr) {  // Muon's
        const TensorInfo& t = layout<M>.tensor[i];
        fail("optim::Muon", "parameters must be matrices; give the others to another optimizer with param_groups", Message{} << "got " << Message{}.shape(t.size, t.rank).c_str());
      }
      if (machine_[runs(i)] == nullptr) machine_[runs(i)] = new Machine(p.view());
      for (int k = 0; k < p.states; ++k) {
        offset_[i][k] = bytes;
        bytes += aligned(static_cast<std::size_t>(p.state[k].count) * sizeof(T));
      }
    }
    if (bytes > 0) state_ = Place::allocate(bytes, "the state of an optimizer");
  }
  void operator()(Optimizer& optimizer, std::int64_t step, void* block, void* gradient) {
    double prepared[Optimizer::scalars]{};
    optimizer.prepare(step, prepared);
    T scalar[Optimizer::scalars]{};
    for (int i = 0; i < Optimizer::scalars; ++i) scalar[i] = static_cast<T>(prepared[i]);
    for (int i = 0; i < tensors; ++i) {
      if (!mine_[i]) continue;
      const auto& p = plans.of[i];
      Bindings in;
      void* out[1 + max_tensor_states] = {static_cast<char*>(block) + layout<M>.tensor[i].offset};
      in.bind(out[0]);
      in.bind(static_cast<char*>(gradient) + layout<M>.tensor[i].offset);
      for (int k = 0; k < p.states; ++k) in.bind(out[1 + k] = state(i, k));
      for (const T& s : scalar) in.bind(&s);
      machine_[runs(i)]->run(in, out);
    }
  }
  /// f(tensor of the layout, name of the state, rank, sizes, memory).
  template <class F>
  void each_state(const Optimizer&, F f) {
    for (int i = 0; i < tensors; ++i)
      if (mine_[i])
        for (int k = 0; k < plans.of[i].states; ++k) f(i, plans.of[i].state[k].name, plans.of[i].state[k].rank, plans.of[i].state[k].size, state(i, k));
  }

 private:
  using Machine = typename Place::Machine;
  /// Whose machine a parameter's program runs on: that of the first of its shape, or its own.
  static constexpr int runs(int tensor) { return Place::machines_take_turns ? plans.of[tensor].first : tensor; }
  void* state(int tensor, int k) { return static_cast<char*>(static_cast<void*>(state_.data())) + offset_[tensor][k]; }

  bool mine_[tensors > 0 ? tensors : 1]{};
  std::size_t offset_[tensors > 0 ? tensors : 1][max_tensor_states]{};
  Machine* machine_[tensors > 0 ? tensors : 1]{};
  typename Place::Memory state_;
};

/// Runs such an optimizer on a whole model.
template <class M, class Optimizer, class Place = etch::detail::OnCpu>
class TensorUpdate : public TensorPart<M, Optimizer, Place> {
  static constexpr bool accepts_all() {
    for (int t = 0; t < layout<M>.tensors; ++t)
      if (layout<M>.tensor[t].role == Role::parameter && !Optimizer::accepts(layout<M>.tensor[t].rank)) return false;
    return true;
  }
  static_assert(accepts_all(), "etch: Muon: all parameters must be matrices; give the others to another optimizer with param_groups");

 public:
  template <class Parameters>
  TensorUpdate(const Optimizer&, const Parameters&) {
    bool all[layout<M>.tensors > 0 ? layout<M>.tensors : 1];
    for (bool& b : all) b = true;
    this->own(all);
  }
  template <class F>
  static void each_options(Optimizer& optimizer, F f) {
    for (int t = 0; t < layout<M>.tensors; ++t)
      if (layout<M>.tensor[t].role == Role::parameter) f(t, optimizer);
  }
};

}  // namespace detail
}  // namespace optim
}  // namespace ETCH_ABI
}  // namespace etch

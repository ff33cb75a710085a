// What makes a struct a module: its list of members, and `operator()`.
//
//   struct Mlp {
//     nn::Linear<784, 256> fc1;
//     nn::Linear<256, 10> fc2;
//     ETCH_MODULE(fc1, fc2)
//     constexpr auto forward(auto x) const { return fc2(relu(fc1(x))); }
//   };
#pragma once

#include <etch/model/param.hpp>

#include <cstddef>

/// Lists a module's members, in order: parameters, buffers and modules. Gives it `operator()`, which calls `forward`.
#define ETCH_MODULE(...)                                                                                  \
  template <class... ETCH_X>                                                                              \
  constexpr auto operator()(const ETCH_X&... etch_x) const {                                              \
    return this->forward(etch_x...);                                                                      \
  }                                                                                                       \
  ETCH_MEMBERS(__VA_ARGS__)

/// The same for a part of a module that is not called itself.
#define ETCH_MEMBERS(...)                                                                                 \
  [[maybe_unused]] static constexpr const char* etch_names = #__VA_ARGS__;                                \
  template <class ETCH_F>                                                                                 \
  constexpr void etch_members(ETCH_F&& etch_f) const {                                                    \
    ::etch::detail::each_argument(etch_f __VA_OPT__(, ) __VA_ARGS__);                                     \
  }                                                                                                       \
  template <class ETCH_F>                                                                                 \
  constexpr void etch_members(ETCH_F&& etch_f) {                                                          \
    ::etch::detail::each_argument(etch_f __VA_OPT__(, ) __VA_ARGS__);                                     \
  }

namespace etch {
inline namespace ETCH_ABI {

// In an unnamed namespace, because clang otherwise refuses a module that is in one: nothing could ever define its
// prototype, says it, and nothing ever does.
#if defined(__clang__)
#pragma clang diagnostic push
#pragma clang diagnostic ignored "-Wundefined-internal"
#endif
namespace {
/// Declared and never defined: tracing calls `prototype<M>.forward(...)` in a constant expression and tells parameters
/// apart by their addresses in it.
template <class M>
extern M prototype;
}  // namespace
#if defined(__clang__)
#pragma clang diagnostic pop
#endif

namespace detail {

template <class F, class... T>
constexpr void each_argument(F& f, T&... members) {
  (f(members), ...);
}

template <class M>
concept Module = requires { M::etch_names; };

/// Whether a visitor wants a stack of modules as one.
template <class F, class T>
concept TakesStacks = requires(F& f, const T& member) { f.stack(member, std::size_t{}); };

/// A module whose parameters no step trains: while its members are visited, they are buffers.
template <class M>
concept FrozenModule = requires { M::etch_frozen; };

/// What a visitor takes a tensor for.
struct RoleInside {
  int frozen = 0;  ///< frozen modules around it
  constexpr Role role(Role r) const { return frozen > 0 ? Role::buffer : r; }
};

/// Walks the members of M as they lie in memory, without an object: f(tensor type, offset), for each tensor.
template <class M>
struct Walk {
  template <class F>
  static constexpr void tensors(const M& m, F& f, std::size_t base = 0) {
    std::size_t at = 0;
    auto visit = [&](const auto& member) {
      using T = std::remove_cvref_t<decltype(member)>;
      at = (at + alignof(T) - 1) / alignof(T) * alignof(T);
      if constexpr (is_module_tensor<T>) f(member, base + at);
      else inside(member, f, base + at);
      at += sizeof(T);
    };
    m.etch_members(visit);
  }
  /// A module within; of overloads, because nvcc instantiates what `if constexpr` discards in a generic lambda.
  template <class T, class F>
  static constexpr void inside(const T& m, F& f, std::size_t at) {
    Walk<T>::tensors(m, f, at);
  }
  template <FrozenModule T, class F>
  static constexpr void inside(const T& m, F& f, std::size_t at) {
    ++f.frozen;
    Walk<T>::tensors(m, f, at);
    --f.frozen;
  }
  template <class T, class F>
    requires TakesStacks<F, T>
  static constexpr void inside(const T& m, F& f, std::size_t at) {
    f.stack(m, at);
  }
};

/// Modules of one type, one after another, whose numbers may be taken as the rows of one tensor.
template <class R>
concept Stacked = requires(const R& r) {
  typename R::module_type;
  r[0];
} && R::loops;

/// The layout of M, which is defined below.
template <class M>
struct LayoutOf;

struct CountTensors : RoleInside {
  int parameters = 0, buffers = 0;
  template <class T>
  constexpr void operator()(const T&, std::size_t) {
    (role(T::role) == Role::parameter ? parameters : buffers) += 1;
  }
  template <Stacked S>
  constexpr void stack(const S&, std::size_t) {
    (role(Role::parameter) == Role::parameter ? parameters : buffers) += S::count * LayoutOf<typename S::module_type>::value.tensors;
  }
};
struct SumSizes {
  std::size_t at = 0;
  template <class T>
  constexpr void operator()(const T&) {
    at = (at + alignof(T) - 1) / alignof(T) * alignof(T) + sizeof(T);
  }
};

}  // namespace detail

/// Row of a model's layout: one tensor of its block.
struct TensorInfo {
  std::size_t offset = 0;  ///< bytes from the start of the block
  int count = 0;           ///< elements
  DType dtype = DType::float32;
  Role role = Role::parameter;
  int rank = 0;
  int size[max_rank]{};
};

/// The tensors of a model in memory order.
template <int N>
struct Layout {
  static constexpr int tensors = N;
  TensorInfo tensor[N > 0 ? N : 1]{};
  int parameters = 0;
};

namespace detail {
#if defined(__clang__)
#pragma clang diagnostic push
#pragma clang diagnostic ignored "-Wundefined-var-template"
#endif
template <class M>
constexpr CountTensors count_tensors() {
  CountTensors c;
  Walk<M>::tensors(prototype<M>, c);
  return c;
}
/// Whether ETCH_MODULE names every member of M, in order: the sizes add up.
template <class M>
constexpr bool lists_every_member() {
  SumSizes s;
  prototype<M>.etch_members(s);
  const std::size_t end = (s.at + alignof(M) - 1) / alignof(M) * alignof(M);
  return end == sizeof(M) || s.at == 0;
}
template <int N>
struct FillLayout : RoleInside {
  Layout<N> layout{};
  int next = 0;
  template <Role R, class T, auto... D>
  constexpr void operator()(const ModuleTensor<R, T, D...>&, std::size_t offset) {
    TensorInfo& t = layout.tensor[next++];
    constexpr Dims d = dims_of<D...>();
    t.offset = offset;
    t.count = ModuleTensor<R, T, D...>::numel();
    t.dtype = dtype_of<T>;
    t.role = role(R);
    t.rank = d.rank;
    for (int i = 0; i < d.rank; ++i) t.size[i] = d[i].size;
    layout.parameters += t.role == Role::parameter ? 1 : 0;
  }
  /// The layout of one, as often as there are.
  template <Stacked S>
  constexpr void stack(const S&, std::size_t offset) {
    using Item = typename S::module_type;
    constexpr const auto& item = LayoutOf<Item>::value;
    for (int i = 0; i < S::count; ++i)
      for (int k = 0; k < item.tensors; ++k) {
        TensorInfo& t = layout.tensor[next++];
        t = item.tensor[k];
        t.offset += offset + static_cast<std::size_t>(i) * sizeof(Item);
        t.role = role(t.role);
        layout.parameters += t.role == Role::parameter ? 1 : 0;
      }
  }
};
template <class M>
constexpr auto make_layout() {
  constexpr CountTensors c = count_tensors<M>();
  FillLayout<c.parameters + c.buffers> f;
  Walk<M>::tensors(prototype<M>, f);
  return f.layout;
}
}  // namespace detail

/// Offsets, shapes and dtypes of a model's tensors, known to the compiler.
template <class M>
inline constexpr auto layout = detail::make_layout<M>();

namespace detail {
template <class M>
struct LayoutOf {
  static constexpr const auto& value = layout<M>;
};

/// An input of a program that holds a parameter or a buffer, or a whole stack of modules.
struct ModuleInput {
  int node;
  std::size_t offset;
  Role role;
};
/// While M is traced: the node of every tensor by its address, the tensor of every stack, and the inputs these are parts of.
template <class M>
struct BoundModule : BoundTensors {
  static constexpr int capacity = layout<M>.tensors + 1;
  BoundParameter tensor[capacity]{};
  BoundParameter stack[capacity]{};
  ModuleInput input[capacity]{};
  int inputs = 0;
  constexpr BoundModule() : BoundTensors(tensor, stack) {}
};
/// Fills a BoundModule. The numbers are those of a slot, or lie in the node `row` with one dtype. A second one lists what stacks hold.
template <class M>
struct BindTensors : RoleInside {
  Builder& b;
  BoundModule<M>& to;
  int slot;
  int row = -1;
  bool lists = false;
  int next = 0;    ///< of the stacks, while their tensors are listed
  int within = 0;  ///< stacks around a tensor that is listed

  constexpr BindTensors(Builder& builder, BoundModule<M>& bound, int at, int of = -1, bool list = false) : b(builder), to(bound), slot(at), row(of), lists(list) {}
  constexpr int node(std::size_t offset, DType d, const Shape& s, Role r) {
    if (row < 0) {
      const int n = b.input(slot, static_cast<std::int64_t>(offset), d, s);
      to.input[to.inputs++] = {n, offset, role(r)};
      return n;
    }
    const auto first = static_cast<std::int64_t>(offset / size_of(d));
    return b.reshape(b.slice(row, 0, first, b.product(s.size, s.rank), 1), s);
  }
  template <Role R, class T, auto... D>
  constexpr void operator()(const ModuleTensor<R, T, D...>& p, std::size_t offset) {
    if (!lists || within > 0) to.tensor[to.tensors++] = {&p, node(offset, dtype_of<T>, b.shape_of(dims_of<D...>()), R)};
  }
  /// Its members are parts of the one tensor, whoever asks for them.
  template <Stacked S>
  constexpr void stack(const S& modules, std::size_t offset) {
    using Item = typename S::module_type;
    constexpr DType d = layout<Item>.tensor[0].dtype;
    constexpr int width = static_cast<int>(sizeof(Item) / size_of(d));
    if (!lists || within > 0) to.stack[to.stack_count++] = {&modules, node(offset, d, Shape{2, {S::count, width}}, Role::parameter)};
    if (!lists) {
      to.unlisted = true;
      return;
    }
    const int all = to.stack[within > 0 ? to.stack_count - 1 : next++].node;
    const int outer = row;
    ++within;
    for (int i = 0; i < S::count; ++i) {
      row = b.reshape(b.slice(all, 0, i, 1, 1), Shape{1, {width}});
      Walk<Item>::tensors(modules[i], *this);
    }
    --within;
    row = outer;
  }
};
template <class M>
constexpr void list_stacks(Builder& b, BoundTensors& bound) {
  BindTensors<M> f(b, static_cast<BoundModule<M>&>(bound), -1, -1, true);
  Walk<M>::tensors(prototype<M>, f);
}
/// The numbers of a module are those of a slot, or the node `row`.
template <class M>
constexpr void bind_parameters(Builder& b, int slot, BoundModule<M>& to, int row = -1) {
  BindTensors<M> f(b, to, slot, row);
  Walk<M>::tensors(prototype<M>, f);
  to.list = list_stacks<M>;
  b.bind(&to);
}
template <class M, class... X>
constexpr auto call_prototype(X... x) {
  return prototype<M>.forward(x...);
}
#if defined(__clang__)
#pragma clang diagnostic pop
#endif
}  // namespace detail

}  // namespace ETCH_ABI
}  // namespace etch

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
      else Walk<T>::tensors(member, f, base + at);
      at += sizeof(T);
    };
    m.etch_members(visit);
  }
};

struct CountTensors {
  int parameters = 0, buffers = 0;
  template <class T>
  constexpr void operator()(const T&, std::size_t) {
    (T::role == Role::parameter ? parameters : buffers) += 1;
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
struct FillLayout {
  Layout<N> layout{};
  int next = 0;
  template <Role R, class T, auto... D>
  constexpr void operator()(const ModuleTensor<R, T, D...>&, std::size_t offset) {
    TensorInfo& t = layout.tensor[next++];
    constexpr Dims d = dims_of<D...>();
    t.offset = offset;
    t.count = ModuleTensor<R, T, D...>::numel();
    t.dtype = dtype_of<T>;
    t.role = R;
    t.rank = d.rank;
    for (int i = 0; i < d.rank; ++i) t.size[i] = d[i].size;
    layout.parameters += R == Role::parameter ? 1 : 0;
  }
};
template <class M>
constexpr auto make_layout() {
  constexpr CountTensors c = count_tensors<M>();
  FillLayout<c.parameters + c.buffers> f;
  Walk<M>::tensors(prototype<M>, f);
  return f.layout;
}
/// Collects the address of every tensor of the prototype beside its input node.
struct BindTensors {
  Builder& b;
  int slot;
  BoundParameter* table;
  int next = 0;
  template <Role R, class T, auto... D>
  constexpr void operator()(const ModuleTensor<R, T, D...>& p, std::size_t offset) {
    table[next].address = &p;
    table[next++].node = b.input(slot, static_cast<std::int64_t>(offset), dtype_of<T>, b.shape_of(dims_of<D...>()));
  }
};
template <class M>
constexpr void bind_parameters(Builder& b, int slot, BoundParameter* table) {
  BindTensors f{b, slot, table};
  Walk<M>::tensors(prototype<M>, f);
}
template <class M, class... X>
constexpr auto call_prototype(X... x) {
  return prototype<M>.forward(x...);
}
#if defined(__clang__)
#pragma clang diagnostic pop
#endif
}  // namespace detail

/// Offsets, shapes and dtypes of a model's tensors, known to the compiler.
template <class M>
inline constexpr auto layout = detail::make_layout<M>();

}  // namespace ETCH_ABI
}  // namespace etch

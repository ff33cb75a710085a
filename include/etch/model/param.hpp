// Param: the numbers of one parameter, inside the module that owns it. A model is one block of them.
#pragma once

#include <etch/core/storage.hpp>
#include <etch/expr/lazy.hpp>

namespace etch {
inline namespace ETCH_ABI {

namespace detail {
struct ParamAccess;

/// A parameter's place in an expression: while tracing it is found by address, at run time it is read in place.
template <class T, auto... D>
struct ParamLeaf {
  using tracer = Tracer<T, D...>;
  static constexpr int nodes = 0;
  const void* address;

  static constexpr tracer trace(Builder& b) {
    const Shape s = b.shape_of(dims_of<D...>());
    return {&b, b.input(b.add_slot(SlotKind::tensor, dtype_of<T>, s), 0, dtype_of<T>, s)};
  }
  constexpr tracer lower(Builder& b) const { return {&b, b.parameter(address)}; }
  void bind(Bindings& to) const { to.bind(address); }
};
}  // namespace detail

/// What a module's numbers are for: parameters are trained, buffers are state that is not.
enum class Role : std::uint8_t { parameter, buffer };

/// The numbers of one parameter or buffer, row-major, 64-byte aligned, inline. Only `make` creates one, so a model
/// never lies on the stack; while a program is traced a Param stands for its node.
template <Role R, class T, auto... D>
class alignas(alignment) ModuleTensor {
 public:
  using value_type = T;
  using tracer = Tracer<T, D...>;
  static constexpr Role role = R;
  static constexpr int rank = sizeof...(D);
  static constexpr Dims dims(int source = 0) { return dims_of<D...>(source); }
  static_assert(detail::no_negative_size(dims_of<D...>()), "etch: tensor: sizes must not be negative");
  static constexpr int numel() { return static_cast<int>(capacity_of<D...>); }

  T* data() { return value_; }
  const T* data() const { return value_; }
  constexpr int size(int i) const { return dims()[i < 0 ? i + rank : i].size; }
  constexpr detail::ParamLeaf<T, D...> leaf() const { return {this}; }

 private:
  ModuleTensor() = default;  // a module is made: auto layer = make<nn::Linear<4, 2>>()
  T value_[capacity_of<D...> > 0 ? capacity_of<D...> : 1];
};

/// A trained parameter.
template <class T, auto... D>
using Param = ModuleTensor<Role::parameter, T, D...>;
/// State that is saved and moved with the model, but not trained.
template <class T, auto... D>
using ModuleBuffer = ModuleTensor<Role::buffer, T, D...>;

/// While tracing: `value` becomes what the buffer or parameter holds when everything in the program has read it. Never differentiated.
template <Role R, class T, auto... D>
constexpr void assign(const ModuleTensor<R, T, D...>& to, Tracer<T, D...> value) {
  value.builder->assign(value.builder->parameter(&to), value.id);
}
/// While tracing: what the buffer or parameter will hold: what was assigned to it before in this program, or what it holds.
template <Role R, class T, auto... D>
constexpr Tracer<T, D...> latest(detail::Builder& b, const ModuleTensor<R, T, D...>& of) {
  return {&b, b.latest(b.parameter(&of))};
}

namespace detail {
template <class M>
inline constexpr bool is_module_tensor = false;
template <Role R, class T, auto... D>
inline constexpr bool is_module_tensor<ModuleTensor<R, T, D...>> = true;
}  // namespace detail

}  // namespace ETCH_ABI
}  // namespace etch

// Var and backward: PyTorch's way to a gradient. A Var is a tensor that collects one; `backward(loss)` adds to it.
#pragma once

#include <etch/run/assign.hpp>

namespace etch {
inline namespace ETCH_ABI {

/// A variable's place in an expression: its memory, and where its gradient collects.
template <class T, auto... D>
struct VarLeaf {
  using tracer = Tracer<T, D...>;
  static constexpr int nodes = 0;
  TensorLeaf<T, D...> value;
  Storage gradient;

  static constexpr tracer trace(Builder& b) {
    const Shape s = b.shape_of(dims_of<D...>());
    return {&b, b.input(b.add_slot(SlotKind::variable, dtype_of<T>, s), 0, dtype_of<T>, s)};
  }
  constexpr tracer lower(Builder& b) const { return value.lower(b); }
  void bind(Bindings& to) const {
    to.gradient[to.count] = gradient.data();
    value.bind(to);
  }
};

/// A tensor that collects a gradient. `Var<float, 3, 2> w = randn<float, 3, 2>(generator);`
template <class T, auto... D>
class Var : public Tensor<T, D...> {
 public:
  using Base = Tensor<T, D...>;
  Var() = default;
  Var(const Base& value) : Base(value) {}
  template <Operand E>
  Var(const E& e) : Base(e) {}
  Var(const Var& o) : Base(o), gradient_(o.gradient_) {}
  Var& operator=(const Var& o) {
    Base::operator=(o);
    return *this;
  }
  using Base::operator=;
  T& operator()(auto... i)
    requires(sizeof...(i) == sizeof...(D) && (std::is_integral_v<decltype(i)> && ...))
  {
    return static_cast<Base&>(*this)(i...);
  }
  const T& operator()(auto... i) const
    requires(sizeof...(i) == sizeof...(D) && (std::is_integral_v<decltype(i)> && ...))
  {
    return static_cast<const Base&>(*this)(i...);
  }
  /// A part, through which a gradient flows: slices, new axes, index tensors.
  template <class... I>
    requires detail::partial_index<sizeof...(D), I...>
  auto operator()(const I&... i) const {
    constexpr bool no_number = !(std::is_integral_v<I> || ...);
    static_assert(no_number, "etch: Var: a part at a run-time index has no gradient; use slice or select_axis");
    if constexpr (no_number) return detail::item_of_tensor(*this, i...);
    else return Poison{};
  }

  /// The sum of all gradients since `zero_grad`.
  Tensor<T, D...>& grad() { return gradient_; }
  const Tensor<T, D...>& grad() const { return gradient_; }
  void zero_grad() { std::memset(static_cast<void*>(gradient_.data()), 0, static_cast<std::size_t>(capacity_of<D...>) * sizeof(T)); }
  VarLeaf<T, D...> leaf() const { return {Base::leaf(), gradient_.leaf().storage}; }

 private:
  Tensor<T, D...> gradient_;
};

namespace detail {

/// The value of E and the gradient of every variable in it, slot after slot.
template <class E>
struct BackwardSpec {
  static constexpr int capacity = 512 + 192 * E::nodes;
  static constexpr void trace(Builder& b) {
    const auto y = E::trace(b);
    int wrt[max_slots]{}, gradient[max_slots]{};
    int count = 0;
    const int traced = b.size();
    for (int n = 0; n < traced; ++n)
      if (b[n].op == Op::input && b.ref().slot[b[n].arg >> 48].kind == SlotKind::variable) wrt[count++] = n;
    reverse(b, y.id, b.constant(1, b.dtype(y.id)), wrt, count, gradient);
    b.output(y.id, 0);
    for (int i = 0; i < count; ++i) b.output(gradient[i], 1 + static_cast<int>(b[wrt[i]].arg >> 48));
  }
};

}  // namespace detail

/// Computes the gradient of one number with respect to every Var it was made from and adds it to their `grad()`;
/// returns the number. A Var that stands in the expression twice receives both parts.
template <Operand E>
auto backward(const E& e) {
  const auto x = detail::as_expression(e);
  using X = std::remove_cvref_t<decltype(x)>;
  using T = typename X::value_type;
  static_assert(X::rank == 0, "etch: backward: the expression must be one number; reduce it with mean or sum");
  static_assert(!detail::is_complex_type<T>, "etch: backward: the expression must be a real number; take its real part or abs");
  using Spec = detail::BackwardSpec<X>;
  constexpr auto view = Compiled<Spec>::view();
  Bindings in;
  x.bind(in);
  // gradients are computed beside the variables' own and then added, slot after slot: two slots may be one variable
  thread_local Storage fresh[max_slots];
  T value{};
  void* out[max_slots + 1] = {&value};
  for (int i = 0; i < view.slots; ++i) {
    if (view.slot[i].kind != SlotKind::variable) continue;
    if (!fresh[i]) fresh[i] = Storage(static_cast<std::size_t>(ref(Compiled<Spec>::graph).elements(view.shape[view.slot[i].shape])) * size_of(view.slot[i].dtype));
    out[1 + i] = fresh[i].data();
  }
  detail::machine_of<Spec>().run(in, out);
  for (int i = 0; i < view.slots; ++i) {
    if (view.slot[i].kind != SlotKind::variable) continue;
    const DType d = view.slot[i].dtype;
    const std::int64_t n = ref(Compiled<Spec>::graph).elements(view.shape[view.slot[i].shape]) * (is_complex(d) ? 2 : 1);
    cpu::detail::with_type(real_dtype(d), [&]<class E_>(E_*) { cpu::detail::combine_span(Op::sum, static_cast<E_*>(in.gradient[i]), static_cast<const E_*>(out[1 + i]), n); });
  }
  return value;
}

}  // namespace ETCH_ABI
}  // namespace etch

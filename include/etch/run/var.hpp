// Var and backward: PyTorch's way to a gradient. A Var is a tensor that collects one; `backward(loss)` adds to it.
#pragma once

#include <etch/ops/reduce.hpp>
#include <etch/run/assign.hpp>
#include <etch/run/grad_mode.hpp>

#include <new>

namespace etch {
inline namespace ETCH_ABI {

namespace detail {
/// A function called on each gradient that arrives at a variable.
struct Hook {
  void (*call)(Hook*, void* gradient);
  void (*destroy)(Hook*);
  Hook* next;
  int id;
};
/// Where a variable collects its gradient; expressions share it.
struct Collector {
  void* gradient = nullptr;
  bool requires_grad = true;
  Hook* hooks = nullptr;
  int next_id = 0;

  void remove(int id) {
    for (Hook** at = &hooks; *at != nullptr; at = &(*at)->next)
      if ((*at)->id == id) {
        Hook* gone = *at;
        *at = gone->next;
        return gone->destroy(gone);
      }
  }
};
}  // namespace detail

/// A hook's handle: `remove()` takes it away.
class HookHandle {
 public:
  HookHandle(Storage collector, int id) : collector_(collector), id_(id) {}
  void remove() { static_cast<detail::Collector*>(collector_.data())->remove(id_); }

 private:
  Storage collector_;
  int id_;
};

/// A variable's place in an expression: its memory, and where its gradient collects.
template <class T, auto... D>
struct VarLeaf {
  using tracer = Tracer<T, D...>;
  static constexpr int nodes = 0;
  TensorLeaf<T, D...> value;
  Storage gradient, collector;

  static constexpr tracer trace(detail::Builder& b) {
    const auto s = b.shape_of(dims_of<D...>());
    return {&b, b.input(b.add_slot(detail::SlotKind::variable, dtype_of<T>, s), 0, dtype_of<T>, s)};
  }
  constexpr tracer lower(detail::Builder& b) const { return value.lower(b); }
  void bind(Bindings& to) const {
    value.bind(to);
    to.gradient[to.count - 1] = collector.data();
  }
};

namespace detail {
/// What makes a variable of a tensor G: a gradient of its shape, and who wants to see what arrives there.
template <class G>
class Collects {
  using Place = inputs_place<G>;
  static constexpr std::size_t bytes = static_cast<std::size_t>(capacity(G::dims())) * sizeof(typename G::value_type);

 public:
  Collects() { make_collector(); }
  Collects(const Collects& o) : gradient_(o.gradient_) {
    make_collector();
    collector().requires_grad = o.requires_grad();
  }
  Collects& operator=(const Collects&) = delete;
  ~Collects() {
    while (collector().hooks != nullptr) collector().remove(collector().hooks->id);
  }

  /// The sum of all gradients since `zero_grad`.
  G& grad() { return gradient_; }
  const G& grad() const { return gradient_; }
  void zero_grad() { Place::zero(static_cast<void*>(gradient_.data()), bytes); }
  /// Whether `backward` adds to `grad()`; true at first.
  bool requires_grad() const { return collector().requires_grad; }
  void requires_grad_(bool collects = true) { collector().requires_grad = collects; }
  static constexpr bool is_leaf() { return true; }
  /// Calls f(gradient) on what every `backward` brings, before it is added: f may change it, or return another.
  template <class F>
  HookHandle register_hook(F f) {
    struct Mine : Hook {
      F f;
      explicit Mine(F function) : f(static_cast<F&&>(function)) {}
    };
    auto* h = new Mine(static_cast<F&&>(f));
    h->call = [](Hook* hook, void* memory) {
      G g;
      Place::copy(static_cast<void*>(g.data()), memory, bytes);
      auto& function = static_cast<Mine*>(hook)->f;
      if constexpr (std::is_void_v<decltype(function(g))>) function(g);
      else g = function(g);
      Place::copy(memory, static_cast<const void*>(g.data()), bytes);
    };
    h->destroy = [](Hook* hook) { delete static_cast<Mine*>(hook); };
    h->id = collector().next_id++;
    h->next = nullptr;
    Hook** last = &collector().hooks;
    while (*last != nullptr) last = &(*last)->next;
    *last = h;
    return {collector_, h->id};
  }

 protected:
  const Storage& collector_handle() const { return collector_; }

 private:
  void make_collector() {
    collector_ = Storage(sizeof(Collector));
    new (collector_.data()) Collector{gradient_.data(), true, nullptr, 0};
  }
  Collector& collector() const { return *static_cast<Collector*>(collector_.data()); }

  G gradient_;
  Storage collector_;
};
}  // namespace detail

/// A tensor that collects a gradient. `Var<float, 3, 2> w = randn<float, 3, 2>(generator);`
template <class T, auto... D>
class Var : public Tensor<T, D...>, public detail::Collects<Tensor<T, D...>> {
  static_assert(!std::is_integral_v<T>, "etch: Var: only floating values have a gradient");

 public:
  using Base = Tensor<T, D...>;
  Var() = default;
  Var(const Base& value) : Base(value) {}
  template <Operand E>
  Var(const E& e) : Base(e) {}
  Var(const Var&) = default;
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

  Var& requires_grad_(bool collects = true) {
    detail::Collects<Base>::requires_grad_(collects);
    return *this;
  }
  VarLeaf<T, D...> leaf() const { return {Base::leaf(), this->grad().leaf().storage, this->collector_handle()}; }
};

namespace detail {

/// The nodes of all variables traced so far.
constexpr int variables_of(const Builder& b, int* wrt) {
  int count = 0;
  for (int n = 0; n < b.size(); ++n)
    if (b[n].op == Op::input && b.ref().slot[b[n].arg >> 48].kind == SlotKind::variable) wrt[count++] = n;
  return count;
}

/// The value of E and the gradient of every variable in it, slot after slot.
template <class E>
struct BackwardSpec {
  static constexpr int capacity = 512 + 192 * E::nodes + 2 * E::extra_nodes;
  static constexpr void trace(Builder& b) {
    const auto y = E::trace(b);
    int wrt[max_slots]{}, gradient[max_slots]{};
    const int count = variables_of(b, wrt);
    reverse(b, y.id, b.constant(1, b.dtype(y.id)), wrt, count, gradient);
    b.output(y.id, 0);
    for (int i = 0; i < count; ++i) b.output(gradient[i], 1 + static_cast<int>(b[wrt[i]].arg >> 48));
  }
};

/// What backward computes an expression's value and gradients into.
template <class E, class Place>
struct BesideVariables {
  typename Place::Memory gradient[max_slots], number = Place::allocate(sizeof(typename E::value_type), "a number");
};

/// How many inputs of a program collect gradients.
constexpr int variable_slots(const cpu::PlanView& v) {
  int n = 0;
  for (int i = 0; i < v.slots; ++i) n += v.slot[i].kind == SlotKind::variable ? 1 : 0;
  return n;
}

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
  constexpr bool holds_variables = detail::variable_slots(view) > 0;
  static_assert(holds_variables, "etch: backward: nothing in the expression is a Var");
  if (!is_grad_enabled()) fail("backward", "gradients are switched off on this thread");
  using Place = detail::expression_place<X>;
  Bindings in;
  x.bind(in);
  // gradients are computed beside the variables' own and then added: two slots may be one variable
  auto& [fresh, number] = Place::template own<detail::BesideVariables<X, Place>>();
  void* out[detail::max_slots + 1] = {number.data()};
  bool any = false;
  for (int i = 0; i < view.slots; ++i) {
    if (view.slot[i].kind != detail::SlotKind::variable) continue;
    any = any || static_cast<detail::Collector*>(in.gradient[i])->requires_grad;
    if (!fresh[i]) fresh[i] = Place::allocate(static_cast<std::size_t>(ref(Compiled<Spec>::graph).elements(view.shape[view.slot[i].shape])) * size_of(view.slot[i].dtype), "gradients");
    out[1 + i] = fresh[i].data();
  }
  if (!any) fail("backward", "nothing in the expression requires a gradient");
  auto& machine = detail::machine_of<Spec, Place>();
  machine.run(in, out);
  Place::settle(machine);
  for (int i = 0; i < view.slots; ++i) {
    if (view.slot[i].kind != detail::SlotKind::variable || in.gradient[i] == nullptr) continue;
    auto& to = *static_cast<detail::Collector*>(in.gradient[i]);
    const DType d = view.slot[i].dtype;
    const std::int64_t n = ref(Compiled<Spec>::graph).elements(view.shape[view.slot[i].shape]) * (is_complex(d) ? 2 : 1);
    const auto add = [&](void* sum, const void* more) { Place::add(real_dtype(d), sum, more, n); };
    for (int k = i + 1; k < in.count; ++k)
      if (in.gradient[k] == &to) {
        add(out[1 + i], out[1 + k]);
        in.gradient[k] = nullptr;
      }
    if (!to.requires_grad) continue;
    for (detail::Hook* h = to.hooks; h != nullptr; h = h->next) h->call(h, out[1 + i]);
    add(to.gradient, out[1 + i]);
  }
  T value{};
  Place::read(&value, number.data(), sizeof value);
  return value;
}
/// The same for an expression of any shape: the gradient of sum(gradient * expression).
template <Operand E, Operand G>
void backward(const E& e, const G& gradient) {
  backward(sum(e * gradient));
}

/// Whether `backward` of it would collect a gradient.
template <Operand E>
bool requires_grad(const E& e) {
  if constexpr (requires { e.requires_grad(); }) {
    return e.requires_grad();
  } else {
    Bindings in;
    detail::as_expression(e).bind(in);
    for (int i = 0; i < in.count; ++i)
      if (in.gradient[i] != nullptr && static_cast<detail::Collector*>(in.gradient[i])->requires_grad) return true;
    return false;
  }
}
/// Whether it was not computed from something that requires a gradient.
template <Operand E>
bool is_leaf(const E& e) {
  if constexpr (requires { e.arguments; }) return !requires_grad(e);
  else return true;
}

namespace detail {
struct retain_fn {
  template <class X, class V>
  constexpr auto operator()(X x, V v) const {
    constexpr bool same = std::is_same_v<tracer_of<X>, tracer_of<V>>;
    if constexpr (!same) {
      static_assert(same, "etch: retain_grad: the Var must have the shape and dtype of the expression");
      return Poison{};
    } else {
      return x + (v - detach_fn{}(v));
    }
  }
};
}  // namespace detail
/// `expression`, whose own gradient `backward` adds to `keeper.grad()`; the keeper's value counts for nothing.
template <Operand E, class T, auto... D>
constexpr auto retain_grad(const E& expression, const Var<T, D...>& keeper) {
  return apply<detail::retain_fn>(expression, keeper);
}

}  // namespace ETCH_ABI
}  // namespace etch

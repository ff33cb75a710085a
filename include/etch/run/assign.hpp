// Assignment evaluates: `y = expression` compiles the expression once per type and runs it into y's memory.
#pragma once

#include <etch/expr/tensor.hpp>
#include <etch/ops/pointwise.hpp>
#include <etch/run/place.hpp>

namespace etch {
inline namespace ETCH_ABI {
namespace detail {

/// A program that computes expressions of these types, each into one output.
template <class... E>
struct EvalSpec {
  static constexpr int capacity = 256 + (0 + ... + (64 * E::nodes + E::extra_nodes));
  static constexpr void trace(Builder& b) {
    int slot = 0;
    const int ids[] = {E::trace(b).id...};
    for (int id : ids) b.output(id, slot++);
  }
};

/// Whether [a, a + bytes) overlaps memory that the inputs read; inputs in the mask may be that very memory.
inline bool overlaps(const Bindings& in, const cpu::PlanView& v, const void* a, std::size_t bytes, std::uint64_t may_be = 0) {
  const auto begin = reinterpret_cast<std::uintptr_t>(a), end = begin + bytes;
  for (int i = 0, next = 0; i < v.slots; ++i) {
    if (v.slot[i].kind == SlotKind::random) continue;  // the program's own
    const Shape& s = v.shape[v.slot[i].shape];
    std::int64_t n = static_cast<std::int64_t>(size_of(v.slot[i].dtype));
    for (int k = 0; k < s.rank; ++k) n *= s.size[k] >= 0 ? s.size[k] : v.symbol[-1 - s.size[k]].capacity;
    const auto p = reinterpret_cast<std::uintptr_t>(in.data[next++]);
    if (p == begin && (may_be >> i & 1) != 0) continue;
    if (p < end && begin < p + static_cast<std::uintptr_t>(n)) return true;
  }
  return false;
}

/// The inputs that the only output may be written over: everything is one loop over elements, and each is read where it is written.
template <class Code>
constexpr std::uint64_t make_overwritable() {
  constexpr const auto& p = Code::plan;
  if (p.steps != 1 || p.step[0].kind != StepKind::fused || p.step[0].combines != 0 || p.random_slot >= 0) return 0;
  const Step& s = p.step[0];
  int to = -1;
  for (int k = 0; k < s.accesses; ++k)
    if (p.access[s.access + k].root == Root::output) to = to < 0 ? k : -2;
  if (to < 0) return 0;
  for (int w = s.code; w < s.code + s.words; ++w) {
    const auto op = static_cast<Word>(p.word[w] & 255);
    if (op == Word::number64) ++w;
    if (op == Word::finish || op == Word::reduce) return 0;  // a row is read again after elements of it were written
  }
  const Access& out = p.access[s.access + to];
  std::uint64_t good = ~std::uint64_t{0};
  for (int k = 0; k < s.accesses; ++k) {
    const Access& a = p.access[s.access + k];
    if (a.root != Root::input) continue;
    bool same = a.byte == out.byte && a.extra == out.extra && a.size == out.size;
    for (int d = 0; d < s.loop_dims; ++d) same = same && a.stride[d] == out.stride[d];
    if (!same) good &= ~(std::uint64_t{1} << a.index);
  }
  return good;
}
template <class Code>
inline constexpr std::uint64_t overwritable = make_overwritable<Code>();

/// What an expression looks like as the argument of a program: itself, or a bare tensor as a leaf.
struct identity_fn {
  constexpr auto operator()(auto x) const { return x; }
};
template <class E>
constexpr decltype(auto) as_expression(const E& e) {
  if constexpr (requires { e.arguments; }) return (e);
  else return apply<identity_fn>(e);
}

/// Runs a program that reads what it is assigned to: x = t(x) * 2.
template <class Place>
ETCH_COLD void run_elsewhere(typename Place::Machine& m, const Bindings& in, void* to, std::size_t bytes) {
  const auto other = Place::allocate(bytes, "an expression that reads what it is assigned to");
  void* out[] = {other.data()};
  m.run(in, out);
  Place::copy(to, other.data(), bytes);
  Place::settle(m);
}
/// Runs an expression into memory of a place.
template <class Place, class E>
void evaluate(const E& e, void* to, std::size_t bytes) {
  using Spec = EvalSpec<E>;
  Bindings in;
  e.bind(in);
  typename Place::Machine& m = machine_of<Spec, Place>();
  if (overlaps(in, Place::template plan<Compiled<Spec>>(), to, bytes, overwritable<Compiled<Spec>>)) {
    run_elsewhere<Place>(m, in, to, bytes);
  } else {
    void* out[] = {to};
    m.run(in, out);
  }
}

/// Gives a result the sizes that output `i` of its program had in the last run.
template <class Code, class Result>
void resize_result(const cpu::Machine& machine, Result& result, int i = 0) {
  if constexpr (Result::bounded > 0) {
    constexpr const auto& g = Code::graph;
    const Shape& s = g.shape[g.node[g.output[i].node].shape];
    int sizes[max_rank]{};
    for (int k = 0; k < s.rank; ++k) sizes[k] = static_cast<int>(machine.size(s.size[k]));
    result.resize(sizes);
  }
}

}  // namespace detail

template <class T, auto... D>
  requires canonical<D...>
template <Operand E>
Tensor<T, D...>::Tensor(const E& e) : storage_(static_cast<std::size_t>(capacity_of<D...>) * sizeof(T), bounded != 0) {
  set_sizes(nullptr, 0);
  *this = e;
}

namespace detail {
/// Whether a tensor of To may hold results of From: not of a higher kind (bool, integer, floating, complex).
template <class To, class From>
struct result_dtype_for {
  static constexpr bool can_be_held = can_cast(dtype_of<From>, dtype_of<To>);
};
/// Whether an expression of shape E can be assigned to a tensor of shape T: the same sizes, or broadcast to them.
template <class To, class From>
struct assignable {
  static constexpr bool sizes_agree = agree(To::dims(0), From::dims(To::rank));
};
/// `to = e`, where `to` lies at Place.
template <class Place, class To, class E>
void assign_to(To& to, const E& e) {
  if constexpr (!std::is_same_v<E, Poison>) {
    const auto& x = as_expression(e);
    using X = std::remove_cvref_t<decltype(x)>;
    using T = typename To::value_type;
    using Rule = assignable<To, X>;
    using Held = result_dtype_for<T, typename X::value_type>;
    constexpr bool here = (places<X>() & ~Place::place) == 0;
    static_assert(here, "etch: device: the result of an expression must be on the device of its operands; x.to(gpu) and x.to(Cpu{}) copy");
    static_assert(Rule::sizes_agree, "etch: assign: the sizes of the expression must be the tensor's");
    static_assert(Held::can_be_held, "etch: assign: the expression's kind (bool, integer, floating, complex) must not be above the tensor's; to<T>(x) converts");
    if constexpr (here && Rule::sizes_agree && Held::can_be_held) {
      if constexpr (!std::is_same_v<typename X::value_type, T>) {
        to = apply<cast_fn<T>>(x);
      } else {
        evaluate<Place>(x, to.data(), static_cast<std::size_t>(capacity(To::dims())) * sizeof(T));
        resize_result<Compiled<EvalSpec<X>>>(Place::sizes(machine_of<EvalSpec<X>, Place>()), to);
      }
    }
  }
}
}  // namespace detail

template <class T, auto... D>
  requires canonical<D...>
template <Operand E>
Tensor<T, D...>& Tensor<T, D...>::operator=(const E& e) {
  detail::assign_to<detail::OnCpu>(*this, e);
  return *this;
}

template <class F, class... A, class T, auto... D>
T Lazy<F, Pack<A...>, T, D...>::item() const {
  static_assert(capacity_of<D...> == 1, "etch: item: the expression must hold one element");
  using Place = detail::expression_place<Lazy>;
  T value{};
  if constexpr (Place::place == on_cpu) {
    detail::evaluate<Place>(*this, &value, sizeof(T));
  } else {
    const auto there = Place::allocate(sizeof(T), "a number");
    detail::evaluate<Place>(*this, there.data(), sizeof(T));
    Place::read(&value, there.data(), sizeof(T));
  }
  return value;
}

}  // namespace ETCH_ABI
}  // namespace etch

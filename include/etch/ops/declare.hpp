// The three lines that offer a functor under a name, to tracers, tensors, expressions and numbers alike.
//
//   ETCH_OPERATION2(remainder, pair_fn<detail::remainder_fn>)   remainder(a, b), one of them an operand
//   ETCH_OF_TENSOR2(copysign, ...)                              copysign(x, 2), where PyTorch takes no number for x
//   ETCH_OF_TENSORS2(hypot, ...)                                hypot(x, y), where it takes no number at all
#pragma once

#include <etch/core/error.hpp>
#include <etch/expr/lazy.hpp>

namespace etch {
inline namespace ETCH_ABI {

/// Whether the first `Tensors` arguments are no numbers.
template <int Tensors, class... A>
struct operands {
  static constexpr bool check() {
    const bool is_operand[] = {Operand<A>...};
    for (int i = 0; i < Tensors; ++i)
      if (!is_operand[i]) return false;
    return true;
  }
  static constexpr bool are_tensors = check();
};

namespace detail {
/// Checks an argument that is a number; what a tensor holds is not looked at.
template <class V>
constexpr void must(bool (*holds)(double), const char* operation, const char* rule, const V& value) {
  if constexpr (std::is_arithmetic_v<V>) {
    if (!holds(static_cast<double>(value))) fail(operation, rule);
  }
}
/// F on these arguments where they are possible ones; the caller has said what is wrong where they are not.
template <bool Possible, class F, class... A>
constexpr auto apply_if(const A&... a) {
  if constexpr (Possible) return apply<F>(a...);
  else return Poison{};
}
/// F on these arguments, of which the first `Tensors` must not be numbers.
template <class F, int Tensors, class... A>
constexpr auto apply_to_tensors(const A&... a) {
  using Rule = operands<Tensors, A...>;
  static_assert(Rule::are_tensors, "etch: pointwise: a number cannot stand for this operand, which must be a tensor");
  if constexpr (Rule::are_tensors) return apply<F>(a...);
  else return Poison{};
}
}  // namespace detail

}  // namespace ETCH_ABI
}  // namespace etch

#define ETCH_OPERATION1(name, ...)  \
  template <Operand X>              \
  constexpr auto name(const X& x) { \
    return apply<__VA_ARGS__>(x);   \
  }
#define ETCH_OPERATION2(name, ...)                  \
  template <OperandOrNumber A, OperandOrNumber B>   \
    requires(Operand<A> || Operand<B>)              \
  constexpr auto name(const A& a, const B& b) {     \
    return apply<__VA_ARGS__>(a, b);                \
  }
#define ETCH_OPERATION3(name, ...)                                    \
  template <OperandOrNumber A, OperandOrNumber B, OperandOrNumber C>  \
    requires(Operand<A> || Operand<B> || Operand<C>)                  \
  constexpr auto name(const A& a, const B& b, const C& c) {           \
    return apply<__VA_ARGS__>(a, b, c);                               \
  }
#define ETCH_OF_TENSORS(count, name, ...)                        \
  template <OperandOrNumber A, OperandOrNumber B>                \
    requires(Operand<A> || Operand<B>)                           \
  constexpr auto name(const A& a, const B& b) {                  \
    return detail::apply_to_tensors<__VA_ARGS__, count>(a, b);   \
  }
#define ETCH_OF_TENSOR2(name, ...) ETCH_OF_TENSORS(1, name, __VA_ARGS__)
#define ETCH_OF_TENSORS2(name, ...) ETCH_OF_TENSORS(2, name, __VA_ARGS__)
#define ETCH_OF_TENSORS3(count, name, ...)                           \
  template <OperandOrNumber A, OperandOrNumber B, OperandOrNumber C> \
    requires(Operand<A> || Operand<B> || Operand<C>)                 \
  constexpr auto name(const A& a, const B& b, const C& c) {          \
    return detail::apply_to_tensors<__VA_ARGS__, count>(a, b, c);    \
  }

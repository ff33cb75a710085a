// The three lines that offer a functor under a name, to tracers, tensors, expressions and numbers alike.
//
//   ETCH_OPERATION2(remainder, pair_fn<detail::remainder_fn>)   remainder(a, b), one of them an operand
#pragma once

#include <etch/expr/lazy.hpp>

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

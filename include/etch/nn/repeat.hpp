// Repeat: N modules of one type, applied one after another; members "0" .. "N-1", as those of a ModuleList.
#pragma once

#include <etch/model/make.hpp>

namespace etch {
inline namespace ETCH_ABI {

/// Carries what a module is given and what it returns.
template <class In, class Out>
struct repeated {
  static constexpr bool same = std::is_same_v<In, Out>;
};

namespace detail {

/// Repeat unrolls fewer modules than this; more are one loop in the graph, which compiles as if there were one and runs as fast.
inline constexpr int loop_from = 4;

/// Whether modules of type M can be the rows of one tensor: parameters of one dtype and nothing else.
template <class M>
constexpr bool is_uniform() {
  for (int i = 0; i < layout<M>.tensors; ++i)
    if (layout<M>.tensor[i].role != Role::parameter || layout<M>.tensor[i].dtype != layout<M>.tensor[0].dtype) return false;
  return layout<M>.tensors > 0;
}

/// M as the body of a loop: its first argument is carried, its parameters are a row, what else it is given is constant.
template <class M, class X, class... K>
struct repeat_body {
  static constexpr void trace(Builder& b, const int* in, int* out) {
    BoundModule<M> bound;
    bind_row<M>(b, in[1], bound);
    int i = 2;
    const Pack<K...> constants{{{K{&b, in[i++]}}...}};
    out[0] = [&]<std::size_t... I>(std::index_sequence<I...>) { return call_prototype<M>(X{&b, in[0]}, held<I>(constants)...).id; }(std::index_sequence_for<K...>{});
    b.bind(nullptr, 0, nullptr, 0);
  }
};

template <class M, class X, class... K>
constexpr X repeat_loop(int count, int rows, X x, K... constants) {
  Builder& b = *x.builder;
  Loop l{};
  l.body = &repeat_body<M, X, K...>::trace;
  l.of = -1;
  l.iterations = count;
  l.carried = l.stacked = 1;
  l.constants = static_cast<int>(sizeof...(K));
  l.stream = b.streams++;
  l.training = b.training;
  l.autocast = b.autocast;
  l.saves = -1;
  const int operand[] = {x.id, rows, constants.id...};
  return {&b, b.add_loop(l, operand, b.dtype(x.id), Shape{b.shape(x.id)})};
}

}  // namespace detail

namespace nn {

/// y = M_{N-1}(.. M_1(M_0(x))), each also given the other arguments; the type of M's call is worked out once, however large N is.
template <class M, int N>
struct Repeat {
  static_assert(N >= 1, "etch: Repeat: at least one module");
  using module_type = M;
  static constexpr int count = N;
  static constexpr bool loops = N >= etch::detail::loop_from && etch::detail::is_uniform<M>();
  M item[N];

  static constexpr const char* etch_names = "#";
  constexpr auto operator()(const auto& x, const auto&... constants) const { return forward(x, constants...); }
  // By index: nvcc does not take a range-for over a prototype's array for a constant.
  constexpr void etch_members(auto&& f) const {
    for (int i = 0; i < N; ++i) f(item[i]);
  }
  constexpr void etch_members(auto&& f) {
    for (int i = 0; i < N; ++i) f(item[i]);
  }

  template <class X, class... K>
  constexpr auto forward(X x, const K&... constants) const {
    if constexpr (loops && (etch::detail::is_tracer_v<K> && ...) && std::is_same_v<X, decltype(item[0](x, constants...))>)
      if (const int rows = x.builder->stack(this); rows >= 0) return etch::detail::repeat_loop<M>(N, rows, x, constants...);
    return unrolled(x, constants...);
  }
  constexpr const M& operator[](int i) const { return item[i]; }
  constexpr M& operator[](int i) { return item[i]; }

 private:
  constexpr auto unrolled(auto x, const auto&... constants) const {
    auto y = item[0](x, constants...);
    if constexpr (N > 1) {
      using Loop = repeated<decltype(y), decltype(item[1](y, constants...))>;
      static_assert(Loop::same, "etch: Repeat: the module must return the shape it is given");
      if constexpr (Loop::same)
        for (int i = 1; i < N; ++i) y = item[i](y, constants...);
    }
    return y;
  }
};

}  // namespace nn
}  // namespace ETCH_ABI
}  // namespace etch

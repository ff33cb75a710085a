// What the generated programs of the conformance command call: a job's tensors in, results out.
//
//   traced<F, Wrt<..>, Loss<..>, In...>(job)   outputs of F and the gradients of its loss, one compiled program
//   job.tensor<T, 2, 3>(), job.result(x)       for what runs on tensors
//
// The main function (runtime.cpp) reads the inputs of case after case and writes what came out; Python compares.
#pragma once

#if defined(ETCH_SIMULATED_HERE)
#include <cuda/simulator/runtime.hpp>
#endif
#if defined(CONFORMANCE_DEVICE)
#include <cuda/everywhere.hpp>  // calls on tensors, too

#include <etch/cuda.hpp>
#else
#include <etch/etch.hpp>
#endif
#include <etch/model/names.hpp>

#include "problems.hpp"

#include <cmath>
#include <cstdint>
#include <cstdio>
#include <limits>

namespace conformance {

using namespace etch;
using etch::detail::BoundParameter, etch::detail::BoundTensors, etch::detail::Builder, etch::detail::GraphRef, etch::detail::Node, etch::detail::Op;
using etch::detail::Shape, etch::detail::Slot, etch::detail::SlotKind;
using etch::atan2, etch::copysign, etch::fmax, etch::fmin, etch::fmod, etch::hypot, etch::ldexp, etch::nextafter, etch::pow;  // and not <cmath>'s, of numbers

inline constexpr double inf = std::numeric_limits<double>::infinity(), nan = std::numeric_limits<double>::quiet_NaN();

/// Inputs and outputs of one case.
class Job {
 public:
  Job(const char* in, std::FILE* out) : in_(in), out_(out) {}
  /// The next input's bytes, copied.
  void read(void* to, std::size_t bytes);
  template <class T, auto... D>
  Tensor<T, D...> tensor() {
    Tensor<T, D...> r;
    read(r.data(), static_cast<std::size_t>(r.numel()) * sizeof(T));
    return r;
  }
  /// The steps of a device's programs since the last time: where they ran and of what kind they are.
  void tell_steps();
  void write(const char* dtype, int rank, const std::int64_t* sizes, const void* data, std::size_t bytes);
  /// One output, or several: a tensor, an expression, a number, or anything that can be taken apart into those.
  template <class X>
  void result(const X& x);

 private:
  const char* in_;
  std::FILE* out_;
};

namespace detail {

template <class X>
inline constexpr bool is_pack = false;
template <class... A>
inline constexpr bool is_pack<Pack<A...>> = true;
template <class X>
inline constexpr bool is_values = false;
template <class... A>
inline constexpr bool is_values<Values<A...>> = true;
template <class X>
inline constexpr bool is_tensor = false;
template <class T, auto... D>
inline constexpr bool is_tensor<Tensor<T, D...>> = true;

struct Anything {
  template <class T>
  constexpr operator T() const;
};
/// How many members an aggregate has.
template <class X, class... A>
constexpr int members() {
  if constexpr (requires { X{std::declval<A>()..., Anything{}}; }) return members<X, A..., Anything>();
  else return sizeof...(A);
}

template <class F, class... A, std::size_t... I>
constexpr void each_of_pack(const Pack<A...>& p, F f, std::index_sequence<I...>);

/// f on every tensor or number in `x`, in order.
template <class X, class F>
constexpr void each(const X& x, F f) {
  if constexpr (Operand<X> || etch::detail::is_number<X>) {
    f(x);
  } else if constexpr (is_pack<X>) {
    each_of_pack(x, f, std::make_index_sequence<static_cast<std::size_t>(X::size)>{});
  } else if constexpr (is_values<X>) {
    each(x.value, f);
  } else if constexpr (requires { x.begin(); x.end(); }) {
    for (const auto& v : x) each(v, f);
  } else {
    constexpr int n = members<X>();
    static_assert(n >= 1 && n <= 4, "conformance: results of this type cannot be taken apart");
    if constexpr (n == 1) {
      const auto& [a] = x;
      each(a, f);
    } else if constexpr (n == 2) {
      const auto& [a, b] = x;
      each(a, f), each(b, f);
    } else if constexpr (n == 3) {
      const auto& [a, b, c] = x;
      each(a, f), each(b, f), each(c, f);
    } else {
      const auto& [a, b, c, d] = x;
      each(a, f), each(b, f), each(c, f), each(d, f);
    }
  }
}
template <class F, class... A, std::size_t... I>
constexpr void each_of_pack(const Pack<A...>& p, F f, std::index_sequence<I...>) {
  (each(etch::detail::held<I>(p), f), ...);
}

template <class P, class... A, std::size_t... I>
constexpr P make_pack(std::index_sequence<I...>, const A&... a) {
  return P{{{a}...}};
}

}  // namespace detail

/// `self(x)`: the tensor that a method is called on; a number has no methods.
template <Operand X>
constexpr const X& self(const X& x) {
  return x;
}

/// x, in a program that trains or does not: `training=True` of functions that draw.
template <class X>
constexpr X in_mode(X x, bool training) {
  if constexpr (requires { x.builder; }) x.builder->training = training;  // of a tensor the program is yet to come
  return x;
}

/// The deviation and the largest size of what an initialiser gives, over many draws.
struct Measured {
  double deviation = 0, bound = 0;
};
template <class X, class F>
Measured measured(F initialise) {
  Generator g{7};
  X x;
  double sum = 0, squares = 0, count = 0, most = 0;
  while (count < 40000) {
    initialise(x, g);
    for (std::int64_t i = 0; i < x.numel(); ++i) {
      const double v = x.data()[i];
      sum += v;
      squares += v * v;
      most = v > most ? v : -v > most ? -v : most;
    }
    count += static_cast<double>(x.numel());
  }
  return {std::sqrt(squares / count - sum / count * (sum / count)), most};
}

/// Whole numbers as a constant, in the program of x.
template <long long... V, class X>
constexpr auto numbers(X x) {
  Builder& b = *x.builder;
  const Shape one{1, {1}};
  int r = b.empty(Shape{1, {static_cast<int>(sizeof...(V))}}, DType::int64), at = 0;
  ((r = b.place(r, b.constant(static_cast<double>(V), DType::int64, one), 0, at++, 1)), ...);
  return Tracer<std::int64_t, static_cast<int>(sizeof...(V))>{&b, r};
}

/// Several results of a traced function.
template <class... A>
constexpr auto outputs(const A&... a) {
  return Pack<A...>{{{a}...}};
}

/// An entry of a module's state_dict.
template <class X>
struct Named {
  const char* name;
  X value;
};

#if defined(__clang__)
#pragma clang diagnostic push
#pragma clang diagnostic ignored "-Wundefined-var-template"
#endif
template <class M>
constexpr const M& module_of() {
  return prototype<M>;
}
#if defined(__clang__)
#pragma clang diagnostic pop
#endif

/// While it lives, the tensors of module M are the nodes that a state_dict has under their names; every name must be used.
template <class M>
class Loaded {
 public:
  template <class... X>
  constexpr Loaded(Builder* b, bool training, const Named<X>&... state) : builder_(b) {
    const char* const name[] = {state.name..., ""};
    const int id[] = {state.value.id..., -1};
    each_named_tensor(module_of<M>(), [&]<class T>(const char* path, const T& tensor) {
      int found = -1;
      for (std::size_t k = 0; k < sizeof...(X); ++k)
        if (same(path, name[k])) found = id[k];
      if (found < 0) the_module_has_a_tensor_that_the_state_has_not();
      if (!(b->shape(found) == b->shape_of(T::dims())) || b->dtype(found) != dtype_of<typename T::value_type>) a_tensor_of_the_module_has_another_shape();
      table_[next_++] = {&tensor, found};
    });
    if (next_ != static_cast<int>(sizeof...(X))) the_state_has_a_tensor_that_the_module_has_not();
    b->training = training;
    bound_.tensors = next_;
    b->bind(&bound_);
  }
  constexpr ~Loaded() { builder_->bind(nullptr); }
  Loaded(const Loaded&) = delete;

 private:
  static constexpr bool same(const char* a, const char* b) {
    for (; *a != 0 && *a == *b; ++a) ++b;
    return *a == *b;
  }
  static void the_state_has_a_tensor_that_the_module_has_not() {}
  static void the_module_has_a_tensor_that_the_state_has_not() {}
  static void a_tensor_of_the_module_has_another_shape() {}

  Builder* builder_;
  BoundParameter table_[layout<M>.tensors + 1]{};
  BoundTensors bound_{table_, nullptr};
  int next_ = 0;
};

/// Which inputs get a gradient, and which outputs enter the loss.
template <int... I>
struct Wrt {
  static constexpr int count = sizeof...(I);
  static constexpr int at[] = {I..., -1};
};
template <int... I>
struct Loss {
  static constexpr bool has(int k) { return ((I == k) || ...); }
};

/// loss = sum over j, k of out_j[k] c(j, k); c is an input, filled by `run`, and what arrives at output j going back.
template <class F, class W, class L, class... In>
struct Traced {
  static constexpr int capacity = 2048;
  static constexpr int inputs = sizeof...(In);
  static constexpr void trace(Builder& b) {
    Pack<typename In::tracer...> in{{{decltype(std::declval<In>().leaf())::trace(b)}...}};
    trace_outputs(b, in, std::index_sequence_for<In...>{});
  }
  template <class P, std::size_t... I>
  static constexpr void trace_outputs(Builder& b, const P& in, std::index_sequence<I...>) {
    const auto r = F{}(etch::detail::held<I>(in)...);
    const int ids[] = {etch::detail::held<I>(in).id..., -1};
    int total[W::count + 1]{};
    for (int i = 0; i < W::count; ++i) total[i] = -1;
    int slot = 0;
    detail::each(r, [&](auto y) {
      using Y = etch::detail::tracer_of<decltype(y)>;
      if (b.dtype(y.id) != dtype_of<typename Y::value_type> || !(b.shape(y.id) == b.shape_of(Y::dims()))) the_node_is_not_what_its_type_says();
      b.output(y.id, slot);
      if (L::has(slot++) && W::count > 0) {
        int wrt[W::count + 1]{}, gradient[W::count + 1]{};
        for (int i = 0; i < W::count; ++i) wrt[i] = ids[W::at[i]];
        reverse(b, y.id, weights(b, y), wrt, W::count, gradient);
        for (int i = 0; i < W::count; ++i) total[i] = etch::detail::accumulate(b, total[i], gradient[i]);
      }
    });
    for (int i = 0; i < W::count; ++i) b.output(total[i], slot++);
  }
  template <class T, auto... D>
  static constexpr int weights(Builder& b, Tracer<T, D...>) {
    return TensorLeaf<T, D...>::trace(b).id;
  }
  static void the_node_is_not_what_its_type_says() {}
};

/// Where programs run: here, or where Thrust runs them.
#if defined(CONFORMANCE_DEVICE)
using PlanView = device::ProgramView;
template <class Code>
using Kernels = device::Code<Code>;
#else
using PlanView = cpu::PlanView;
template <class Code>
using Kernels = Code;
#endif

/// Runs a compiled program on the job's inputs; `outputs` of its results are outputs (the rest are gradients), which
/// outputs enter the loss is told by `in_loss`.
void run(Job& job, const PlanView& plan, const GraphRef& graph, int inputs, bool (*in_loss)(int));

template <class F, class W, class L, class... In>
void traced(Job& job) {
  using Spec = Traced<F, W, L, In...>;
  using Code = Compiled<Spec>;
  run(job, Kernels<Code>::view(), ref(Code::graph), Spec::inputs, &L::has);
}

template <class X>
void Job::result(const X& x) {
  detail::each(x, [&](const auto& v) {
    using V = std::remove_cvref_t<decltype(v)>;
    if constexpr (etch::detail::is_number<V>) {
      write(name_of(dtype_of<V>), 0, nullptr, &v, sizeof(V));
    } else if constexpr (detail::is_tensor<V>) {
      std::int64_t sizes[max_rank]{};
      for (int i = 0; i < V::rank; ++i) sizes[i] = v.size(i);
      write(name_of(dtype_of<typename V::value_type>), V::rank, sizes, v.data(), static_cast<std::size_t>(v.numel()) * sizeof(typename V::value_type));
    } else {
      result(eval(v));
    }
  });
}

struct Runnable {
  void (*run)(Job&);
};
extern const Runnable programs[];

}  // namespace conformance

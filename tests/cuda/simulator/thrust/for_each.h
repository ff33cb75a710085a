// Thrust's loop over numbers in a stream, simulated: a thread each.
#pragma once

#include "../runtime.hpp"

namespace thrust {
template <class T>
struct counting_iterator {
  T first;
  explicit counting_iterator(T begin) : first(begin) {}
};
struct system_error {  // never thrown: a simulated loop fails when somebody waits for it
  struct Code {
    int value() const { return 0; }
  };
  Code code() const { return {}; }
};
namespace cuda {
struct Policy {
  cudaStream_t stream = nullptr;
  Policy on(cudaStream_t s) const { return {s}; }
};
inline constexpr Policy par_nosync{};
}  // namespace cuda
template <class T, class N, class F>
void for_each_n(const cuda::Policy& policy, counting_iterator<T> first, N n, F f) {
  struct Loop {
    F f;
    T first, n;
  };
  const Loop loop{f, first.first, static_cast<T>(n)};
  simulator::enqueue(policy.stream, simulator::command_of({}, loop, [](const simulator::Command&, const void* p) {
    const Loop& l = *static_cast<const Loop*>(p);
    for (T i = l.n; i > 0; --i) l.f(l.first + i - 1);  // any order
  }));
}
}  // namespace thrust

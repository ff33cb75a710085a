// An atomic number. <atomic> brings 30,000 lines of libstdc++ into every program; these are the operations that etch needs.
#pragma once

#include <etch/core/config.hpp>

namespace etch {
inline namespace ETCH_ABI {
namespace detail {

/// A number that threads share. Reads acquire, writes release, and what does both does both, unless said otherwise.
template <class T>
class Atomic {
 public:
  constexpr explicit Atomic(T value = T()) : value_(value) {}
  Atomic(const Atomic&) = delete;
  Atomic& operator=(const Atomic&) = delete;

  template <int Order = __ATOMIC_ACQUIRE>
  T load() const {
    return __atomic_load_n(&value_, Order);
  }
  template <int Order = __ATOMIC_RELEASE>
  void store(T value) {
    __atomic_store_n(&value_, value, Order);
  }
  /// The value before.
  T exchange(T value) { return __atomic_exchange_n(&value_, value, __ATOMIC_ACQ_REL); }
  T fetch_add(T value) { return __atomic_fetch_add(&value_, value, __ATOMIC_ACQ_REL); }
  /// `value` where `expected` was; otherwise false, and `expected` is what is there.
  bool compare_exchange(T& expected, T value) { return __atomic_compare_exchange_n(&value_, &expected, value, true, __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE); }

 protected:
  T value_;
};

}  // namespace detail
}  // namespace ETCH_ABI
}  // namespace etch

// finfo<T> and iinfo<T>: what a dtype can hold, under PyTorch's names.
#pragma once

#include <etch/core/dtype.hpp>

namespace etch {
inline namespace ETCH_ABI {

/// The limits of a floating type as doubles; of complex<T>, those of T.
template <class T>
struct finfo {
  using limits = std::numeric_limits<T>;
  static constexpr int bits = static_cast<int>(8 * sizeof(T));
  static constexpr double eps = static_cast<double>(limits::epsilon()), max = static_cast<double>(limits::max()), min = static_cast<double>(limits::lowest());
  static constexpr double smallest_normal = static_cast<double>(limits::min()), tiny = smallest_normal;
  /// 10 to the minus number of decimal digits that survive.
  static constexpr double resolution = limits::digits > 50 ? 1e-15 : limits::digits > 20 ? 1e-6 : limits::digits > 10 ? 1e-3 : 1e-2;
  static constexpr const char* dtype = name_of(dtype_of<T>);
};
template <class T>
struct finfo<complex<T>> : finfo<T> {};

/// The limits of an integer type.
template <class T>
struct iinfo {
  static constexpr int bits = static_cast<int>(8 * sizeof(T));
  static constexpr std::int64_t max = static_cast<std::int64_t>(std::numeric_limits<T>::max()), min = static_cast<std::int64_t>(std::numeric_limits<T>::lowest());
  static constexpr const char* dtype = name_of(dtype_of<T>);
};

}  // namespace ETCH_ABI
}  // namespace etch

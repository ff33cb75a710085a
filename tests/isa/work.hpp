// What both objects compute. The namespace is unnamed so that the two copies cannot be taken for each other.
#pragma once

#if __has_include(<etch/etch.hpp>)
#include <etch/etch.hpp>
#else
#include <etch/core/dtype.hpp>
#include <etch/core/error.hpp>
#endif

namespace {

/// A number that both objects must agree on, up to rounding. Real work goes here.
inline double work() {
  double bytes = 0;
  for (int t = 0; t <= static_cast<int>(etch::DType::float64); ++t)
    bytes += static_cast<double>(etch::size_of(etch::promote(static_cast<etch::DType>(t), etch::DType::int16)));
  return bytes;
}

}  // namespace

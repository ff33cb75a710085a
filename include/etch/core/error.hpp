// One exception type for everything that goes wrong at run time: `etch: operation: rule; values`.
#pragma once

#include <etch/core/config.hpp>

#include <exception>
#if !defined(__cpp_exceptions)
#include <cstdio>
#include <cstdlib>
#endif

namespace etch {
inline namespace ETCH_ABI {

/// A fixed-size text that numbers and strings are appended to; what does not fit is cut, nothing allocates. Its functions
/// are calls, lest every kernel with a check carries them.
class Message {
 public:
  constexpr Message() = default;
  ETCH_COLD constexpr Message& operator<<(const char* text) {
    while (*text != '\0' && size_ + 1 < capacity) text_[size_++] = *text++;
    text_[size_] = '\0';
    return *this;
  }
  ETCH_COLD constexpr Message& operator<<(char c) {
    const char text[2] = {c, '\0'};
    return *this << text;
  }
  ETCH_COLD constexpr Message& operator<<(long long number) {
    char digits[24] = {};
    int at = 23;
    const bool negative = number < 0;
    unsigned long long rest = negative ? 0ULL - static_cast<unsigned long long>(number) : static_cast<unsigned long long>(number);
    do {
      digits[--at] = static_cast<char>('0' + rest % 10);
      rest /= 10;
    } while (rest != 0);
    if (negative) digits[--at] = '-';
    return *this << &digits[at];
  }
  constexpr Message& operator<<(long number) { return *this << static_cast<long long>(number); }
  constexpr Message& operator<<(int number) { return *this << static_cast<long long>(number); }
  constexpr Message& operator<<(unsigned long number) { return *this << static_cast<long long>(number); }
  /// Six digits behind the point, or nan, inf; from 10^15 on only that it is large.
  ETCH_COLD constexpr Message& operator<<(double number) {
    if (number != number) return *this << "nan";
    if (number < 0) return *this << '-' << -number;
    if (number > 1e15) return *this << (number > 1.7976931348623157e308 ? "inf" : "more than 10^15");
    const auto millionths = static_cast<unsigned long long>(number * 1e6 + 0.5);
    *this << static_cast<long long>(millionths / 1000000) << '.';
    for (unsigned long long digit = 100000; digit > 0; digit /= 10) *this << static_cast<char>('0' + millionths / digit % 10);
    return *this;
  }
  /// A shape: (2, 3).
  template <class Int>
  constexpr Message& shape(const Int* sizes, int rank) {
    *this << '(';
    for (int i = 0; i < rank; ++i) {
      if (i != 0) *this << ", ";
      *this << static_cast<long long>(sizes[i]);
    }
    return *this << ')';
  }
  constexpr const char* c_str() const { return text_; }

 private:
  static constexpr int capacity = 512;
  char text_[capacity] = {};
  int size_ = 0;
};

/// Thrown when an argument known only at run time breaks a rule; `what()` is `etch: operation: rule; values`.
class Error : public std::exception {
 public:
  ETCH_COLD Error(const char* operation, const char* rule, const Message& values = {}) {
    text_ << "etch: " << operation << ": " << rule;
    if (values.c_str()[0] != '\0') text_ << "; " << values.c_str();
  }
  const char* what() const noexcept override { return text_.c_str(); }

 private:
  Message text_;
};

/// Throws `Error`; where exceptions are off, prints the sentence and aborts.
[[noreturn]] ETCH_COLD inline void fail(const char* operation, const char* rule, const Message& values = {}) {
#if defined(__cpp_exceptions)
  throw Error(operation, rule, values);
#else
  std::fprintf(stderr, "%s\n", Error(operation, rule, values).what());
  std::abort();
#endif
}

}  // namespace ETCH_ABI
}  // namespace etch

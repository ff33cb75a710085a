// The options of a program, one after another.
//
//   for (tools::CommandLine line("lenet", usage, argc, argv); line.next();)
//     if (line.is("--steps")) steps = line.number<long long>(10'000'000);
//     else if (line.is("--text")) text = line.value();
//     else line.refuse("unknown option");
//
// What is wrong with them ends the program with its usage on stderr and status 2; --help prints the usage, with status 0.
#pragma once

#include <etch/core/config.hpp>

#include <charconv>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <limits>

namespace etch {
inline namespace ETCH_ABI {
namespace tools {

class CommandLine {
 public:
  CommandLine(const char* program, const char* usage, int argc, char** argv) : program_(program), usage_(usage), argc_(argc), argv_(argv) {}

  /// Goes on to the next option; false where there is none.
  bool next() {
    if (++at_ >= argc_) return false;
    option_ = argv_[at_];
    if (is("--help") || is("-h")) std::fputs(usage_, stdout), std::exit(0);
    return true;
  }
  bool is(const char* name) const { return std::strcmp(option_, name) == 0; }
  /// What follows the option.
  const char* value() {
    if (at_ + 1 == argc_) refuse("something must follow");
    return argv_[++at_];
  }
  /// The whole number that follows the option, from 0 to `most`.
  template <class T>
  T number(T most = std::numeric_limits<T>::max()) {
    T result = 0;
    const char* text = value();
    const char* end = text + std::strlen(text);
    const auto read = std::from_chars(text, end, result);
    if (read.ec != std::errc() || read.ptr != end || result < 0 || result > most) refuse("a whole number must follow");
    return result;
  }
  /// Ends the program: `what` is wrong with this option, or with all of them once they are read.
  [[noreturn]] void refuse(const char* what) const {
    const bool one = at_ < argc_;
    std::fprintf(stderr, "%s: %s%s%s\n\n%s", program_, what, one ? " " : "", one ? option_ : "", usage_);
    std::exit(2);
  }

 private:
  const char* program_;
  const char* usage_;
  int argc_;
  char** argv_;
  int at_ = 0;
  const char* option_ = "";
};

}  // namespace tools
}  // namespace ETCH_ABI
}  // namespace etch

// The command line of the example.
#pragma once

#include <cstdint>

namespace lenet {

struct Options {
  long long steps = 400;
  std::uint64_t seed = 1;
  int threads = 0;               ///< 0: as many as there are processors
  bool quiet = false;
  const char* images = nullptr;  ///< IDX files; null: digits are drawn
  const char* labels = nullptr;
};

/// Reads the command line; what is wrong with it ends the program with its usage and status 2, --help with status 0.
Options parse_options(int argc, char** argv);

}  // namespace lenet

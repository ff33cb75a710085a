// The command line of the example.
#pragma once

#include <cstdint>

namespace chargpt {

struct Options {
  long long steps = 1000;  ///< in all, those of a resumed run included
  bool steps_given = false;
  std::uint64_t seed = 1;
  bool seed_given = false;
  bool quiet = false;
  int threads = 0;                 ///< 0: as many as there are processors
  const char* text = nullptr;      ///< a file; null: the default text
  const char* resume = nullptr;    ///< a file that an earlier run saved
  const char* generate = nullptr;  ///< the beginning of the generated text

  /// Whether there is anything to train: a saved model that only has to write is left as it is.
  bool trains() const { return steps_given || resume == nullptr || generate == nullptr; }
};

/// Reads the command line; what is wrong with it ends the program with its usage and status 2, --help with status 0.
Options parse_options(int argc, char** argv);

}  // namespace chargpt

#include "options.hpp"

#include <charconv>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <limits>

namespace chargpt {
namespace {

constexpr char usage[] =
    "usage: chargpt [--steps N] [--seed S] [--threads N] [--text FILE] [--resume FILE] [--generate TEXT] [--quiet]\n"
    "\n"
    "Trains a small GPT on text, one character at a time, saves it and lets it write.\n"
    "\n"
    "  --steps N        training steps in all, those of a resumed run included; 1000 unless said\n"
    "  --seed S         of the first parameters, the batches and the generated text; 1 unless said\n"
    "  --threads N      as many as there are processors unless said; the result is the same bit for bit\n"
    "  --text FILE      what to learn; by default the licenses in /usr/share/common-licenses\n"
    "  --resume FILE    goes on from a chargpt.safetensors\n"
    "  --generate TEXT  how the generated text begins; with --resume and without --steps, nothing is trained\n"
    "  --quiet          prints only the last line, and the text after --generate\n"
    "\n"
    "Writes chargpt.safetensors and chargpt.svg, the loss curve, to the current folder. Ctrl-C saves before it "
    "leaves.\n"
    "The last line is `loss L val V steps N seconds S allocations A`.\n";

[[noreturn]] void refuse(const char* what, const char* option) {
  std::fprintf(stderr, "chargpt: %s%s%s\n\n%s", what, option[0] != '\0' ? " " : "", option, usage);
  std::exit(2);
}

/// The number after an option, at most `most`.
template <class T>
T number(const char* option, const char* text, T most = std::numeric_limits<T>::max()) {
  T value = 0;
  const char* end = text + std::strlen(text);
  const auto read = std::from_chars(text, end, value);
  if (read.ec != std::errc() || read.ptr != end || value < 0 || value > most)
    refuse("a whole number must follow", option);
  return value;
}

}  // namespace

Options parse_options(int argc, char** argv) {
  Options options;
  for (int i = 1; i < argc; ++i) {
    const char* option = argv[i];
    const auto is = [option](const char* name) { return std::strcmp(option, name) == 0; };
    const auto value = [&]() -> const char* {
      if (i + 1 == argc) refuse("something must follow", option);
      return argv[++i];
    };
    if (is("--steps"))
      options.steps = number<long long>(option, value(), 10'000'000), options.steps_given = true;
    else if (is("--seed"))
      options.seed = number<std::uint64_t>(option, value()), options.seed_given = true;
    else if (is("--threads"))
      options.threads = number<int>(option, value(), 256);
    else if (is("--text"))
      options.text = value();
    else if (is("--resume"))
      options.resume = value();
    else if (is("--generate"))
      options.generate = value();
    else if (is("--quiet"))
      options.quiet = true;
    else if (is("--help") || is("-h"))
      std::fputs(usage, stdout), std::exit(0);
    else
      refuse("unknown option", option);
  }
  return options;
}

}  // namespace chargpt

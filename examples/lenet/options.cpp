#include "options.hpp"

#include <charconv>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <limits>

namespace lenet {
namespace {

constexpr char usage[] =
    "usage: lenet [--steps N] [--seed S] [--threads N] [--images FILE --labels FILE] [--quiet]\n"
    "\n"
    "Trains LeNet-5 to read digits, the last tenth of which it is tested with.\n"
    "\n"
    "  --steps N      batches of 64; 400 unless said\n"
    "  --seed S       of the first parameters, the batches and the drawn digits; 1 unless said\n"
    "  --threads N    as many as there are processors unless said; the result is the same bit for bit\n"
    "  --images FILE  an IDX file [count, 28, 28] of bytes, such as MNIST's train-images-idx3-ubyte; without it, digits are drawn\n"
    "  --labels FILE  an IDX file [count] of what they show\n"
    "  --quiet        prints only the last line\n"
    "\n"
    "Writes lenet.safetensors and lenet.svg, a picture of the result, to the current folder. Ctrl-C saves before it leaves.\n"
    "The last line is `loss L accuracy A steps N seconds S`.\n";

[[noreturn]] void refuse(const char* what, const char* option) {
  std::fprintf(stderr, "lenet: %s%s%s\n\n%s", what, option[0] != '\0' ? " " : "", option, usage);
  std::exit(2);
}

/// The number after an option, at most `most`.
template <class T>
T number(const char* option, const char* text, T most = std::numeric_limits<T>::max()) {
  T value = 0;
  const char* end = text + std::strlen(text);
  const auto read = std::from_chars(text, end, value);
  if (read.ec != std::errc() || read.ptr != end || value < 0 || value > most) refuse("a whole number must follow", option);
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
      options.steps = number<long long>(option, value(), 10'000'000);
    else if (is("--seed"))
      options.seed = number<std::uint64_t>(option, value());
    else if (is("--threads"))
      options.threads = number<int>(option, value(), 256);
    else if (is("--images"))
      options.images = value();
    else if (is("--labels"))
      options.labels = value();
    else if (is("--quiet"))
      options.quiet = true;
    else if (is("--help") || is("-h"))
      std::fputs(usage, stdout), std::exit(0);
    else
      refuse("unknown option", option);
  }
  if ((options.images == nullptr) != (options.labels == nullptr)) refuse("--images and --labels go together", "");
  return options;
}

}  // namespace lenet

#include "options.hpp"

#include <etch/tools/command_line.hpp>

namespace lenet {

namespace {

using namespace etch;

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

}  // namespace

Options parse_options(int argc, char** argv) {
  Options options;
  tools::CommandLine line("lenet", usage, argc, argv);
  while (line.next()) {
    if (line.is("--steps")) options.steps = line.number<long long>(10'000'000);
    else if (line.is("--seed")) options.seed = line.number<std::uint64_t>();
    else if (line.is("--threads")) options.threads = line.number<int>(256);
    else if (line.is("--images")) options.images = line.value();
    else if (line.is("--labels")) options.labels = line.value();
    else if (line.is("--quiet")) options.quiet = true;
    else line.refuse("unknown option");
  }
  if ((options.images == nullptr) != (options.labels == nullptr)) line.refuse("--images and --labels go together");
  return options;
}

}  // namespace lenet

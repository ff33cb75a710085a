#include "options.hpp"

#include <etch/tools/command_line.hpp>

namespace chargpt {

namespace {

using namespace etch;

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

}  // namespace

Options parse_options(int argc, char** argv) {
  Options options;
  tools::CommandLine line("chargpt", usage, argc, argv);
  while (line.next()) {
    if (line.is("--steps")) options.steps = line.number<long long>(10'000'000), options.steps_given = true;
    else if (line.is("--seed")) options.seed = line.number<std::uint64_t>(), options.seed_given = true;
    else if (line.is("--threads")) options.threads = line.number<int>(256);
    else if (line.is("--text")) options.text = line.value();
    else if (line.is("--resume")) options.resume = line.value();
    else if (line.is("--generate")) options.generate = line.value();
    else if (line.is("--quiet")) options.quiet = true;
    else line.refuse("unknown option");
  }
  return options;
}

}  // namespace chargpt

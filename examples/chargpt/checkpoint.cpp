#include "checkpoint.hpp"

#include <etch/io/training_state.hpp>

#include <charconv>
#include <string>

namespace chargpt {
namespace {

/// The symbols as codes in hexadecimal: what is in a file must be UTF-8, which one byte of a text need not be.
std::string symbol_codes(const Text& text) {
  constexpr char digits[] = "0123456789abcdef";
  std::string codes;
  for (const char c : text.symbols()) {
    codes += digits[static_cast<unsigned char>(c) >> 4];
    codes += digits[static_cast<unsigned char>(c) & 15];
  }
  return codes;
}

}  // namespace

void save(Step& step, const Text& text, const Options& options) {
  const std::string seed = std::to_string(options.seed), codes = symbol_codes(text);
  const etch::io::Metadata metadata[] = {{"chargpt.seed", seed}, {"chargpt.symbols", codes}};
  etch::save(step, checkpoint_path, metadata);
}

void resume(Step& step, const Text& text, Options& options) {
  const etch::io::SafetensorsFile file(options.resume);
  const std::string_view codes = file.metadata("chargpt.symbols"), seed = file.metadata("chargpt.seed");
  if (!codes.empty() && codes != symbol_codes(text))
    etch::fail("chargpt", "the text must have the symbols that the saved model has learned",
               etch::Message{} << "see --text, and chargpt.symbols in " << options.resume);
  if (!options.seed_given) std::from_chars(seed.data(), seed.data() + seed.size(), options.seed);
  if (file.metadata("etch.steps").empty())
    etch::load(step.model(), options.resume);
  else
    etch::load(step, options.resume);
}

}  // namespace chargpt

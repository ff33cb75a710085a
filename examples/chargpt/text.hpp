// The text of the example: files -> bytes -> symbols (sorted distinct bytes) -> batches of windows and what follows
// them.
#pragma once

#include <etch/core/error.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace chargpt {

/// The bytes of a file. Errors: it cannot be read.
std::string read_file(const std::string& path);

/// All regular files of a directory in the order of their names (as bytes), links followed, one after the other; a file
/// whose content has been there already is left out.
std::string read_directory(const std::string& path);

/// The text to learn: `path`, or by default the licences that every Debian machine has (237,320 characters, 86 symbols
/// on Debian 12).
std::string load_text(const char* path = nullptr);

/// 64 bits that depend on every bit of x: the finaliser of splitmix64.
constexpr std::uint64_t mix(std::uint64_t x) {
  x = (x ^ x >> 30) * 0xBF58476D1CE4E5B9u;
  x = (x ^ x >> 27) * 0x94D049BB133111EBu;
  return x ^ x >> 31;
}

/// A hash of three counters, the source of all choices below: h = mix(mix(mix(seed + g) + step + g) + row + g) modulo
/// 2^64, where g = 0x9E3779B97F4A7C15 (2^64 divided by the golden ratio).
constexpr std::uint64_t hash(std::uint64_t seed, std::uint64_t step, std::uint64_t row) {
  constexpr std::uint64_t golden = 0x9E3779B97F4A7C15u;
  return mix(mix(mix(seed + golden) + step + golden) + row + golden);
}

/// A text as symbol numbers: the first nine tenths to learn from, the last tenth held out.
class Text {
 public:
  /// Errors: a text too short to hold out anything.
  explicit Text(std::string_view text);

  std::size_t size() const { return tokens_.size(); }
  /// The distinct bytes of the text, sorted: a byte's symbol number is its place here.
  std::string_view symbols() const { return symbols_; }
  std::span<const std::uint8_t> train() const { return std::span(tokens_).first(train_); }
  std::span<const std::uint8_t> held_out() const { return std::span(tokens_).subspan(train_); }

  /// Symbol numbers of `text` into `ids`, of the same length. Errors: a character that the text does not have.
  void encode(std::string_view text, std::int64_t* ids) const;

  /// The character of a symbol number below `symbols().size()`.
  char decode(std::int64_t id) const { return symbols_[static_cast<std::size_t>(id)]; }

 private:
  std::vector<std::uint8_t> tokens_;
  std::size_t train_;
  std::string symbols_;
  std::int16_t symbol_of_[256];
};

/// A batch of windows: row r of `inputs` is tokens[s .. s + context), of `targets` tokens[s + 1 .. s + context], where
/// s = hash(seed, step, r) mod (tokens.size() - context). Both are (batch, context), row-major; nothing is allocated.
/// Errors: fewer tokens than context + 1.
inline void sample(std::span<const std::uint8_t> tokens, std::uint64_t seed, std::uint64_t step, std::size_t batch,
                   std::size_t context, std::int64_t* inputs, std::int64_t* targets) {
  if (tokens.size() <= context)
    etch::fail("text", "text must be longer than a window",
               etch::Message{} << "got " << tokens.size() << " for " << context);
  for (std::size_t row = 0; row < batch; ++row) {
    const std::uint8_t* window = tokens.data() + hash(seed, step, row) % (tokens.size() - context);
    inputs = std::copy_n(window, context, inputs);
    targets = std::copy_n(window + 1, context, targets);
  }
}

}  // namespace chargpt

// The text of the example: files -> bytes -> symbols (sorted distinct bytes) -> batches of windows and what follows
// them.
#pragma once

#include <etch/core/error.hpp>

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <dirent.h>
#include <sys/stat.h>

namespace chargpt {

/// The bytes of a file. Errors: it cannot be read.
inline std::string read_file(const std::string& path) {
  const auto refuse = [&path](int error) {
    etch::fail("text", "file must be readable", etch::Message{} << path.c_str() << ": " << std::strerror(error));
  };
  std::FILE* file = std::fopen(path.c_str(), "rb");
  if (file == nullptr) refuse(errno);
  std::string text;
  char buffer[1 << 16];
  while (const std::size_t got = std::fread(buffer, 1, sizeof buffer, file)) text.append(buffer, got);
  const int error = std::ferror(file) != 0 ? errno : 0;
  std::fclose(file);
  if (error != 0) refuse(error);
  return text;
}

/// All regular files of a directory in the order of their names (as bytes), links followed, one after the other; a file
/// whose content has been there already is left out.
inline std::string read_directory(const std::string& path) {
  std::vector<std::string> names, texts;
  DIR* directory = ::opendir(path.c_str());
  if (directory == nullptr)
    etch::fail("text", "directory must be readable", etch::Message{} << path.c_str() << ": " << std::strerror(errno));
  while (const dirent* item = ::readdir(directory)) names.push_back(path + '/' + item->d_name);
  ::closedir(directory);
  std::sort(names.begin(), names.end());
  std::string all;
  for (const std::string& name : names) {
    struct stat status = {};
    if (::stat(name.c_str(), &status) != 0 || !S_ISREG(status.st_mode)) continue;
    std::string text = read_file(name);
    if (std::find(texts.begin(), texts.end(), text) != texts.end()) continue;
    all += text;
    texts.push_back(std::move(text));
  }
  return all;
}

/// The text to learn: `path`, or by default the licences that every Debian machine has (237,320 characters, 86 symbols
/// on Debian 12).
inline std::string load_text(const char* path = nullptr) {
  return path != nullptr ? read_file(path) : read_directory("/usr/share/common-licenses");
}

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
  explicit Text(std::string_view text) : tokens_(text.begin(), text.end()), train_(text.size() - text.size() / 10) {
    if (text.size() < 20)
      etch::fail("text", "text must have at least 20 characters", etch::Message{} << "got " << text.size());
    std::fill(std::begin(symbol_of_), std::end(symbol_of_), std::int16_t{-1});
    bool present[256] = {};
    for (const std::uint8_t byte : tokens_) present[byte] = true;
    for (int byte = 0; byte < 256; ++byte)
      if (present[byte])
        symbol_of_[byte] = static_cast<std::int16_t>(symbols_.size()), symbols_.push_back(static_cast<char>(byte));
    for (std::uint8_t& token : tokens_) token = static_cast<std::uint8_t>(symbol_of_[token]);
  }

  std::size_t size() const { return tokens_.size(); }
  /// The distinct bytes of the text, sorted: a byte's symbol number is its place here.
  std::string_view symbols() const { return symbols_; }
  std::span<const std::uint8_t> train() const { return std::span(tokens_).first(train_); }
  std::span<const std::uint8_t> held_out() const { return std::span(tokens_).subspan(train_); }

  /// Symbol numbers of `text` into `ids`, of the same length. Errors: a character that the text does not have.
  void encode(std::string_view text, std::int64_t* ids) const {
    for (const char c : text) {
      const int symbol = symbol_of_[static_cast<std::uint8_t>(c)];
      if (symbol < 0)
        etch::fail("text", "characters must occur in the text",
                   etch::Message{} << "found code " << static_cast<int>(static_cast<std::uint8_t>(c)));
      *ids++ = symbol;
    }
  }

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

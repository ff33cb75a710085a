#include "text.hpp"

#include <etch/core/error.hpp>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <utility>

#include <dirent.h>
#include <sys/stat.h>

namespace chargpt {

std::string read_file(const std::string& path) {
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

std::string read_directory(const std::string& path) {
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

std::string load_text(const char* path) {
  return path != nullptr ? read_file(path) : read_directory("/usr/share/common-licenses");
}

Text::Text(std::string_view text) : tokens_(text.begin(), text.end()), train_(text.size() - text.size() / 10) {
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

void Text::encode(std::string_view text, std::int64_t* ids) const {
  for (const char c : text) {
    const int symbol = symbol_of_[static_cast<std::uint8_t>(c)];
    if (symbol < 0)
      etch::fail("text", "characters must occur in the text",
                 etch::Message{} << "found code " << static_cast<int>(static_cast<std::uint8_t>(c)));
    *ids++ = symbol;
  }
}

}  // namespace chargpt

// Strict JSON in the order the caller expects it: text -> object(field...), string(), integer(); no tree, no recursion.
#pragma once

#include <etch/core/config.hpp>
#include <etch/core/error.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace etch {
inline namespace ETCH_ABI {
namespace io {

namespace detail {

/// The length of the UTF-8 sequence at the front of `text`, 0 where it is none: overlong forms, surrogates and numbers
/// beyond U+10FFFF are none.
constexpr std::size_t utf8_length(std::string_view text) {
  const auto byte = [text](std::size_t i) { return i < text.size() ? static_cast<unsigned char>(text[i]) : 0u; };
  const auto tail = [byte](std::size_t i) { return (byte(i) & 0xC0u) == 0x80u; };
  const unsigned first = byte(0), second = byte(1);
  if (text.empty()) return 0;
  if (first < 0x80) return 1;
  if (first < 0xC2 || first > 0xF4 || !tail(1)) return 0;
  if (first < 0xE0) return 2;
  if (!tail(2) || (first == 0xE0 && second < 0xA0) || (first == 0xED && second > 0x9F)) return 0;
  if (first < 0xF0) return 3;
  if (!tail(3) || (first == 0xF0 && second < 0x90) || (first == 0xF4 && second > 0x8F)) return 0;
  return 4;
}

/// Appends the character numbered `code`, at most U+10FFFF, in UTF-8.
ETCH_COLD inline void append_utf8(std::string& out, unsigned code) {
  const auto put = [&out](unsigned byte) { out.push_back(static_cast<char>(byte)); };
  if (code < 0x80) return put(code);
  if (code < 0x800) {
    put(0xC0 | code >> 6);
  } else {
    if (code < 0x10000) {
      put(0xE0 | code >> 12);
    } else {
      put(0xF0 | code >> 18);
      put(0x80 | (code >> 12 & 0x3F));
    }
    put(0x80 | (code >> 6 & 0x3F));
  }
  put(0x80 | (code & 0x3F));
}

/// A key that appears twice.
ETCH_COLD inline std::optional<std::string_view> repeated(std::vector<std::string_view> keys) {
  std::sort(keys.begin(), keys.end());
  const auto twice = std::adjacent_find(keys.begin(), keys.end());
  if (twice == keys.end()) return {};
  return *twice;
}

}  // namespace detail

/// Whether `text` is well-formed UTF-8.
constexpr bool is_utf8(std::string_view text) {
  while (!text.empty()) {
    const std::size_t length = detail::utf8_length(text);
    if (length == 0) return false;
    text.remove_prefix(length);
  }
  return true;
}

/// Appends `text`, which must be UTF-8, as a JSON string with its quotes.
ETCH_COLD inline void append_json(std::string& out, std::string_view text) {
  static constexpr char digits[] = "0123456789abcdef";
  out.push_back('"');
  for (const char c : text) {
    if (c == '"' || c == '\\') {
      (out += '\\') += c;
    } else if (static_cast<unsigned char>(c) < 0x20) {
      ((out += "\\u00") += digits[c >> 4]) += digits[c & 15];
    } else {
      out.push_back(c);
    }
  }
  out.push_back('"');
}

/// Reads JSON front to back; what is not as expected is `etch: operation: rule; expected ... at byte N`.
class JsonReader {
 public:
  JsonReader(std::string_view text, const char* operation, const char* rule)
      : text_(text), operation_(operation), rule_(rule) {}

  /// An object: calls `field(key)` for each key, which must read the value. A key that appears twice is refused.
  template <class Field>
  void object(Field&& field) {
    std::vector<std::string> keys;
    expect('{');
    if (!accept('}')) {
      do {
        keys.push_back(string());
        expect(':');
        field(std::as_const(keys.back()));
      } while (accept(','));
      expect('}');
    }
    if (detail::repeated({keys.begin(), keys.end()})) refuse("every key once in the object that ends");
  }

  /// An array: calls `element()` for each element, which must read it.
  template <class Element>
  void array(Element&& element) {
    expect('[');
    if (accept(']')) return;
    do element();
    while (accept(','));
    expect(']');
  }

  /// A string, its escapes resolved; anything that is not UTF-8 is refused.
  ETCH_COLD std::string string() {
    expect('"');
    std::string out;
    for (char c = take(); c != '"'; c = take()) {
      if (static_cast<unsigned char>(c) < 0x20) refuse("an escape for a control character");
      if (c == '\\') {
        escape(out);
      } else {
        out.push_back(c);
      }
    }
    if (!is_utf8(out)) refuse("UTF-8 in the string that ends");
    return out;
  }

  /// An integer from 0 to 2^63 - 1, written without fraction or exponent.
  ETCH_COLD std::int64_t integer() {
    constexpr std::int64_t most = std::numeric_limits<std::int64_t>::max();
    skip_space();
    const std::size_t first = at_;
    std::int64_t value = 0;
    for (; is_digit(peek()); ++at_) {
      const int digit = peek() - '0';
      if (value > (most - digit) / 10) refuse("an integer below 2^63");
      value = value * 10 + digit;
    }
    if (at_ == first || (text_[first] == '0' && at_ > first + 1)) refuse("a non-negative integer");
    if (peek() == '.' || peek() == 'e' || peek() == 'E') refuse("an integer");
    return value;
  }

  /// The end of the text: only white space may be left.
  ETCH_COLD void end() {
    skip_space();
    if (at_ != text_.size()) refuse("nothing more");
  }

  [[noreturn]] void refuse(const char* expected) const {
    fail(operation_, rule_, Message{} << "expected " << expected << " at byte " << at_);
  }

 private:
  static constexpr bool is_digit(char c) { return c >= '0' && c <= '9'; }
  char peek() const { return at_ < text_.size() ? text_[at_] : '\0'; }

  char take() {
    if (at_ == text_.size()) refuse("a quote to end the string");
    return text_[at_++];
  }

  void skip_space() {
    while (peek() == ' ' || peek() == '\t' || peek() == '\n' || peek() == '\r') ++at_;
  }

  bool accept(char c) {
    skip_space();
    if (at_ == text_.size() || text_[at_] != c) return false;
    ++at_;
    return true;
  }

  void expect(char c) {
    const char quoted[] = {'\'', c, '\'', '\0'};
    if (!accept(c)) refuse(quoted);
  }

  ETCH_COLD void escape(std::string& out) {
    static constexpr std::string_view names = "\"\\/bfnrt", values = "\"\\/\b\f\n\r\t";
    const char name = take();
    if (name == 'u') return unicode(out);
    const std::size_t found = names.find(name);
    if (found == names.npos) refuse("an escape that JSON knows");
    out.push_back(values[found]);
  }

  ETCH_COLD void unicode(std::string& out) {
    unsigned code = hex4();
    if (code >= 0xD800 && code < 0xDC00) {  // the first half of a pair that stands for U+10000 and above
      if (text_.substr(at_, 2) != "\\u") refuse("the second half of a surrogate pair");
      at_ += 2;
      const unsigned low = hex4();
      if (low < 0xDC00 || low > 0xDFFF) refuse("the second half of a surrogate pair");
      code = 0x10000 + ((code - 0xD800) << 10) + (low - 0xDC00);
    } else if (code >= 0xDC00 && code < 0xE000) {
      refuse("the first half of a surrogate pair");
    }
    detail::append_utf8(out, code);
  }

  unsigned hex4() {
    unsigned code = 0;
    for (int i = 0; i < 4; ++i) {
      const char c = take(), lower = static_cast<char>(c | 0x20);
      if (is_digit(c)) {
        code = code * 16 + static_cast<unsigned>(c - '0');
      } else if (lower >= 'a' && lower <= 'f') {
        code = code * 16 + static_cast<unsigned>(lower - 'a' + 10);
      } else {
        refuse("four hexadecimal digits");
      }
    }
    return code;
  }

  std::string_view text_;
  std::size_t at_ = 0;
  const char* operation_;
  const char* rule_;
};

}  // namespace io
}  // namespace ETCH_ABI
}  // namespace etch

// Safetensors files, by name: 8 bytes of header length | JSON {name: {dtype, shape, data_offsets}} | row-major data.
#pragma once

#include <etch/core/config.hpp>
#include <etch/core/dtype.hpp>
#include <etch/core/error.hpp>
#include <etch/io/file.hpp>
#include <etch/io/json.hpp>

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <limits>
#include <memory>
#include <numeric>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace etch {
inline namespace ETCH_ABI {
namespace io {

static_assert(std::endian::native == std::endian::little, "etch: safetensors: the machine must be little-endian");

/// Memory the caller owns, row-major and dense, with the name it has in a file.
struct Entry {
  std::string_view name;
  DType dtype;
  const std::int64_t* shape;
  int rank;
  void* data;  ///< read by `write_safetensors`, written by `read_safetensors`; need not be aligned
};

/// One pair of the text that a file carries beside its tensors.
struct Metadata {
  std::string_view key, value;
};

/// What a file says of one tensor.
struct StoredTensor {
  std::string name;
  std::string_view stored;  ///< the element type as the file spells it: "F32", "BF16"
  DType dtype;
  std::vector<std::int64_t> shape;
  std::uint64_t begin, end;  ///< where its bytes lie in the data
};

/// Writes the entries in the order given, replacing `path` in one step: the old file stays whole until the new one is
/// on the disk, also when the process is killed (a stray `path.tmp-PID-N` may stay behind) or the disk is full.
/// Errors: names that are not UTF-8, not unique or `__metadata__`; a negative size; whatever the system refuses.
void write_safetensors(const char* path, std::span<const Entry> entries, std::span<const Metadata> metadata = {});

/// Reads a file that holds exactly these entries, in any order. Everything is checked, and all data read, before the
/// first byte of any entry is written: an Error leaves them as they were. float16 and bfloat16 are also read into float32.
void read_safetensors(const char* path, std::span<const Entry> entries);

namespace detail {

struct StoredType {
  std::string_view code;
  const char* name;
  std::uint64_t bytes;
  DType dtype;
};

inline constexpr StoredType stored_types[] = {
    {"F32", "float32", 4, DType::float32}, {"F64", "float64", 8, DType::float64},
    {"F16", "float16", 2, DType::float16}, {"BF16", "bfloat16", 2, DType::bfloat16},
    {"C64", "complex64", 8, DType::complex64},
    {"I64", "int64", 8, DType::int64},     {"I32", "int32", 4, DType::int32},
    {"I16", "int16", 2, DType::int16},     {"I8", "int8", 1, DType::int8},
    {"U8", "uint8", 1, DType::uint8},      {"BOOL", "bool", 1, DType::boolean}};

constexpr const StoredType* stored_type(std::string_view code) {
  for (const StoredType& type : stored_types)
    if (type.code == code) return &type;
  return nullptr;
}

/// The spelling under which elements of `dtype` are written.
constexpr std::string_view code_of(DType dtype) {
  for (const StoredType& type : stored_types)
    if (type.dtype == dtype) return type.code;
  return {};
}

/// The reference implementation's limit; a longer header is a lie or an attack.
inline constexpr std::uint64_t max_header_bytes = 100'000'000;
inline constexpr std::string_view metadata_key = "__metadata__";

/// `etch: operation: SUBJECT of NAME RULE; values`.
[[noreturn]] ETCH_COLD inline void fail_on_tensor(const char* operation, const char* subject, std::string_view name,
                                        const Message& rule, const Message& values) {
  fail(operation, (Message{} << subject << ' ' << printable(name).c_str() << ' ' << rule.c_str()).c_str(), values);
}

/// Bytes of a dense tensor; false where a size is negative or the product does not fit.
constexpr bool count_bytes(const std::int64_t* shape, std::size_t rank, std::uint64_t element, std::uint64_t& bytes) {
  bytes = element;
  for (std::size_t i = 0; i < rank; ++i) {
    const std::uint64_t size = static_cast<std::uint64_t>(shape[i]);
    if (shape[i] < 0 || (size != 0 && bytes > std::numeric_limits<std::int64_t>::max() / size)) return false;
    bytes *= size;
  }
  return true;
}

}  // namespace detail

/// A file opened for reading: its list is checked whole, its tensors are read on demand.
class SafetensorsFile {
 public:
  /// Opens and checks everything but the numbers: header, types, shapes, and that the tensors cover the data exactly.
  ETCH_COLD explicit SafetensorsFile(const char* path) : file_(path) {
    parse(header());
    by_name_ = sorted([](const StoredTensor& a, const StoredTensor& b) { return a.name < b.name; });
    check_layout();
  }

  std::span<const StoredTensor> tensors() const { return tensors_; }
  std::span<const std::pair<std::string, std::string>> metadata() const { return metadata_; }
  /// The text under a metadata key; empty where there is none.
  std::string_view metadata(std::string_view key) const {
    for (const auto& [name, value] : metadata_)
      if (name == key) return value;
    return {};
  }

  /// The tensor of that name, or null.
  const StoredTensor* find(std::string_view name) const {
    const auto at = std::lower_bound(by_name_.begin(), by_name_.end(), name,
                                     [this](std::size_t i, std::string_view key) { return tensors_[i].name < key; });
    return at != by_name_.end() && tensors_[*at].name == name ? &tensors_[*at] : nullptr;
  }

  /// Reads one tensor of the file into `entry`; on Error the entry is as it was.
  ETCH_COLD void read(const Entry& entry) const {
    const StoredTensor& tensor = match(entry);
    const auto bytes = fetch(tensor.begin, tensor.end);
    check_bits(tensor, bytes.get());
    deliver(tensor, bytes.get(), entry);
  }

  /// Reads these entries; the file must hold no others, but those whose names begin with `except` where it is given.
  /// On Error all entries are as they were.
  ETCH_COLD void read(std::span<const Entry> entries, std::string_view except = {}) const {
    std::vector<const StoredTensor*> matched;
    for (const Entry& entry : entries) matched.push_back(&match(entry));
    check_no_more(matched, except);
    const auto bytes = fetch(0, data_bytes_);
    for (const StoredTensor* tensor : matched) check_bits(*tensor, bytes.get() + tensor->begin);
    for (std::size_t i = 0; i < entries.size(); ++i) deliver(*matched[i], bytes.get() + matched[i]->begin, entries[i]);
  }

 private:
  using Bytes = std::unique_ptr<std::byte[]>;

  ETCH_COLD std::string header() {
    const std::uint64_t size = file_.size();
    std::uint64_t length = 0;
    if (size < sizeof length) fail("load", "file must begin with the length of its header", what_was_found(size));
    file_.read(0, &length, sizeof length);
    if (length > detail::max_header_bytes)
      fail("load", "header must be at most 100000000 bytes", what_was_found(length));
    if (length > size - sizeof length) fail("load", "header must lie inside the file", what_was_found(length));
    data_begin_ = sizeof length + length;
    data_bytes_ = size - data_begin_;
    std::string text(length, '\0');
    file_.read(sizeof length, text.data(), length);
    return text;
  }

  Message what_was_found(std::uint64_t bytes) const {
    return Message{} << "found " << detail::printable(bytes) << " bytes in " << detail::printable(file_.path()).c_str();
  }

  ETCH_COLD void parse(const std::string& text) {
    JsonReader json(text, "load", "header must be JSON that lists tensors");
    if (!text.starts_with('{')) json.refuse("'{'");
    json.object([&](const std::string& name) {
      if (name == detail::metadata_key) {
        json.object([&](const std::string& key) { metadata_.emplace_back(key, json.string()); });
      } else {
        tensors_.push_back(tensor(json, name));
      }
    });
    json.end();
  }

  ETCH_COLD static StoredTensor tensor(JsonReader& json, const std::string& name) {
    StoredTensor result{name, {}, {}, {}, 0, 0};
    const detail::StoredType* type = nullptr;
    std::vector<std::int64_t> offsets;
    int fields = 0;  // keys are unique, so three known ones are all of them
    json.object([&](const std::string& field) {
      ++fields;
      if (field == "dtype") {
        const std::string code = json.string();
        type = detail::stored_type(code);
        if (type == nullptr)
          detail::fail_on_tensor("load", "dtype of", name,
                                 Message{} << "must be one of C64 F64 F32 F16 BF16 I64 I32 I16 I8 U8 BOOL",
                                 Message{} << "found " << detail::printable(code).c_str());
      } else if (field == "shape") {
        json.array([&] { result.shape.push_back(json.integer()); });
      } else if (field == "data_offsets") {
        json.array([&] { offsets.push_back(json.integer()); });
      } else {
        json.refuse("the value of dtype, shape or data_offsets, and no other field,");
      }
    });
    if (fields != 3) json.refuse("dtype, shape and data_offsets in the object that ends");
    if (offsets.size() != 2) json.refuse("two data_offsets in the object that ends");
    result.stored = type->code;
    result.dtype = type->dtype;
    result.begin = static_cast<std::uint64_t>(offsets[0]);
    result.end = static_cast<std::uint64_t>(offsets[1]);
    std::uint64_t bytes = 0;
    if (!detail::count_bytes(result.shape.data(), result.shape.size(), type->bytes, bytes))
      detail::fail_on_tensor("load", "shape of", name, Message{} << "must fit in memory",
                             Message{} << "found " << shape_of(result).c_str());
    if (result.begin > result.end || result.end - result.begin != bytes)
      detail::fail_on_tensor("load", "data of", name,
                             Message{} << "must be " << detail::printable(bytes) << " bytes, for "
                                       << shape_of(result).c_str() << " of " << type->name,
                             offsets_of(result));
    return result;
  }

  /// The tensors must cover the data without overlap, without holes, to its last byte.
  ETCH_COLD void check_layout() const {
    const auto order = sorted([](const StoredTensor& a, const StoredTensor& b) {
      return a.begin != b.begin ? a.begin < b.begin : a.end < b.end;
    });
    std::uint64_t covered = 0;
    for (const std::size_t i : order) {
      const StoredTensor& tensor = tensors_[i];
      if (tensor.end > data_bytes_)
        detail::fail_on_tensor("load", "data of", tensor.name, Message{} << "must lie inside the file",
                               offsets_of(tensor) << " of " << detail::printable(data_bytes_));
      if (tensor.begin != covered)
        detail::fail_on_tensor(
            "load", "data of", tensor.name,
            Message{} << (tensor.begin < covered ? "must not overlap other data" : "must leave no hole")
                      << " before it",
            offsets_of(tensor) << " after byte " << detail::printable(covered));
      covered = tensor.end;
    }
    if (covered != data_bytes_)
      fail("load", "file must end with its last tensor", what_was_found(data_bytes_ - covered) << " after it");
  }

  ETCH_COLD const StoredTensor& match(const Entry& entry) const {
    const StoredTensor* tensor = find(entry.name);
    const Message expected = Message{}.shape(entry.shape, entry.rank);
    if (tensor == nullptr)
      detail::fail_on_tensor("load", "entry", entry.name,
                             Message{} << "of shape " << expected.c_str() << " must be in the file",
                             Message{} << "found none in " << detail::printable(file_.path()).c_str());
    if (!std::equal(tensor->shape.begin(), tensor->shape.end(), entry.shape, entry.shape + entry.rank))
      detail::fail_on_tensor("load", "shape of", entry.name, Message{} << "must be " << expected.c_str(),
                             Message{} << "found " << shape_of(*tensor).c_str());
    if (tensor->dtype != entry.dtype && !widens(*tensor, entry))
      detail::fail_on_tensor("load", "dtype of", entry.name, Message{} << "must be " << name_of(entry.dtype),
                             Message{} << "found " << name_of(tensor->dtype));
    return *tensor;
  }

  /// Half numbers for float memory.
  static bool widens(const StoredTensor& tensor, const Entry& entry) {
    return entry.dtype == DType::float32 && (tensor.dtype == DType::float16 || tensor.dtype == DType::bfloat16);
  }

  ETCH_COLD void check_no_more(const std::vector<const StoredTensor*>& matched, std::string_view except) const {
    std::vector<bool> seen(tensors_.size());
    for (const StoredTensor* tensor : matched) {
      const std::size_t i = static_cast<std::size_t>(tensor - tensors_.data());
      if (seen[i])
        fail("load", "entries must have different names",
             Message{} << "got twice " << detail::printable(tensor->name).c_str());
      seen[i] = true;
    }
    for (std::size_t i = 0; i < seen.size(); ++i) {
      if (seen[i] || (!except.empty() && tensors_[i].name.starts_with(except))) continue;
      fail("load", "file must hold no other entries than those asked for",
           Message{} << "found " << detail::printable(tensors_[i].name).c_str() << " of shape "
                     << shape_of(tensors_[i]).c_str());
    }
  }

  Bytes fetch(std::uint64_t begin, std::uint64_t end) const {
    Bytes bytes(new std::byte[end - begin]);
    file_.read(data_begin_ + begin, bytes.get(), end - begin);
    return bytes;
  }

  /// A bool of any other byte than 0 and 1 is undefined behaviour in whoever reads it.
  static void check_bits(const StoredTensor& tensor, const std::byte* bytes) {
    if (tensor.dtype != DType::boolean) return;
    const std::byte* end = bytes + (tensor.end - tensor.begin);
    if (std::any_of(bytes, end, [](std::byte b) { return b > std::byte{1}; }))
      detail::fail_on_tensor("load", "bytes of", tensor.name, Message{} << "must be 0 or 1, for bool", {});
  }

  static void deliver(const StoredTensor& tensor, const std::byte* bytes, const Entry& entry) {
    const std::uint64_t count = tensor.end - tensor.begin;
    if (!widens(tensor, entry)) {
      if (count != 0) std::memcpy(entry.data, bytes, count);
      return;
    }
    for (std::uint64_t i = 0; i < count / 2; ++i) {
      std::uint16_t bits;
      std::memcpy(&bits, bytes + 2 * i, sizeof bits);
      const float value = tensor.dtype == DType::float16 ? etch::detail::float_from_half(bits) : etch::detail::float_from_bfloat16(bits);
      std::memcpy(static_cast<char*>(entry.data) + sizeof value * i, &value, sizeof value);
    }
  }

  ETCH_COLD std::vector<std::size_t> sorted(bool (*before)(const StoredTensor&, const StoredTensor&)) const {
    std::vector<std::size_t> order(tensors_.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::sort(order.begin(), order.end(),
              [&](std::size_t a, std::size_t b) { return before(tensors_[a], tensors_[b]); });
    return order;
  }

  static Message shape_of(const StoredTensor& tensor) {
    return Message{}.shape(tensor.shape.data(), static_cast<int>(std::min<std::size_t>(tensor.shape.size(), 32)));
  }

  static Message offsets_of(const StoredTensor& tensor) {
    return Message{} << "found bytes " << detail::printable(tensor.begin) << " to " << detail::printable(tensor.end);
  }

  detail::InputFile file_;
  std::uint64_t data_begin_ = 0, data_bytes_ = 0;
  std::vector<StoredTensor> tensors_;
  std::vector<std::size_t> by_name_;
  std::vector<std::pair<std::string, std::string>> metadata_;
};

ETCH_COLD inline void read_safetensors(const char* path, std::span<const Entry> entries) { SafetensorsFile(path).read(entries); }

namespace detail {

/// Refuses keys that a reader would refuse: not UTF-8, or the same twice.
ETCH_COLD inline void check_keys(const char* rule, const std::vector<std::string_view>& keys) {
  for (const std::string_view key : keys)
    if (!is_utf8(key)) fail("save", rule, Message{} << "got " << printable(key).c_str());
  if (const auto twice = repeated(keys)) fail("save", rule, Message{} << "got twice " << printable(*twice).c_str());
}

ETCH_COLD inline std::uint64_t bytes_of(const Entry& entry) {
  std::uint64_t bytes = 0;
  if (!count_bytes(entry.shape, static_cast<std::size_t>(entry.rank), size_of(entry.dtype), bytes))
    fail_on_tensor("save", "shape of", entry.name, Message{} << "must fit in memory",
                   Message{} << "got " << Message{}.shape(entry.shape, entry.rank).c_str());
  return bytes;
}

/// Calls `visit(entry)` in the order of the data: wide elements first, so that each tensor is aligned to its elements.
template <class Visit>
void in_data_order(std::span<const Entry> entries, Visit visit) {
  for (std::size_t width = 8; width != 0; width /= 2)
    for (const Entry& entry : entries)
      if (size_of(entry.dtype) == width) visit(entry);
}

ETCH_COLD inline std::string safetensors_header(std::span<const Entry> entries, std::span<const Metadata> metadata) {
  std::vector<std::uint64_t> begins(entries.size());
  std::uint64_t end = 0;
  in_data_order(entries, [&](const Entry& entry) {
    begins[static_cast<std::size_t>(&entry - entries.data())] = end;
    end += bytes_of(entry);
  });
  std::string text = "{";
  const auto field = [&text](std::string_view key) {
    text += text.back() == '{' ? "" : ",";
    append_json(text, key);
    text += ':';
  };
  if (!metadata.empty()) {
    field(metadata_key);
    text += '{';
    for (const Metadata& pair : metadata) {
      field(pair.key);
      append_json(text, pair.value);
    }
    text += '}';
  }
  for (std::size_t i = 0; i < entries.size(); ++i) {
    const Entry& entry = entries[i];
    field(entry.name);
    ((text += "{\"dtype\":\"") += code_of(entry.dtype)) += "\",\"shape\":[";
    for (int axis = 0; axis < entry.rank; ++axis) (text += axis == 0 ? "" : ",") += std::to_string(entry.shape[axis]);
    (text += "],\"data_offsets\":[") += std::to_string(begins[i]);
    ((text += ',') += std::to_string(begins[i] + bytes_of(entry))) += "]}";
  }
  text += '}';
  text.resize((text.size() + 7) / 8 * 8, ' ');  // the data begin at a multiple of 8
  return text;
}

}  // namespace detail

ETCH_COLD inline void write_safetensors(const char* path, std::span<const Entry> entries, std::span<const Metadata> metadata) {
  for (const Entry& entry : entries)
    if (detail::code_of(entry.dtype).empty())
      detail::fail_on_tensor("save", "dtype of", entry.name, Message{} << "must be one that safetensors has", Message{} << "got " << name_of(entry.dtype));
  std::vector<std::string_view> names{detail::metadata_key}, keys;
  for (const Entry& entry : entries) names.push_back(entry.name);
  for (const Metadata& pair : metadata) keys.push_back(pair.key);
  detail::check_keys("names must be UTF-8, unique and not __metadata__", names);
  detail::check_keys("metadata keys must be UTF-8 and unique", keys);
  for (const Metadata& pair : metadata)
    if (!is_utf8(pair.value)) fail("save", "metadata must be UTF-8", detail::printable(pair.value));
  const std::string header = detail::safetensors_header(entries, metadata);
  const std::uint64_t length = header.size();
  if (length > detail::max_header_bytes)
    fail("save", "header must be at most 100000000 bytes", Message{} << "got " << length);
  detail::AtomicFile file(path);
  file.write(&length, sizeof length);
  file.write(header.data(), length);
  detail::in_data_order(entries, [&file](const Entry& entry) { file.write(entry.data, detail::bytes_of(entry)); });
  file.commit();
}

}  // namespace io
}  // namespace ETCH_ABI
}  // namespace etch

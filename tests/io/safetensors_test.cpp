// Safetensors: what is written is read back; what is wrong is refused by name, and changes nothing.
#include <etch/io/safetensors.hpp>

#include <doctest/doctest.h>

#include <bit>
#include <cmath>
#include <csignal>
#include <cstdint>
#include <cstring>
#include <fstream>
#include <iterator>
#include <limits>
#include <span>
#include <string>
#include <vector>

#include <dirent.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

using namespace etch;
using io::Entry;

namespace {

/// A directory that goes when its owner goes.
class Directory {
 public:
  Directory() { REQUIRE(::mkdtemp(path_.data()) != nullptr); }
  ~Directory() {
    for (const std::string& name : names()) ::unlink(file(name).c_str());
    ::rmdir(path_.c_str());
  }
  std::string file(const std::string& name) const { return path_ + '/' + name; }
  std::vector<std::string> names() const {
    std::vector<std::string> result;
    DIR* directory = ::opendir(path_.c_str());
    while (const dirent* item = ::readdir(directory))
      if (item->d_name[0] != '.') result.emplace_back(item->d_name);
    ::closedir(directory);
    return result;
  }
  const std::string& path() const { return path_; }

 private:
  std::string path_ = "/tmp/etch-safetensors-XXXXXX";
};

std::string bytes_of(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

void put(const std::string& path, const std::string& bytes) { std::ofstream(path, std::ios::binary) << bytes; }

std::string with_length(const std::string& header, std::uint64_t length) {
  std::string text(8, '\0');
  std::memcpy(text.data(), &length, 8);
  return text + header;
}

/// A file of this header, right or wrong, and so many bytes of data.
std::string file_of(const std::string& header, std::size_t data) {
  return with_length(header, header.size()) + std::string(data, '\1');
}

template <class F>
std::string error_of(F&& f) {
  try {
    f();
  } catch (const Error& error) {
    return error.what();
  }
  return "no error";
}

/// A tensor of the test, its memory included.
template <class T>
struct Owned {
  std::string name;
  std::vector<std::int64_t> shape;
  std::vector<T> data;
  Entry entry() { return {name, dtype_of<T>, shape.data(), static_cast<int>(shape.size()), data.data()}; }
};

Owned<float> floats(const char* name, std::vector<std::int64_t> shape, float first) {
  std::size_t count = 1;
  for (const std::int64_t size : shape) count *= static_cast<std::size_t>(size);
  Owned<float> result{name, shape, std::vector<float>(count)};
  for (float& value : result.data) value = first++;
  return result;
}

/// The error of loading `file` into w (2, 3) and b (3), which must stay as they were.
std::string refusal(const std::string& file) {
  const Directory directory;
  put(directory.file("x"), file);
  Owned<float> w = floats("w", {2, 3}, 100), b = floats("b", {3}, 200);
  const std::vector<float> old_w = w.data, old_b = b.data;
  const Entry entries[] = {w.entry(), b.entry()};
  const std::string error = error_of([&] { io::read_safetensors(directory.file("x").c_str(), entries); });
  CHECK(w.data == old_w);
  CHECK(b.data == old_b);
  return error;
}

bool says(const std::string& text, const char* part) {
  const bool found = text.find(part) != text.npos;
  if (!found) MESSAGE(text);
  return found;
}

const std::string w_field = R"("w":{"dtype":"F32","shape":[2,3],"data_offsets":[0,24]})";
const std::string b_field = R"("b":{"dtype":"F32","shape":[3],"data_offsets":[24,36]})";

/// A good file but for the description of b.
std::string with_b(const std::string& description, std::size_t data = 36) {
  return file_of("{" + w_field + ",\"b\":" + description + "}", data);
}

}  // namespace

TEST_CASE("what is written is read back, in any order") {
  const Directory directory;
  const std::string path = directory.file("model.safetensors");
  Owned<std::uint8_t> flags{"flags", {3}, {1, 0, 1}}, u8{"u8", {2}, {0, 255}};
  Owned<float> weight = floats("fc1.weight", {2, 3}, 1), none{"none", {0, 4}, {}};
  Owned<double> odd{"a \"quoted\" \\ \n \xc3\xa9 name", {}, {3.5}};
  Owned<std::int64_t> i64{"i64", {1, 2}, {std::numeric_limits<std::int64_t>::min(), 7}};
  Owned<std::int32_t> i32{"i32", {1}, {-70000}};
  Owned<std::int16_t> i16{"i16", {1}, {-300}};
  Owned<std::int8_t> i8{"i8", {1}, {-3}};
  Entry flags_entry = flags.entry();
  flags_entry.dtype = DType::boolean;
  const Entry written[] = {flags_entry, weight.entry(), none.entry(), odd.entry(), i64.entry(),
                           u8.entry(),  i32.entry(),    i16.entry(),  i8.entry()};
  const io::Metadata metadata[] = {{"format", "pt"}, {"step", "1000"}};
  io::write_safetensors(path.c_str(), written, metadata);

  const io::SafetensorsFile file(path.c_str());
  REQUIRE(file.tensors().size() == 9);
  for (std::size_t i = 0; i < 9; ++i) {  // keys in the order given, data aligned to its elements
    CHECK(file.tensors()[i].name == written[i].name);
    CHECK(file.tensors()[i].dtype == written[i].dtype);
    CHECK(file.tensors()[i].begin % size_of(written[i].dtype) == 0);
  }
  CHECK(file.find("fc1.weight")->shape == weight.shape);
  CHECK(file.find("fc1.weight")->stored == "F32");
  CHECK(file.find("fc1") == nullptr);
  REQUIRE(file.metadata().size() == 2);
  CHECK(file.metadata()[1].first == "step");
  CHECK(file.metadata()[1].second == "1000");
  const std::string bytes = bytes_of(path);
  CHECK((static_cast<unsigned char>(bytes[0]) + 256 * static_cast<unsigned char>(bytes[1])) % 8 == 0);

  auto weight2 = weight;
  auto odd2 = odd;
  auto i642 = i64;
  auto flags2 = flags;
  for (float& value : weight2.data) value = 0;
  odd2.data = {0};
  i642.data = {0, 0};
  flags2.data = {0, 0, 0};
  flags_entry.data = flags2.data.data();
  const Entry read[] = {i8.entry(),   i16.entry(), weight2.entry(), u8.entry(), none.entry(),
                        odd2.entry(), flags_entry, i642.entry(),    i32.entry()};
  io::read_safetensors(path.c_str(), read);
  CHECK(weight2.data == weight.data);
  CHECK(odd2.data == odd.data);
  CHECK(i642.data == i64.data);
  CHECK(flags2.data == flags.data);
  CHECK(i32.data[0] == -70000);
  CHECK(i16.data[0] == -300);
  CHECK(i8.data[0] == -3);
  CHECK(u8.data[1] == 255);

  weight2.data[5] = 0;
  file.read(weight2.entry());
  CHECK(weight2.data == weight.data);
}

TEST_CASE("an empty file of tensors is a file") {
  const Directory directory;
  const std::string path = directory.file("empty.safetensors");
  io::write_safetensors(path.c_str(), {});
  io::read_safetensors(path.c_str(), {});
  CHECK(bytes_of(path).size() == 16);
}

TEST_CASE("float16 and bfloat16 are read into float32, value by value") {
  for (unsigned bits = 0; bits < 65536; ++bits) {
    const int exponent = bits >> 10 & 31, mantissa = bits & 1023;
    const double sign = bits >> 15 != 0 ? -1 : 1;
    const float value = detail::float_from_half(static_cast<std::uint16_t>(bits));
    if (exponent == 31) {
      REQUIRE((mantissa == 0 ? std::isinf(value) && std::signbit(value) == (sign < 0) : std::isnan(value)));
    } else {
      REQUIRE(value ==
              sign * std::ldexp(exponent == 0 ? mantissa : mantissa + 1024, exponent == 0 ? -24 : exponent - 25));
      REQUIRE(std::signbit(value) == (sign < 0));
    }
  }
  const Directory directory;
  const std::string path = directory.file("half");
  const std::string header =
      R"({"h":{"dtype":"F16","shape":[2],"data_offsets":[0,4]},"b":{"dtype":"BF16","shape":[2],"data_offsets":[4,8]}})";
  const std::uint16_t data[] = {0x3E00, 0xFBFF, 0x3FC0, 0xC040};
  put(path, file_of(header, 0) + std::string(reinterpret_cast<const char*>(data), sizeof data));
  Owned<float> h = floats("h", {2}, 0), b = floats("b", {2}, 0);
  const Entry entries[] = {h.entry(), b.entry()};
  io::read_safetensors(path.c_str(), entries);
  CHECK(h.data == std::vector<float>{1.5f, -65504.f});
  CHECK(b.data == std::vector<float>{1.5f, -3.f});
  Owned<half> exact{"h", {2}, {0, 0}};
  Owned<bfloat16> upper{"b", {2}, {0, 0}};
  const Entry same[] = {exact.entry(), upper.entry()};
  io::read_safetensors(path.c_str(), same);
  CHECK(exact.data[0].bits == 0x3E00);
  CHECK(exact.data[1].bits == 0xFBFF);
  CHECK(upper.data[1].bits == 0xC040);
  const std::string again = directory.file("again");
  io::write_safetensors(again.c_str(), same);
  CHECK(bytes_of(again).find(R"("h":{"dtype":"F16","shape":[2],"data_offsets":[0,4]},"b":{"dtype":"BF16")") != std::string::npos);
  CHECK(bytes_of(again).ends_with(std::string(reinterpret_cast<const char*>(data), sizeof data)));
  Owned<double> wide{"h", {2}, {0, 0}};
  CHECK(error_of([&] { io::SafetensorsFile(path.c_str()).read(wide.entry()); }) ==
        "etch: load: dtype of h must be float64; found float16");
}

TEST_CASE("names, shapes and types must be those asked for") {
  const auto b = [](const char* type, const char* shape, int end) {
    return std::string(R"({"dtype":")") + type + R"(","shape":)" + shape + R"(,"data_offsets":[24,)" +
           std::to_string(end) + "]}";
  };
  CHECK(refusal(with_b(b("F32", "[4]", 40), 40)) == "etch: load: shape of b must be (3); found (4)");
  CHECK(refusal(with_b(b("F32", "[1,3]", 36))) == "etch: load: shape of b must be (3); found (1, 3)");
  CHECK(refusal(with_b(b("F32", "[]", 28), 28)) == "etch: load: shape of b must be (3); found ()");
  CHECK(refusal(with_b(b("I32", "[3]", 36))) == "etch: load: dtype of b must be float32; found int32");
  CHECK(refusal(with_b(b("F64", "[3]", 48), 48)) == "etch: load: dtype of b must be float32; found float64");
  CHECK(says(refusal(file_of("{" + w_field + "}", 24)),
             "etch: load: entry b of shape (3) must be in the file; found none in"));
  const std::string c = R"(,"c.d":{"dtype":"U8","shape":[1,4],"data_offsets":[36,40]}})";
  CHECK(refusal(file_of("{" + w_field + "," + b_field + c, 40)) ==
        "etch: load: file must hold no other entries than those asked for; found c.d of shape (1, 4)");
  CHECK(says(refusal(with_b(b("F8", "[3]", 48), 48)), "etch: load: dtype of b must be one of"));
}

TEST_CASE("offsets must tell the truth") {
  const auto b = [](const char* shape, const char* offsets, std::size_t data) {
    return refusal(
        with_b(std::string(R"({"dtype":"F32","shape":)") + shape + R"(,"data_offsets":)" + offsets + "}", data));
  };
  CHECK(b("[3]", "[24,40]", 40) == "etch: load: data of b must be 12 bytes, for (3) of float32; found bytes 24 to 40");
  CHECK(says(b("[3]", "[36,24]", 36), "data of b must be 12 bytes"));
  CHECK(b("[3]", "[20,32]", 36) ==
        "etch: load: data of b must not overlap other data before it; found bytes 20 to 32 after byte 24");
  CHECK(says(b("[3]", "[0,12]", 36), "must not overlap"));
  CHECK(says(b("[3]", "[28,40]", 40), "data of b must leave no hole before it; found bytes 28 to 40 after byte 24"));
  CHECK(says(b("[3]", "[24,36]", 35), "data of b must lie inside the file; found bytes 24 to 36 of 35"));
  CHECK(says(b("[3]", "[24,36]", 0), "data of w must lie inside the file"));
  CHECK(says(b("[3]", "[24,36]", 37), "file must end with its last tensor; found 1 bytes"));
  CHECK(says(b("[3]", "[9223372036854775795,9223372036854775807]", 36), "must lie inside the file"));
  CHECK(says(b("[4294967296,4294967296]", "[24,36]", 36), "shape of b must fit in memory"));
  CHECK(says(b("[9223372036854775807,4]", "[24,36]", 36), "shape of b must fit in memory"));
  CHECK(says(b("[9223372036854775808]", "[24,36]", 36), "expected an integer below 2^63"));
  CHECK(says(b("[-3]", "[24,36]", 36), "expected a non-negative integer"));
  CHECK(says(b("[3]", "[24]", 36), "expected two data_offsets"));
  CHECK(says(b("[3]", "[24,36,36]", 36), "expected two data_offsets"));
}

TEST_CASE("the length of the header must tell the truth") {
  const std::string header = "{" + w_field + "," + b_field + "}";
  CHECK(says(refusal(""), "file must begin with the length of its header; found 0 bytes"));
  CHECK(says(refusal("1234567"), "found 7 bytes"));
  CHECK(says(refusal(std::string(8, '\0')), "expected '{' at byte 0"));
  CHECK(says(refusal(with_length(header, header.size() + 1)), "header must lie inside the file"));
  CHECK(says(refusal(with_length(header, 100'000'000)), "header must lie inside the file"));
  CHECK(says(refusal(with_length(header, 100'000'001)), "header must be at most 100000000 bytes; found 100000001"));
  CHECK(says(refusal(with_length(header, ~std::uint64_t{0})), "header must be at most 100000000 bytes"));
  CHECK(says(refusal(with_length(header, header.size() - 1) + std::string(36, 'x')), "expected '}'"));
}

TEST_CASE("a header that is no JSON is refused, and says where") {
  const auto json = [](const std::string& text) { return refusal(file_of(text, 36)); };
  for (std::size_t length = 0; length <= w_field.size(); ++length)
    CHECK(says(json("{" + w_field.substr(0, length)), "etch: load: header must be JSON that lists tensors; expected "));
  CHECK(json("{]") == "etch: load: header must be JSON that lists tensors; expected '\"' at byte 1");
  CHECK(says(json(" {}"), "expected '{' at byte 0"));
  CHECK(says(json("[]"), "expected '{'"));
  CHECK(says(json("{} x"), "expected nothing more"));
  CHECK(says(json("{" + w_field + ",}"), "expected '\"'"));
  CHECK(says(json("{" + w_field + " " + b_field + "}"), "expected '}'"));
  CHECK(says(json("{" + w_field + "," + w_field + "}"), "expected every key once"));
  CHECK(
      says(json(R"({"w":{"dtype":"F32","dtype":"F32","shape":[],"data_offsets":[0,4]}})"), "expected every key once"));
  CHECK(says(json(R"({"w":{"dtype":"F32","shape":[9]}})"), "expected dtype, shape and data_offsets"));
  CHECK(says(json(R"({"w":{"dtype":"F32","shape":[9],"data_offsets":[0,36],"x":1}})"), "and no other field"));
  CHECK(says(json(R"({"w":3})"), "expected '{'"));
  CHECK(says(json(R"({"w":{"dtype":4}})"), "expected '\"'"));
  CHECK(says(json(R"({"w":{"shape":9}})"), "expected '['"));
  CHECK(says(json(R"({"w":{"shape":["9"]}})"), "expected a non-negative integer"));
  for (const char* number : {"1.0", "1e3", "1E3"})
    CHECK(says(json(std::string(R"({"w":{"shape":[)") + number + "]}}"), "expected an integer"));
  for (const char* number : {"01", "+1", "0x1", "", "null", "true"})
    CHECK(json(std::string(R"({"w":{"shape":[)") + number + ",1]}}") != "no error");
  CHECK(says(json(R"({"w":{"shape":[)" + std::string(400, '9') + "]}}"), "expected an integer below 2^63"));
  CHECK(says(json(R"({"w":{"shape":)" + std::string(100'000, '[')), "expected a non-negative integer"));
  CHECK(says(json(std::string(100'000, '{')), "expected '\"'"));
  CHECK(says(json(R"({"__metadata__":{"step":3}})"), "expected '\"'"));
  CHECK(says(json(R"({"__metadata__":{"a":"1","a":"2"}})"), "expected every key once"));
  CHECK(says(json(R"({"__metadata__":{},"__metadata__":{}})"), "expected every key once"));
}

TEST_CASE("strings: escapes and UTF-8") {
  const auto name = [](const std::string& text) { return refusal(file_of("{\"" + text + "\":", 0)); };
  for (const char* bad :
       {"\\x", "\\u12", "\\u12g4", "\\ud800", "\\ud800x", "\\ud800\\u0041", "\\udc00", "\n", "\x01", "\x80", "\xc0\xaf",
        "\xe0\x80\x80", "\xed\xa0\x80", "\xf0\x80\x80\x80", "\xf4\x90\x80\x80", "\xff", "\xe2\x82", "\xe2\\u0041"})
    CHECK(says(name(bad), "expected "));
  const Directory directory;
  put(directory.file("x"), file_of(R"({"__metadata__":{"\"\\\/\b\f\n\r\t\u0041\u00e9\u20ac\ud83d\ude00":"é€😀"}})", 0));
  const io::SafetensorsFile file(directory.file("x").c_str());
  CHECK(file.metadata()[0].first == "\"\\/\b\f\n\r\tA\u00e9\u20ac\U0001F600");
  CHECK(file.metadata()[0].second == "\u00e9\u20ac\U0001F600");
}

TEST_CASE("a bool is 0 or 1") {
  const Directory directory;
  put(directory.file("x"), file_of(R"({"m":{"dtype":"BOOL","shape":[2],"data_offsets":[0,2]}})", 0) + "\1\2");
  bool mask[2] = {};
  const std::int64_t shape[] = {2};
  const Entry entries[] = {{"m", DType::boolean, shape, 1, mask}};
  CHECK(
      says(error_of([&] { io::read_safetensors(directory.file("x").c_str(), entries); }), "bytes of m must be 0 or 1"));
  CHECK(!mask[0]);
}

TEST_CASE("names that a reader would refuse are not written") {
  const Directory directory;
  const std::string path = directory.file("x");
  Owned<float> w = floats("w", {2}, 0), bad = floats("\xff", {2}, 0), reserved = floats("__metadata__", {2}, 0);
  const Entry twice[] = {w.entry(), w.entry()};
  const Entry same[] = {w.entry()};
  const auto save = [&](std::span<const Entry> entries) { io::write_safetensors(path.c_str(), entries); };
  CHECK(error_of([&] { save(twice); }) == "etch: save: names must be UTF-8, unique and not __metadata__; got twice w");
  for (Owned<float>* owned : {&bad, &reserved}) {
    const Entry entries[] = {owned->entry()};
    CHECK(says(error_of([&] { save(entries); }), "etch: save: names must be UTF-8"));
  }
  w.shape = {-1};
  const Entry negative[] = {w.entry()};
  CHECK(error_of([&] { save(negative); }) == "etch: save: shape of w must fit in memory; got (-1)");
  CHECK(directory.names().empty());
  w.shape = {2};
  save(same);
  CHECK(says(error_of([&] { io::read_safetensors(path.c_str(), twice); }),
             "entries must have different names; got twice w"));
}

TEST_CASE("what is no file is refused") {
  const Directory directory;
  const auto load = [](const std::string& path) { return error_of([&] { io::read_safetensors(path.c_str(), {}); }); };
  const auto save = [](const std::string& path) { return error_of([&] { io::write_safetensors(path.c_str(), {}); }); };
  CHECK(says(load(directory.file("none")), "none: No such file or directory"));
  CHECK(says(load(directory.path()), "Is a directory"));
  CHECK(says(load("/dev/null"), "file must be a readable regular file"));
  CHECK(says(save(directory.path()), "etch: save: file must be writable"));
  CHECK(says(save("/dev/null"), "etch: save: file must be writable"));
  CHECK(says(save(directory.file("no/such/place")), "No such file or directory"));
  put(directory.file("plain"), "x");
  CHECK(says(save(directory.file("plain/x")), "Not a directory"));
}

TEST_CASE("a save through a link keeps the link, a save over a file keeps its permissions") {
  const Directory directory;
  const std::string path = directory.file("real"), link = directory.file("link");
  io::write_safetensors(path.c_str(), {});
  REQUIRE(::chmod(path.c_str(), 0640) == 0);
  REQUIRE(::symlink("real", link.c_str()) == 0);
  Owned<float> w = floats("w", {2}, 0);
  const Entry entries[] = {w.entry()};
  io::write_safetensors(link.c_str(), entries);
  struct stat status = {};
  REQUIRE(::lstat(link.c_str(), &status) == 0);
  CHECK(S_ISLNK(status.st_mode));
  REQUIRE(::lstat(path.c_str(), &status) == 0);
  CHECK((status.st_mode & 0777) == 0640);
  io::read_safetensors(path.c_str(), entries);
}

namespace {

/// Runs `save` in a child process and returns how the child ended.
template <class F>
int status_of_child(F&& save) {
  const pid_t child = ::fork();
  if (child == 0) {
    save();
    ::_exit(0);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  return status;
}

/// From here on, a file of this process may not grow beyond `bytes`: a disk that is full.
void limit_files(rlim_t bytes) {
  const rlimit limit = {bytes, bytes};
  ::setrlimit(RLIMIT_FSIZE, &limit);
}

}  // namespace

TEST_CASE("a killed save and a full disk leave the old file whole") {
  const Directory directory;
  const std::string path = directory.file("model");
  Owned<float> old_one = floats("w", {64}, 1), new_one = floats("w", {64, 1024}, 5);
  const Entry old_entries[] = {old_one.entry()}, new_entries[] = {new_one.entry()};
  io::write_safetensors(path.c_str(), old_entries);
  const std::string old_bytes = bytes_of(path);

  const int killed = status_of_child([&] {  // by SIGXFSZ, in the middle of the data
    ::signal(SIGXFSZ, SIG_DFL);
    limit_files(100'000);
    io::write_safetensors(path.c_str(), new_entries);
  });
  CHECK(WIFSIGNALED(killed));
  CHECK(WTERMSIG(killed) == SIGXFSZ);
  CHECK(bytes_of(path) == old_bytes);
  CHECK(directory.names().size() == 2);  // the stray temporary; the next save takes another name

  const int full = status_of_child([&] {
    ::signal(SIGXFSZ, SIG_IGN);
    limit_files(100'000);
    const std::string error = error_of([&] { io::write_safetensors(path.c_str(), new_entries); });
    if (error != "etch: save: file must be writable; " + path + ": File too large") ::_exit(1);
  });
  CHECK(WIFEXITED(full));
  CHECK(WEXITSTATUS(full) == 0);
  CHECK(bytes_of(path) == old_bytes);
  CHECK(directory.names().size() == 2);

  const int forbidden = status_of_child([&] {
    ::chmod(directory.path().c_str(), 0555);
    if (::geteuid() == 0 && ::setuid(65534) != 0) ::_exit(0);  // root may write anywhere
    const std::string error = error_of([&] { io::write_safetensors(path.c_str(), new_entries); });
    ::_exit(error == "etch: save: file must be writable; " + path + ": Permission denied" ? 0 : 1);
  });
  CHECK(WEXITSTATUS(forbidden) == 0);
  ::chmod(directory.path().c_str(), 0755);
  CHECK(bytes_of(path) == old_bytes);

  io::write_safetensors(path.c_str(), new_entries);
  io::read_safetensors(path.c_str(), new_entries);
}

TEST_CASE("a save killed at any moment leaves the old file or the new one") {
  const Directory directory;
  const std::string path = directory.file("model");
  Owned<float> a = floats("w", {1 << 18}, 1), b = floats("w", {1 << 18}, 2);
  const Entry entries[2][1] = {{a.entry()}, {b.entry()}};
  std::string whole[2];
  for (const int i : {1, 0}) {
    io::write_safetensors(path.c_str(), entries[i]);
    whole[i] = bytes_of(path);
  }
  for (unsigned round = 0; round < 12; ++round) {
    const pid_t child = ::fork();
    if (child == 0)
      for (int i = 1;; ++i) io::write_safetensors(path.c_str(), entries[i % 2]);
    ::usleep(500 + 1500 * round);
    ::kill(child, SIGKILL);
    ::waitpid(child, nullptr, 0);
    const std::string now = bytes_of(path);
    CHECK((now == whole[0] || now == whole[1]));
  }
}

TEST_CASE("no mutation of a good file crashes, and none is half loaded") {
  const std::string good = file_of("{\"__metadata__\":{\"a\":\"b\"}," + w_field + "," + b_field + "}  ", 36);
  const Directory directory;
  const std::string path = directory.file("x");
  std::uint64_t state = 1;
  const auto random = [&state](std::uint64_t below) {  // splitmix64
    std::uint64_t z = state += 0x9E3779B97F4A7C15u;
    z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9u;
    z = (z ^ z >> 27) * 0x94D049BB133111EBu;
    return static_cast<std::size_t>((z ^ z >> 31) % below);
  };
  int loaded = 0, refused = 0;
  for (int round = 0; round < 3000; ++round) {
    std::string bytes = good;
    for (std::size_t edits = 1 + random(3); edits != 0 && !bytes.empty(); --edits) {
      const std::size_t at = random(bytes.size());
      switch (random(6)) {
        case 0: bytes[at] = static_cast<char>(bytes[at] ^ 1 << random(8)); break;
        case 1: bytes[at] = static_cast<char>(random(256)); break;
        case 2: bytes[at] = "{}[]:,\"\\0129-eu "[random(16)]; break;
        case 3: bytes.resize(at); break;
        case 4: bytes.erase(at, 1 + random(8)); break;
        default: bytes.insert(at, bytes.substr(random(bytes.size()), random(16))); break;
      }
    }
    put(path, bytes);
    Owned<float> w = floats("w", {2, 3}, 100), b = floats("b", {3}, 200);
    const std::vector<float> old_w = w.data, old_b = b.data;
    const Entry entries[] = {w.entry(), b.entry()};
    if (error_of([&] { io::read_safetensors(path.c_str(), entries); }) == "no error") {
      ++loaded;
      REQUIRE((w.data != old_w && b.data != old_b));
    } else {
      ++refused;
      REQUIRE((w.data == old_w && b.data == old_b));
    }
  }
  CHECK(loaded > 50);
  CHECK(refused > 1000);
}

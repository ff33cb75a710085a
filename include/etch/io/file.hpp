// Files: one class that reads a file, one that replaces it in one step. Another system needs another pair of these.
#pragma once

#include <etch/core/config.hpp>
#include <etch/core/error.hpp>

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <limits>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace etch {
inline namespace ETCH_ABI {
namespace io {
namespace detail {

/// A name as a message shows it: printable and not too long.
ETCH_COLD inline Message printable(std::string_view name) {
  Message text;
  for (const char c : name.substr(0, 120)) text << (c >= ' ' && c <= '~' ? c : '?');
  if (name.size() > 120) text << "...";
  return text;
}

inline std::int64_t printable(std::uint64_t count) {
  return static_cast<std::int64_t>(std::min<std::uint64_t>(count, std::numeric_limits<std::int64_t>::max()));
}

[[noreturn]] ETCH_COLD inline void fail_on_system(const char* operation, const char* rule, std::string_view path, int error) {
  fail(operation, rule, Message{} << printable(path).c_str() << ": " << std::strerror(error));
}

/// A file open for reading, whose size was known when it was opened.
class InputFile {
 public:
  ETCH_COLD explicit InputFile(const char* path) : path_(path), file_(::open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)) {
    struct stat status = {};
    if (file_ < 0 || ::fstat(file_, &status) != 0) refuse(errno);
    if (!S_ISREG(status.st_mode)) refuse(S_ISDIR(status.st_mode) ? EISDIR : ESPIPE);
    size_ = static_cast<std::uint64_t>(status.st_size);
  }
  InputFile(InputFile&& other) noexcept
      : path_(std::move(other.path_)), file_(std::exchange(other.file_, -1)), size_(other.size_) {}
  InputFile& operator=(InputFile&&) = delete;
  ~InputFile() { close(); }

  std::uint64_t size() const { return size_; }
  const std::string& path() const { return path_; }

  ETCH_COLD void read(std::uint64_t offset, void* data, std::uint64_t bytes) const {
    for (char* to = static_cast<char*>(data); bytes != 0;) {
      const ssize_t got = ::pread(file_, to, bytes, static_cast<off_t>(offset));
      if (got < 0 && errno == EINTR) continue;
      if (got < 0) fail_on_system("load", "file must be readable", path_, errno);
      if (got == 0) fail("load", "file must not shrink while it is read", printable(path_));
      to += got;
      offset += static_cast<std::uint64_t>(got);
      bytes -= static_cast<std::uint64_t>(got);
    }
  }

 private:
  void close() {
    if (file_ >= 0) ::close(std::exchange(file_, -1));
  }
  [[noreturn]] void refuse(int error) {
    close();  // the destructor of a half-built object does not run
    fail_on_system("load", "file must be a readable regular file", path_, error);
  }

  std::string path_;
  int file_;
  std::uint64_t size_ = 0;
};

/// A file written beside its destination, which it replaces on `commit` and not before.
class AtomicFile {
 public:
  ETCH_COLD explicit AtomicFile(const char* path) : path_(path) {
    struct stat old = {};
    const bool replaces = ::stat(path, &old) == 0;
    if (replaces) {  // a link stays a link, a device is never replaced by a file
      if (!S_ISREG(old.st_mode)) refuse(EEXIST);
      const std::unique_ptr<char, void (*)(void*)> target(::realpath(path, nullptr), std::free);
      if (target != nullptr) path_ = target.get();
    }
    for (int i = 0; file_ < 0 && i < 1000; ++i) {
      temporary_ = path_ + ".tmp-" + std::to_string(::getpid()) + '-' + std::to_string(i);
      file_ = ::open(temporary_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
      if (file_ < 0 && errno != EEXIST) refuse(errno);
    }
    if (file_ < 0) refuse(errno);
    if (replaces) static_cast<void>(::fchmod(file_, old.st_mode & 07777));  // kept where the system lets us
  }
  AtomicFile(const AtomicFile&) = delete;
  AtomicFile& operator=(const AtomicFile&) = delete;
  ETCH_COLD ~AtomicFile() {
    if (file_ >= 0) ::close(file_);
    if (!committed_) ::unlink(temporary_.c_str());
  }

  ETCH_COLD void write(const void* data, std::uint64_t bytes) {
    for (const char* from = static_cast<const char*>(data); bytes != 0;) {
      const ssize_t written = ::write(file_, from, bytes);
      if (written < 0 && errno == EINTR) continue;
      if (written < 0) refuse(errno);
      from += written;
      bytes -= static_cast<std::uint64_t>(written);
    }
  }

  /// Data on the disk, then the new name, then the directory on the disk: at no time is there half a file at `path`.
  ETCH_COLD void commit() {
    if (::fsync(file_) != 0) refuse(errno);
    if (::close(std::exchange(file_, -1)) != 0) refuse(errno);
    if (::rename(temporary_.c_str(), path_.c_str()) != 0) refuse(errno);
    committed_ = true;
    const std::size_t slash = path_.rfind('/');
    const std::string directory = slash == std::string::npos ? "." : path_.substr(0, slash + 1);
    const int handle = ::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (handle < 0) return;  // a directory one may write but not read: the rename is done, its time is the system's
    const int error = ::fsync(handle) == 0 ? 0 : errno;
    ::close(handle);
    if (error != 0 && error != EINVAL && error != ENOTSUP) refuse(error);
  }

 private:
  [[noreturn]] void refuse(int error) const { fail_on_system("save", "file must be writable", path_, error); }

  std::string path_, temporary_;
  int file_ = -1;
  bool committed_ = false;
};

}  // namespace detail
}  // namespace io
}  // namespace ETCH_ABI
}  // namespace etch

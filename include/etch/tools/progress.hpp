// A progress bar:  340/1000 [=======>      ]  loss 2.134  28.1k tokens/s  0:17 left
#pragma once

#include <etch/core/config.hpp>

#include <algorithm>
#include <cmath>
#include <cstdarg>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <initializer_list>

#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

namespace etch {
inline namespace ETCH_ABI {
namespace tools {

/// Shows how far a run is: on a terminal one line, redrawn at most ten times a second; elsewhere a line every tenth of
/// the way. Never allocates. A null `out` shows nothing.
class Progress {
 public:
  /// A value beside the bar: {"loss ", 2.134} is `loss 2.134`, {"", 28100, " tokens/s"} is `28.1k tokens/s`.
  struct Field {
    const char* name;
    double value;
    const char* unit = "";
  };

  /// From `start` (where a resumed run goes on) to `total`; the clock starts now.
  explicit Progress(long long total, std::FILE* out = stderr, long long start = 0)
      : total_(std::max(total, 1LL)), start_(start), out_(out), began_(now()) {
    const char* terminal = std::getenv("TERM");
    redraws_ =
        out_ != nullptr && ::isatty(::fileno(out_)) == 1 && (terminal == nullptr || std::strcmp(terminal, "dumb") != 0);
    tenth_ = start * 10 / total_;
  }
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;
  ~Progress() { leave_line(); }

  /// `done` of the total are done.
  void update(long long done, std::initializer_list<Field> fields = {}) {
    if (out_ == nullptr || ended_) return;
    const double time = now();
    ended_ = done >= total_;
    if (redraws_) {
      if (!ended_ && time - drawn_ < 0.1) return;
      drawn_ = time;
    } else {
      if (done * 10 / total_ == tenth_ && !ended_) return;
      tenth_ = done * 10 / total_;
    }
    compose(done, fields, time - began_);
    draw();
    if (ended_) leave_line();
  }

  /// The same for what a training loop has at hand.
  void update(long long done, double loss, double tokens_per_second) {
    update(done, {{"loss ", loss}, {"", tokens_per_second, " tokens/s"}});
  }

  /// A line of its own above the bar, written as `printf` writes.
#if defined(__GNUC__)
  __attribute__((format(printf, 2, 3)))
#endif
  void
  note(const char* format, ...) {
    if (out_ == nullptr) return;
    Line text;
    if (redraws_) text.add("\r\x1b[K");
    va_list values;
    va_start(values, format);
    text.add(format, values);
    va_end(values);
    text.add("\n");
    emit(text);
    if (open_) draw();
  }

 private:
  /// A line of text of limited length: what does not fit is cut.
  struct Line {
    char text[512] = {};
    int size = 0;

    void add(const char* format, va_list values) {
      const int room = static_cast<int>(sizeof text) - size;
      size += std::clamp(std::vsnprintf(text + size, static_cast<std::size_t>(room), format, values), 0, room - 1);
    }
#if defined(__GNUC__)
    __attribute__((format(printf, 2, 3)))
#endif
    void
    add(const char* format, ...) {
      va_list values;
      va_start(values, format);
      add(format, values);
      va_end(values);
    }

    /// Four digits at most, and of the same length from one step to the next: 2.134, 21.34, 28.1k.
    void number(double value) {
      const char* suffix = "";
      double size_of_value = std::fabs(value);
      for (const char* next : {"k", "M", "G", "T"}) {
        if (!(size_of_value >= 1000) || std::isinf(value)) break;
        size_of_value /= 1000, value /= 1000, suffix = next;
      }
      const int digits = *suffix == '\0' ? 3 : 2;
      if (size_of_value > 0 && size_of_value < 0.01) return add("%.2e", value);
      add("%.*f%s", std::max(0, digits - (size_of_value >= 10) - (size_of_value >= 100)), value, suffix);
    }

    /// 0:17, 12:03 or 1:02:03.
    void time(double seconds) {
      const long long s = std::llround(std::clamp(seconds, 0.0, 3.6e8));
      if (s >= 3600) return add("%lld:%02lld:%02lld", s / 3600, s / 60 % 60, s % 60);
      add("%lld:%02lld", s / 60, s % 60);
    }
  };

  static double now() {
    timespec time = {};
    ::clock_gettime(CLOCK_MONOTONIC, &time);
    return static_cast<double>(time.tv_sec) + 1e-9 * static_cast<double>(time.tv_nsec);
  }

  void compose(long long done, std::initializer_list<Field> fields, double seconds) {
    Line tail;
    for (const Field& field : fields) {
      tail.add("  %s", field.name);
      tail.number(field.value);
      tail.add("%s", field.unit);
    }
    tail.add("  ");
    if (ended_) {
      tail.add("in ");
      tail.time(seconds);
    } else if (done > start_) {
      tail.time(seconds / static_cast<double>(done - start_) * static_cast<double>(total_ - done));
      tail.add(" left");
    }
    line_ = {};
    line_.add(" %*lld/%lld", digits_of(total_), done, total_);
    const int room = redraws_ ? std::min(columns() - 1 - line_.size - tail.size - 3, 30) : 0;
    if (room >= 4) {
      const double part = std::clamp(static_cast<double>(done) / static_cast<double>(total_), 0.0, 1.0);
      const int full = static_cast<int>(part * room);
      line_.add(" [");
      for (int i = 0; i < room; ++i) line_.add("%c", i < full ? '=' : i == full ? '>' : ' ');
      line_.add("]");
    }
    line_.add("%s", tail.text);
    if (redraws_) line_.size = std::min(line_.size, std::max(columns() - 1, 1));  // a wrapped line cannot be redrawn
    line_.text[line_.size] = '\0';
  }

  static int digits_of(long long number) {
    int digits = 1;
    while ((number /= 10) != 0) ++digits;
    return digits;
  }

  int columns() const {
    winsize size = {};
    return ::ioctl(::fileno(out_), TIOCGWINSZ, &size) == 0 && size.ws_col > 0 ? size.ws_col : 80;
  }

  void draw() {
    Line text;
    text.add(redraws_ ? "\r%s\x1b[K" : "%s\n", line_.text);
    emit(text);
    open_ = redraws_;
  }

  void leave_line() {
    if (open_) {
      Line end;
      end.add("\n");
      emit(end);
    }
    open_ = false;
  }

  /// Past the stream's buffer, which would be allocated on first use.
  void emit(const Line& line) {
    std::fflush(out_);
    for (int at = 0; at < line.size;) {
      const ssize_t written = ::write(::fileno(out_), line.text + at, static_cast<std::size_t>(line.size - at));
      if (written <= 0) return;  // nobody to show it to
      at += static_cast<int>(written);
    }
  }

  long long total_, start_, tenth_ = 0;
  std::FILE* out_;
  double began_, drawn_ = -1;
  bool redraws_ = false, open_ = false, ended_ = false;
  Line line_;
};

}  // namespace tools
}  // namespace ETCH_ABI
}  // namespace etch

// The progress bar: on a terminal, in a file, nowhere.
#include <etch/tools/progress.hpp>

#include <doctest/doctest.h>

#include <cstdio>
#include <cstdlib>
#include <string>

#include <fcntl.h>
#include <unistd.h>

using namespace etch;
using tools::Progress;

namespace {

template <class F>
std::string in_file(F&& show) {
  std::FILE* file = std::tmpfile();
  REQUIRE(file != nullptr);
  show(file);
  std::rewind(file);
  std::string text(1 << 16, '\0');
  text.resize(std::fread(text.data(), 1, text.size(), file));
  std::fclose(file);
  return text;
}

/// What is drawn on a terminal of so many columns.
template <class F>
std::string on_terminal(unsigned short columns, F&& show) {
  const int screen = ::posix_openpt(O_RDWR | O_NOCTTY);
  REQUIRE(screen >= 0);
  REQUIRE(::grantpt(screen) == 0);
  REQUIRE(::unlockpt(screen) == 0);
  std::FILE* terminal = std::fopen(::ptsname(screen), "r+");
  REQUIRE(terminal != nullptr);
  const winsize size = {24, columns, 0, 0};
  ::ioctl(screen, TIOCSWINSZ, &size);
  ::setenv("TERM", "xterm", 1);
  show(terminal);
  const std::string end = "<end>";  // a terminal hands over what was written to it piece by piece
  std::fputs(end.c_str(), terminal);
  std::fflush(terminal);
  std::string text;
  char piece[4096];
  while (!text.ends_with(end)) {
    const ssize_t got = ::read(screen, piece, sizeof piece);
    REQUIRE(got > 0);
    text.append(piece, static_cast<std::size_t>(got));
  }
  text.resize(text.size() - end.size());
  std::fclose(terminal);
  ::close(screen);
  return text;
}

std::size_t count(const std::string& text, char c) {
  std::size_t n = 0;
  for (const char other : text) n += other == c;
  return n;
}

bool has(const std::string& text, const char* part) {
  const bool found = text.find(part) != text.npos;
  if (!found) MESSAGE(text);
  return found;
}

}  // namespace

TEST_CASE("in a file: a plain line every tenth of the way") {
  const std::string text = in_file([](std::FILE* file) {
    Progress bar(1000, file);
    for (int step = 1; step <= 1000; ++step) {
      bar.update(step, 2.134, 28100);
      if (step == 250) bar.note("step %d: validation loss %.2f", step, 1.5);
    }
  });
  CHECK(count(text, '\n') == 11);
  CHECK(count(text, '\r') == 0);
  CHECK(text.starts_with("  100/1000  loss 2.134  28.1k tokens/s  0:00 left\n  200/1000"));
  CHECK(has(text, "\nstep 250: validation loss 1.50\n"));
  CHECK(text.ends_with(" 1000/1000  loss 2.134  28.1k tokens/s  in 0:00\n"));
}

TEST_CASE("on a terminal: one line, drawn again and again, but not too often") {
  const std::string text = on_terminal(90, [](std::FILE* terminal) {
    Progress bar(1000, terminal);
    for (int step = 1; step <= 1000; ++step) bar.update(step, 2.134, 28100);
  });
  CHECK(count(text, '\n') == 1);
  CHECK(has(text, "\r    1/1000 [>                             ]  loss 2.134  28.1k tokens/s  0:00 left\x1b[K"));
  CHECK(has(text, "\r 1000/1000 [==============================]  loss 2.134  28.1k tokens/s  in 0:00\x1b[K"));
  CHECK(count(text, '[') < 40);
}

TEST_CASE("a note stands above the bar; a bar that is left half-way ends its line") {
  const std::string text = on_terminal(60, [](std::FILE* terminal) {
    Progress bar(10, terminal);
    bar.update(5);
    bar.note("hello");
  });
  CHECK(has(text, "]  0:00 left\x1b[K\r\x1b[Khello\r\n\r  5/10 ["));
  CHECK(text.ends_with("\r\n"));
}

TEST_CASE("a narrow terminal has no bar, and the line never wraps") {
  const std::string text = on_terminal(30, [](std::FILE* terminal) { Progress(10, terminal).update(5, 2.134, 28100); });
  CHECK(has(text, "\r  5/10  loss 2.134  28.1k tok\x1b[K"));
}

TEST_CASE("numbers keep their length") {
  const auto shown = [](double value) {
    const std::string text = in_file([value](std::FILE* file) { Progress(1, file).update(1, {{"", value}}); });
    return text.substr(6, text.find("  in ") - 6);
  };
  CHECK(shown(2.1) == "2.100");
  CHECK(shown(21.34) == "21.34");
  CHECK(shown(-213.4) == "-213.4");
  CHECK(shown(2810) == "2.81k");
  CHECK(shown(28100) == "28.1k");
  CHECK(shown(281000) == "281k");
  CHECK(shown(2.81e6) == "2.81M");
  CHECK(shown(3e-4) == "3.00e-04");
  CHECK(shown(0) == "0.000");
  CHECK(shown(HUGE_VAL) == "inf");
}

TEST_CASE("a null stream shows nothing") {
  Progress bar(10, nullptr);
  bar.update(5, 1, 1);
  bar.note("nothing");
  bar.update(10);
}

// Options are read, and wrong ones end the program with its usage.
#include <etch/tools/command_line.hpp>

#include <doctest/doctest.h>

#include <sys/wait.h>
#include <unistd.h>

#include <string>

using etch::tools::CommandLine;

namespace {
struct Read {
  int steps = 0;
  std::string text;
};
Read read(std::initializer_list<const char*> words) {
  char* argv[8]{};
  int argc = 0;
  for (const char* word : words) argv[argc++] = const_cast<char*>(word);
  Read r;
  CommandLine line("program", "usage: program\n", argc, argv);
  while (line.next())
    if (line.is("--steps")) r.steps = line.number<int>(100);
    else if (line.is("--text")) r.text = line.value();
    else line.refuse("unknown option");
  return r;
}
/// The status with which these words end a program; -1 where they do not.
int ended(std::initializer_list<const char*> words) {
  std::fflush(nullptr);
  const pid_t child = ::fork();
  if (child == 0) {
    if (std::freopen("/dev/null", "w", stdout) == nullptr || std::freopen("/dev/null", "w", stderr) == nullptr) ::_exit(98);
    read(words);
    ::_exit(99);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  return WEXITSTATUS(status) == 99 ? -1 : WEXITSTATUS(status);
}
}  // namespace

TEST_CASE("options and what follows them") {
  const Read r = read({"program", "--steps", "12", "--text", "--steps"});
  CHECK(r.steps == 12);
  CHECK(r.text == "--steps");
  CHECK(read({"program"}).steps == 0);
}

TEST_CASE("what is wrong ends the program") {
  CHECK(ended({"program", "--steps", "100"}) == -1);
  for (const char* number : {"101", "-1", "1.5", "12x", "", "99999999999999999999"}) CHECK(ended({"program", "--steps", number}) == 2);
  CHECK(ended({"program", "--steps"}) == 2);
  CHECK(ended({"program", "--stepz", "1"}) == 2);
  CHECK(ended({"program", "--help"}) == 0);
}

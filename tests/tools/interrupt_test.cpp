// The first interrupt is noted, the second ends the program.
#include <etch/tools/interrupt.hpp>

#include <doctest/doctest.h>

#include <sys/wait.h>
#include <unistd.h>

using namespace etch;

TEST_CASE("an interrupt is noted once") {
  const pid_t child = ::fork();
  if (child == 0) {
    tools::note_interrupts();
    if (tools::interrupted()) ::_exit(1);
    std::raise(SIGINT);
    if (!tools::interrupted()) ::_exit(2);
    std::raise(SIGINT);
    ::_exit(3);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  REQUIRE(WIFSIGNALED(status));
  CHECK(WTERMSIG(status) == SIGINT);
}

// A user's own names stay theirs under `using namespace etch`: what the graph, the plan and the kernels are made of is not in `etch`.
#include <doctest/doctest.h>
#include <etch/etch.hpp>

using namespace etch;

struct Graph {};
struct Node {
  int value = 0;
};
struct Plan {};
struct Buffer {};
struct Step {};
struct Group {};
struct Shape {};
struct Symbol {};
struct Value {};
struct Source {};
struct Output {};
struct Loop {};
struct Region {};
struct Builder {};
struct Op {};
struct Location {};
struct Instruction {};
static double forward(Node n) { return n.value; }
static double reverse(Node n) { return -n.value; }
static double compare(Node n) { return n.value; }

TEST_CASE("using namespace etch leaves common names to the user") {
  [[maybe_unused]] const Graph graph;
  [[maybe_unused]] const Plan plan;
  [[maybe_unused]] const Buffer buffer;
  [[maybe_unused]] const Step step;
  [[maybe_unused]] const Group group;
  [[maybe_unused]] const Shape shape;
  [[maybe_unused]] const Symbol symbol;
  [[maybe_unused]] const Value value;
  [[maybe_unused]] const Source source;
  [[maybe_unused]] const Output output;
  [[maybe_unused]] const Loop loop;
  [[maybe_unused]] const Region region;
  [[maybe_unused]] const Builder builder;
  [[maybe_unused]] const Op op;
  [[maybe_unused]] const Location location;
  [[maybe_unused]] const Instruction instruction;
  const Tensor<double, 2> x = exp(zeros<double, 2>()) * (forward(Node{3}) + reverse(Node{1}) + compare(Node{2}));
  CHECK(x(1) == 4);
}

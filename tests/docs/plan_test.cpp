// The code of docs/plan.md.
#include <etch/etch.hpp>
#include <etch/tools/print_plan.hpp>

#include <doctest/doctest.h>

#include <string>

using namespace etch;
using namespace etch::detail;

namespace {

/// A kernel's words, one a line: result, operation, operands; r0 are registers, m0 places in memory.
template <class Plan>
std::string words_of(const Plan& plan, const Step& step) {
  constexpr const char* names[] = {"load",       "store",  "number", "number",     "index", "uniform",
                                   "initialise", "reduce", "finish", "accumulate", "row",   "columns"};
  constexpr const char* reductions[] = {"sum", "prod", "amax", "amin"};
  const auto r = [](int i) { return " r" + std::to_string(i); };
  std::string text;
  for (int w = step.code; w < step.code + step.words; ++w) {
    const Instruction i = decode(plan.word[w]);
    const bool map = i.op < 128;
    const auto word = static_cast<Word>(i.op);
    const std::string slot = " m" + std::to_string(i.slot);
    if (word == Word::row || word == Word::columns) {
      text += std::string(names[i.op - 128]) + ":\n";
    } else if (word == Word::store) {
      text += "  store" + slot + r(i.a) + "\n";
    } else if (word == Word::load) {
      text += " " + r(i.d) + " = load" + slot + "\n";
    } else if (word == Word::initialise || word == Word::reduce || word == Word::finish) {
      text += " " + r(i.d) + " = " + names[i.op - 128] + " " + reductions[i.mode] +
              (word == Word::reduce ? r(i.a) : "") + "\n";
    } else {
      text += " " + r(i.d) + " = " + (map ? name_of(static_cast<Op>(i.op)) : names[i.op - 128]) + (map ? r(i.a) : "") +
              (map && i.op >= static_cast<std::uint8_t>(Op::add) ? r(i.b) : "") + "\n";
    }
    if (word == Word::number64) ++w;
  }
  return text;
}

}  // namespace

TEST_CASE("softmax is one kernel of three passes") {
  auto program = compile<Tensor<float, 64, 1000>>([](auto x) { return softmax<1>(x); });
  constexpr const auto& plan = decltype(program)::Code::plan;
  static_assert(plan.steps == 1 && plan.step[0].kind == StepKind::fused);
  static_assert(plan.arena_bytes == 0);
  CHECK(words_of(plan, plan.step[0]) == R"(row:
  r0 = initialise amax
columns:
  r3 = load m0
  r0 = reduce amax r3
row:
  r0 = finish amax
  r1 = initialise sum
columns:
  r3 = load m0
  r4 = sub r3 r0
  r5 = exp r4
  r1 = reduce sum r5
  store m1 r5
row:
  r1 = finish sum
  r2 = reciprocal r1
columns:
  r3 = load m1
  r4 = mul r3 r2
  store m2 r4
row:
)");
}

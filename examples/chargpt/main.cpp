// A character-level GPT: learns a text, saves itself, and writes. `chargpt --help` lists the options.
//
//   text -> batches -> step (forward, loss, backward, AdamW: one program) -> chargpt.safetensors, chargpt.svg
//                      validate (loss of each position)                   -> loss over all of the held-out text
//                      write (logits, of up to 64 characters)             -> 400 characters
//
// test: --steps 3 --threads 2
#include <etch/tools/allocations.hpp>
#include <etch/tools/print_plan.hpp>
#include <etch/tools/progress.hpp>

#include "checkpoint.hpp"
#include "options.hpp"
#include "session.hpp"
#include "setup.hpp"
#include "text.hpp"

#include <chrono>
#include <cmath>
#include <csignal>
#include <cstdio>
#include <string>

namespace chargpt {
namespace {

using namespace etch;

constexpr int validate_every = 250, characters = 400;

volatile std::sig_atomic_t interrupted = 0;

double now() { return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count(); }

/// The mean loss over windows side by side that cover the held-out text, but for the last incomplete one.
class Validation {
 public:
  Validation(const Model<Net>& model, std::span<const std::uint8_t> text)
      : losses_(model), text_(text), windows_((text.size() - 1) / context) {}

  double operator()() {
    double sum = 0;
    for (std::size_t first = 0; first < windows_; first += batch) {
      const std::size_t count = std::min<std::size_t>(batch, windows_ - first) * context;
      std::copy_n(text_.data() + first * context, count, ids_.data());
      std::copy_n(text_.data() + first * context + 1, count, targets_.data());
      const float* losses = losses_(ids_, targets_).data();
      for (std::size_t i = 0; i < count; ++i) sum += static_cast<double>(losses[i]);
    }
    return sum / static_cast<double>(windows_ * context);
  }

 private:
  ModelProgram<Net, Ids, Ids> losses_;
  std::span<const std::uint8_t> text_;
  std::size_t windows_;
  Ids ids_, targets_;
};

/// What training leaves behind for the last line and the picture.
struct Record {
  float loss = NAN;
  double val = NAN;
  double seconds = 0;
  std::uint64_t allocations = 0;
  Curve curve;
};

/// Trains up to step `options.steps`, or until Ctrl-C; allocates nothing after its first step.
void train(Step& step, Validation& validate, const Text& text, const Options& options, Record& record) {
  Ids ids, targets;
  record.curve.reserve(step.steps(), options.steps, validate_every);
  tools::Progress progress(options.steps, options.quiet ? nullptr : stderr, step.steps());
  const double begin = now();
  const std::int64_t first = step.steps();
  std::uint64_t before = tools::allocations();
  while (step.steps() < options.steps && !interrupted) {
    sample(text.train(), options.seed, static_cast<std::uint64_t>(step.steps()), batch, context, ids.data(),
                    targets.data());
    record.loss = step(ids, targets);
    if (step.steps() == first + 1) before = tools::allocations();
    const std::int64_t done = step.steps();
    record.curve.add_loss(done, static_cast<double>(record.loss));
    if (done % validate_every == 0 && done != options.steps) {
      record.val = validate();
      record.curve.add_validation(done, record.val);
      progress.note("step %lld: held-out loss %.4f", static_cast<long long>(done), record.val);
    }
    progress.update(done, static_cast<double>(record.loss), static_cast<double>((done - first) * batch * context) / (now() - begin));
  }
  record.allocations = tools::allocations() - before;
  record.seconds = now() - begin;
}

/// `count` characters that continue `text`, each drawn from softmax(logits / temperature).
std::string write(const Model<Net>& model, const Text& text, std::string beginning, int count, std::uint64_t seed) {
  constexpr float temperature = 0.8f;
  auto program = compile<Prompt>(model);
  Prompt prompt(1);
  for (int i = 0; i < count; ++i) {
    const int used = static_cast<int>(std::min<std::size_t>(beginning.size(), context));
    const int sizes[] = {1, used};
    prompt.resize(sizes);
    text.encode(std::string_view(beginning).substr(beginning.size() - static_cast<std::size_t>(used)), prompt.data());
    const float* logits = program(prompt).data() + (used - 1) * symbols;
    beginning += text.decode(draw(logits, static_cast<int>(text.symbols().size()), temperature,
                                           hash(seed, static_cast<std::uint64_t>(i), ~std::uint64_t{0})));
  }
  return beginning;
}

void leave_on_interrupt() {
  struct sigaction action = {};
  action.sa_handler = [](int) { interrupted = 1; };
  action.sa_flags = static_cast<int>(SA_RESETHAND);  // a second Ctrl-C does not wait
  ::sigaction(SIGINT, &action, nullptr);
  ::sigaction(SIGTERM, &action, nullptr);
}

int run(Options options) {
  if (options.threads > 0) cpu::set_num_threads(options.threads);
  const Text text(load_text(options.text));
  check(text, symbols, context);
  const auto model = make<Net>(Generator{options.seed});
  auto step = train_step<Ids, Ids>(model, Loss{}, optim::AdamW{.lr = 1e-3});
  if (options.resume != nullptr) resume(step, text, options);
  if (!options.quiet)
    std::printf("%zu characters, %zu symbols, %d layers, %d threads\n", text.size(), text.symbols().size(), layers, cpu::num_threads());

  Record record;
  Validation validate(model, text.held_out());
  if (options.trains()) {
    leave_on_interrupt();
    train(step, validate, text, options, record);
  }
  if (!interrupted) {
    record.val = validate();
    record.curve.add_validation(step.steps(), record.val);
  }
  if (options.trains()) {
    save(step, text, options);
    record.curve.save("chargpt.svg");
  }
  if (!interrupted) {
    if (!options.quiet || options.generate != nullptr) {
      const char* beginning = options.generate != nullptr && options.generate[0] != '\0' ? options.generate : "\n";
      std::printf("%s\n\n", write(model, text, beginning, characters, options.seed).c_str());
    }
    if (!options.quiet) print_plan(step);
  }
  std::printf("loss %.9g val %.9g steps %lld seconds %.2f allocations %llu\n", static_cast<double>(record.loss), record.val,
              static_cast<long long>(step.steps()), record.seconds, static_cast<unsigned long long>(record.allocations));
  return interrupted ? 130 : 0;
}

}  // namespace
}  // namespace chargpt

int main(int argc, char** argv) {
  const chargpt::Options options = chargpt::parse_options(argc, argv);
  try {
    return chargpt::run(options);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "chargpt: %s\n", error.what());
    return 1;
  }
}

// A character-level GPT: learns a text, saves itself, and writes. `chargpt --help` lists the options.
//
//   batches of text -> step   (forward, loss, backward, AdamW: one program) -> chargpt.safetensors, chargpt.svg
//   held-out text   -> reader (logits of up to 16 windows of up to 64 characters) -> validation loss
//   a beginning     -> reader                                                     -> 400 characters
//
// test: --steps 3 --threads 2
#include <etch/tools/allocations.hpp>
#include <etch/tools/interrupt.hpp>
#include <etch/tools/print_plan.hpp>
#include <etch/tools/progress.hpp>

#include "checkpoint.hpp"
#include "options.hpp"
#include "session.hpp"
#include "setup.hpp"
#include "text.hpp"

#include <chrono>
#include <cmath>
#include <cstdio>
#include <string>

namespace chargpt {
namespace {

using namespace etch;

constexpr int validate_every = 250, characters = 400;

double now() { return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count(); }

/// The model as it reads: one program for windows of any number and length.
class Reader {
 public:
  explicit Reader(const Model<Net>& model) : logits_(model) {}

  /// The mean loss over windows side by side that cover the held-out text, but for the last incomplete one.
  double validate(const Text& text) {
    const std::span<const std::uint8_t> tokens = text.held_out();
    const std::size_t windows = (tokens.size() - 1) / context;
    double sum = 0;
    for (std::size_t first = 0; first < windows; first += batch) {
      const std::size_t count = std::min<std::size_t>(batch, windows - first);
      resize(count, context);
      std::copy_n(&tokens[first * context], count * context, windows_.data());
      sum += loss_sum(logits_(windows_).data(), symbols, &tokens[first * context + 1], count * context);
    }
    return sum / static_cast<double>(windows * context);
  }

  /// `beginning` and `count` characters that continue it, each drawn from softmax(logits / temperature).
  std::string write(const Text& text, std::string beginning, int count, std::uint64_t seed) {
    constexpr float temperature = 0.8f;
    const int known = static_cast<int>(text.symbols().size());
    for (int i = 0; i < count; ++i) {
      const std::size_t used = std::min<std::size_t>(beginning.size(), context);
      resize(1, used);
      text.encode(std::string_view(beginning).substr(beginning.size() - used), windows_.data());
      const float* last = logits_(windows_).data() + (used - 1) * symbols;
      const std::uint64_t bits = hash(seed, static_cast<std::uint64_t>(i), ~std::uint64_t{0});
      beginning += text.decode(draw(last, known, temperature, bits));
    }
    return beginning;
  }

 private:
  void resize(std::size_t rows, std::size_t length) {
    const int sizes[] = {static_cast<int>(rows), static_cast<int>(length)};
    windows_.resize(sizes);
  }

  ModelProgram<Net, Windows> logits_;
  Windows windows_;
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
void train(Step& step, Reader& reader, const Text& text, const Options& options, Record& record) {
  Ids ids, targets;
  record.curve.reserve(step.steps(), options.steps, validate_every);
  tools::Progress progress(options.steps, options.quiet ? nullptr : stderr, step.steps());
  const double begin = now();
  const std::int64_t first = step.steps();
  std::uint64_t before = tools::allocations();
  while (step.steps() < options.steps && !tools::interrupted()) {
    sample(text.train(), options.seed, static_cast<std::uint64_t>(step.steps()), batch, context, ids.data(),
           targets.data());
    record.loss = step(ids, targets);
    if (step.steps() == first + 1) before = tools::allocations();
    const std::int64_t done = step.steps();
    record.curve.add_loss(done, static_cast<double>(record.loss));
    if (done % validate_every == 0 && done != options.steps) {
      record.val = reader.validate(text);
      record.curve.add_validation(done, record.val);
      progress.note("step %lld: held-out loss %.4f", static_cast<long long>(done), record.val);
    }
    progress.update(done, static_cast<double>(record.loss),
                    static_cast<double>((done - first) * batch * context) / (now() - begin));
  }
  record.allocations = tools::allocations() - before;
  record.seconds = now() - begin;
}

int run(Options options) {
  if (options.threads > 0) cpu::set_num_threads(options.threads);
  const Text text(load_text(options.text));
  check(text, symbols, context);
  const auto model = make<Net>(Generator{options.seed});
  auto step = train_step<Ids, Ids>(model, Loss{}, optim::AdamW{.lr = 1e-3});
  if (options.resume != nullptr) resume(step, text, options);
  if (!options.quiet)
    std::printf("%zu characters, %zu symbols, %d layers, %d threads\n", text.size(), text.symbols().size(), layers,
                cpu::num_threads());

  Record record;
  Reader reader(model);
  if (options.trains()) {
    tools::note_interrupts();
    train(step, reader, text, options, record);
  }
  if (!tools::interrupted()) {
    record.val = reader.validate(text);
    record.curve.add_validation(step.steps(), record.val);
  }
  if (options.trains()) {
    save(step, text, options);
    record.curve.save("chargpt.svg");
    if (!options.quiet)
      std::printf("saved %s and chargpt.svg after step %lld\n", checkpoint_path, static_cast<long long>(step.steps()));
  }
  if (!tools::interrupted()) {
    if (!options.quiet || options.generate != nullptr) {
      const char* beginning = options.generate != nullptr && options.generate[0] != '\0' ? options.generate : "\n";
      std::printf("%s\n\n", reader.write(text, beginning, characters, options.seed).c_str());
    }
    if (!options.quiet) print_plan(step);
  }
  std::printf("loss %.9g val %.9g steps %lld seconds %.2f allocations %llu\n", static_cast<double>(record.loss),
              record.val, static_cast<long long>(step.steps()), record.seconds,
              static_cast<unsigned long long>(record.allocations));
  return tools::interrupted() ? 130 : 0;
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

// LeNet-5 learns to read digits, from MNIST's files or from glyphs it draws itself. `lenet --help` lists the options.
//
//   batches of 64 -> step   (forward, loss, backward, Adam: one program) -> lenet.safetensors
//   held-out tenth -> reader (logits of 64 images)                       -> accuracy, lenet.svg
//
// test: --steps 150 --threads 2
#include <etch/etch.hpp>
#include <etch/io.hpp>
#include <etch/tools/interrupt.hpp>
#include <etch/tools/progress.hpp>

#include "digits.hpp"
#include "model.hpp"
#include "options.hpp"
#include "picture.hpp"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <vector>

namespace lenet {
namespace {

using namespace etch;

constexpr int batch = 64;
constexpr std::size_t drawn = 8000;

using Images = Tensor<float, batch, 1, side, side>;
using Labels = Tensor<std::int64_t, batch>;

constexpr auto loss_of = [](auto& net, auto images, auto labels) { return cross_entropy(net(images), labels); };
using Step = decltype(train_step<Images, Labels>(make<LeNet>(), loss_of, optim::Adam{}));

double now() { return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count(); }

/// Pixels as the model wants them: about 0 on average and 1 in size.
void copy_image(const Digits& digits, std::size_t i, float* to) {
  const std::uint8_t* from = digits.image(i);
  for (int k = 0; k < side * side; ++k) to[k] = (static_cast<float>(from[k]) / 255 - 0.2f) / 0.35f;
}

/// What training leaves behind for the last line and the picture.
struct Record {
  double seconds = 0;
  std::vector<double> losses;
};

/// Trains for `options.steps` steps, or until Ctrl-C, on images drawn at random from those that are not held out.
void train(Step& step, const Digits& digits, const Options& options, Record& record) {
  Images images;
  Labels labels;
  tools::Progress progress(options.steps, options.quiet ? nullptr : stderr);
  const double begin = now();
  while (step.steps() < options.steps && !tools::interrupted()) {
    for (std::uint32_t row = 0; row < batch; ++row) {
      const auto i = random_bits(options.seed, 2, static_cast<std::uint64_t>(step.steps()), row) % digits.held_out();
      copy_image(digits, i, images.data() + row * side * side);
      labels(static_cast<int>(row)) = digits.labels[i];
    }
    step.optimizer().lr = 2e-3 * (1 - 0.9 * static_cast<double>(step.steps()) / static_cast<double>(options.steps));
    record.losses.push_back(static_cast<double>(step(images, labels)));
    record.seconds = now() - begin;
    progress.update(step.steps(), {{"loss ", record.losses.back()}, {"", static_cast<double>(step.steps() * batch) / record.seconds, " images/s"}});
  }
}

/// What the model takes each held-out image for.
std::vector<std::uint8_t> read(const Model<LeNet>& model, const Digits& digits) {
  auto logits = compile<Images>(model);
  Images images;
  std::vector<std::uint8_t> predicted;
  for (std::size_t first = digits.held_out(); first < digits.count(); first += batch) {
    const std::size_t count = std::min<std::size_t>(batch, digits.count() - first);  // the last batch may have rows that nobody reads
    for (std::size_t i = 0; i < count; ++i) copy_image(digits, first + i, images.data() + i * side * side);
    const float* scores = logits(images).data();
    for (std::size_t i = 0; i < count; ++i, scores += classes)
      predicted.push_back(static_cast<std::uint8_t>(std::max_element(scores, scores + classes) - scores));
  }
  return predicted;
}

int run(const Options& options) {
  if (options.threads > 0) cpu::set_num_threads(options.threads);
  const Digits digits = options.images != nullptr ? read_digits(options.images, options.labels) : draw_digits(drawn, options.seed);
  const auto model = make<LeNet>(Generator{options.seed});
  Step step = train_step<Images, Labels>(model, loss_of, optim::Adam{});
  if (!options.quiet)
    std::printf("%zu digits to learn from, %zu held out, %d threads\n", digits.held_out(), digits.count() - digits.held_out(), cpu::num_threads());

  Record record;
  tools::note_interrupts();
  train(step, digits, options, record);
  const std::vector<std::uint8_t> predicted = read(model, digits);
  std::size_t right = 0;
  for (std::size_t i = 0; i < predicted.size(); ++i) right += predicted[i] == digits.labels[digits.held_out() + i] ? 1 : 0;
  const double accuracy = static_cast<double>(right) / static_cast<double>(predicted.size());

  save(model, "lenet.safetensors");
  save_picture("lenet.svg", digits, predicted, record.losses);
  if (!options.quiet)
    std::printf("%zu of %zu held-out digits are read correctly; saved lenet.safetensors and lenet.svg\n", right, predicted.size());
  std::printf("loss %.9g accuracy %.4f steps %lld seconds %.2f\n", record.losses.empty() ? NAN : record.losses.back(), accuracy,
              static_cast<long long>(step.steps()), record.seconds);
  if (tools::interrupted()) return 130;
  return options.images == nullptr && options.steps >= 150 && accuracy < 0.8 ? 1 : 0;  // glyphs are not hard: something is broken
}

}  // namespace
}  // namespace lenet

int main(int argc, char** argv) {
  const lenet::Options options = lenet::parse_options(argc, argv);
  try {
    return lenet::run(options);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "lenet: %s\n", error.what());
    return 1;
  }
}

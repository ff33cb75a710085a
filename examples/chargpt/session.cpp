#include "session.hpp"

#include <etch/tools/svg.hpp>

#include <algorithm>
#include <cmath>

namespace chargpt {

void check(const Text& text, int symbols, int context) {
  const std::size_t found = text.symbols().size();
  if (found > static_cast<std::size_t>(symbols))
    etch::fail(
        "chargpt", "the text must have at most as many symbols as the model was compiled for",
        etch::Message{} << "got " << found << " for " << symbols << "; compile with -DCHARGPT_SYMBOLS=" << found);
  if (text.held_out().size() <= static_cast<std::size_t>(context))
    etch::fail("chargpt", "the last tenth of the text must be longer than a window",
               etch::Message{} << "got " << text.held_out().size() << " characters for " << context);
}

double loss_sum(const float* logits, int symbols, const std::uint8_t* targets, std::size_t count) {
  double loss = 0;
  for (std::size_t i = 0; i < count; ++i, logits += symbols) {
    const float most = *std::max_element(logits, logits + symbols);
    double sum = 0;
    for (int k = 0; k < symbols; ++k) sum += static_cast<double>(std::exp(logits[k] - most));
    loss += std::log(sum) + static_cast<double>(most - logits[targets[i]]);
  }
  return loss;
}

int draw(const float* logits, int count, float temperature, std::uint64_t bits) {
  const float most = *std::max_element(logits, logits + count);
  const auto weight = [&](int i) { return std::exp(static_cast<double>((logits[i] - most) / temperature)); };
  double sum = 0;
  for (int i = 0; i < count; ++i) sum += weight(i);
  double left = sum * (static_cast<double>(bits >> 11) * 0x1p-53);
  for (int i = 0; i < count; ++i)
    if ((left -= weight(i)) < 0) return i;
  return static_cast<int>(std::max_element(logits, logits + count) - logits);  // rounding, or a logit that is no number
}

void Curve::reserve(long long first, long long last, int validate_every) {
  const auto steps = static_cast<std::size_t>(std::max(last - first, 0LL));
  for (std::vector<double>* values : {&loss_.xs, &loss_.ys}) values->reserve(steps);
  for (std::vector<double>* values : {&validation_.xs, &validation_.ys})
    values->reserve(steps / static_cast<std::size_t>(validate_every) + 2);
}

void Curve::add_loss(long long step, double loss) {
  loss_.xs.push_back(static_cast<double>(step));
  loss_.ys.push_back(loss);
}

void Curve::add_validation(long long step, double loss) {
  validation_.xs.push_back(static_cast<double>(step));
  validation_.ys.push_back(loss);
}

void Curve::save(const char* path) const {
  // A batch is small and its loss noisy: beside it, the mean of the last 25 steps.
  std::vector<double> mean;
  double sum = 0;
  for (std::size_t i = 0; i < loss_.ys.size(); ++i) {
    sum += loss_.ys[i] - (i >= 25 ? loss_.ys[i - 25] : 0);
    mean.push_back(sum / static_cast<double>(std::min<std::size_t>(i + 1, 25)));
  }
  const etch::tools::Series series[] = {{"batch", loss_.xs, loss_.ys, "#bfdbfe", 1},
                                        {"mean of 25 batches", loss_.xs, mean, "#2563eb"},
                                        {"held-out text", validation_.xs, validation_.ys, "#ea580c"}};
  etch::tools::write_svg_plot(path, "chargpt", "step", "loss (nats a character)", series);
}

}  // namespace chargpt

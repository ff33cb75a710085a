#include "picture.hpp"

#include <etch/tools/svg.hpp>

#include <algorithm>
#include <cstdio>
#include <numeric>
#include <string>

namespace lenet {
namespace {

constexpr int columns = 20, cell = 43, margin = 20;

/// Runs of pixels above three levels of grey, one layer of ink over the other.
void draw_pixels(std::string& out, const std::uint8_t* pixels) {
  char text[64];
  for (const int level : {64, 128, 192}) {
    out += "<path stroke=\"#111827\" stroke-opacity=\"0.45\" d=\"";
    for (int y = 0; y < side; ++y)
      for (int x = 0, end = 0; x < side; x = end + 1) {
        for (end = x; end < side && pixels[y * side + end] >= level;) ++end;
        if (end > x) std::snprintf(text, sizeof text, "M%d %d.5h%d", x, y, end - x), out += text;
      }
    out += "\"/>\n";
  }
}

/// One digit in its cell, its predicted label beneath.
void draw_digit(std::string& out, const Digits& digits, std::size_t i, int predicted, int place, int top) {
  char text[256];
  const int x = margin + place % columns * cell, y = top + place / columns * (cell + 15), label = digits.labels[i];
  const bool wrong = predicted != label;
  std::snprintf(text, sizeof text, "<g transform=\"translate(%d %d)\">\n<rect x=\"-2\" y=\"-2\" width=\"40\" height=\"40\" fill=\"%s\" stroke=\"%s\"/>\n", x, y,
                wrong ? "#fee2e2" : "#f9fafb", wrong ? "#dc2626" : "#e5e7eb");
  out += text;
  out += "<g transform=\"scale(1.2857)\">\n";
  draw_pixels(out, digits.image(i));
  out += "</g>\n";
  if (wrong)
    std::snprintf(text, sizeof text, "<text x=\"18\" y=\"50\" text-anchor=\"middle\" fill=\"#dc2626\" font-weight=\"600\">%d (%d)</text>\n</g>\n", predicted, label);
  else
    std::snprintf(text, sizeof text, "<text x=\"18\" y=\"50\" text-anchor=\"middle\">%d</text>\n</g>\n", predicted);
  out += text;
}

void caption(std::string& out, const char* text, int y) {
  char line[256];
  std::snprintf(line, sizeof line, "<text x=\"%d\" y=\"%d\" font-size=\"18\" font-weight=\"600\" fill=\"#111827\">%s</text>\n", margin, y, text);
  out += line;
}

}  // namespace

void save_picture(const char* path, const Digits& digits, std::span<const std::uint8_t> predicted, std::span<const double> losses) {
  const std::size_t first = digits.held_out();
  std::vector<std::size_t> mistakes;
  for (std::size_t i = 0; i < predicted.size(); ++i)
    if (predicted[i] != digits.labels[first + i]) mistakes.push_back(i);

  std::string out =
      "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 900 900\" width=\"900\" height=\"900\" "
      "font-family=\"Inter,'Helvetica Neue',Arial,'DejaVu Sans',sans-serif\" font-size=\"10\" fill=\"#4b5563\">\n"
      "<rect width=\"900\" height=\"900\" fill=\"#ffffff\"/>\n";
  caption(out, "Digits that were held out, and what the model takes them for (and what they are)", 30);
  for (std::size_t i = 0; i < std::min<std::size_t>(predicted.size(), 3 * columns); ++i)
    draw_digit(out, digits, first + i, predicted[i], static_cast<int>(i), 46);
  char text[128];
  std::snprintf(text, sizeof text, "Mistakes: %zu of %zu", mistakes.size(), predicted.size());
  caption(out, text, 250);
  for (std::size_t i = 0; i < std::min<std::size_t>(mistakes.size(), 1 * columns); ++i)
    draw_digit(out, digits, first + mistakes[i], predicted[mistakes[i]], static_cast<int>(i), 266);

  // A batch is small and its loss noisy: beside it, the mean of the last 25 steps.
  std::vector<double> step(losses.size()), mean(losses.size());
  std::iota(step.begin(), step.end(), 1.0);
  for (std::size_t i = 0; i < losses.size(); ++i) {
    const auto from = losses.begin() + static_cast<std::ptrdiff_t>(i < 25 ? 0 : i - 24);
    mean[i] = std::accumulate(from, losses.begin() + static_cast<std::ptrdiff_t>(i) + 1, 0.0) / static_cast<double>(std::min<std::size_t>(i + 1, 25));
  }
  const etch::tools::Series series[] = {{"batch", step, losses, "#bfdbfe", 1}, {"mean of 25 batches", step, mean, "#2563eb"}};
  out += "<g transform=\"translate(0 350)\">\n" + etch::tools::svg_plot("Loss", "step", "cross-entropy (nats)", series) + "</g>\n</svg>\n";
  etch::tools::write_svg(path, out);
}

}  // namespace lenet

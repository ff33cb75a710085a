// An audio effect learned by ear: an LSTM and a GRU hear a signal and what an amplifier made of it, and become the amplifier.
//
//   audio_effect [--steps N]
//
// The amplifier is generated: a filter with memory, s += 0.3 (x - s), driven into saturation, tanh(4 s + 0.5). The pictures audio_effect_lstm.svg
// and audio_effect_gru.svg show a passage that was not heard in training, as the effect and as the model play it.
//
// test: --steps 60
#include <etch/etch.hpp>
#include <etch/tools/svg.hpp>

#include <chrono>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <vector>

using namespace etch;

namespace {

constexpr int samples = 128, batch = 16, hidden = 24;

template <class Recurrent>
struct Effect {
  Recurrent memory;
  nn::Linear<hidden, 1> out;
  ETCH_MODULE(memory, out)
  constexpr auto forward(auto x) const { return x + out(memory(x).template get<0>()); }
};

using Signal = Tensor<float, samples, batch, 1>;

/// A chord of three random tones that swells, for each of the batch, and the effect's answer.
void play(Signal& dry, Signal& wet, Generator& generator) {
  Tensor<float, batch, 3, 2> tones;
  nn::init::uniform_(tones, generator, 0, 1);
  for (int b = 0; b < batch; ++b) {
    float state = 0;
    for (int t = 0; t < samples; ++t) {
      float x = 0;
      for (int k = 0; k < 3; ++k) x += std::sin((0.05f + 0.6f * tones(b, k, 0)) * static_cast<float>(t) + 6.28f * tones(b, k, 1)) / 3;
      x *= 0.3f + 0.7f * static_cast<float>(t) / samples;
      state += 0.3f * (x - state);
      dry(t, b, 0) = x;
      wet(t, b, 0) = std::tanh(4 * state + 0.5f);
    }
  }
}

/// Trains one kind of memory, draws what it plays, and returns its share of the effect's power that is wrong.
template <class Recurrent>
float learn(const char* name, const char* picture, int steps) {
  const auto begin = std::chrono::steady_clock::now();
  auto model = make<Effect<Recurrent>>(Generator{1});
  auto loss = [](auto& m, auto x, auto y) { return mse_loss(m(x), y); };
  auto step = train_step<Signal, Signal>(model, loss, optim::clip_grad_norm(optim::Adam{.lr = 1e-2}, 1.0));
  Generator generator{2};
  Signal dry, wet;
  for (int i = 1; i <= steps; ++i) {
    play(dry, wet, generator);
    step.optimizer().lr = 1e-2 * (1 - 0.9 * i / steps);
    const float error = step(dry, wet);
    if (i == 1 || i % 50 == 0) std::printf("%s  step %4d  mean squared error %.5f\n", name, i, static_cast<double>(error));
  }
  Generator unheard{99};
  play(dry, wet, unheard);
  const Signal played = model(dry);
  const Tensor<float> error = mse_loss(played, wet), power = mean(wet * wet);
  std::vector<double> time, target, answer;
  for (int t = 0; t < samples; ++t) {
    time.push_back(t);
    target.push_back(static_cast<double>(wet(t, 0, 0)));
    answer.push_back(static_cast<double>(played(t, 0, 0)));
  }
  const tools::Series lines[] = {{"effect", time, target}, {name, time, answer}};
  tools::write_svg_plot(picture, "A passage not heard before", "sample", "signal", lines);
  const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - begin;
  const float share = error.item() / power.item();
  std::printf("%s  error %.2f %% of the effect's power, %.1f s, %s\n", name, 100 * static_cast<double>(share), seconds.count(), picture);
  return share;
}

}  // namespace

int main(int argc, char** argv) {
  int steps = 600;
  if (argc == 3 && std::strcmp(argv[1], "--steps") == 0)
    steps = std::atoi(argv[2]);
  else if (argc != 1)
    return std::fprintf(stderr, "usage: audio_effect [--steps N]\n"), 2;
  const float lstm = learn<nn::LSTM<1, hidden>>("LSTM", "audio_effect_lstm.svg", steps);
  const float gru = learn<nn::GRU<1, hidden>>("GRU", "audio_effect_gru.svg", steps);
  return steps < 60 || (lstm < 0.2f && gru < 0.2f) ? 0 : 1;
}

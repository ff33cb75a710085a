// PyTorch without Python: its C++ library, from the same wheel, with gradients set to None and the fused Adam.
#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <c10/core/GradMode.h>

#include <cmath>
#include <vector>

#include "exact.hpp"
#include "serve.hpp"

namespace {

using at::Tensor;

Tensor numbers(at::IntArrayRef sizes, std::uint32_t seed, float range = 1) {
  Tensor x = at::empty(sizes);
  bench::fill(x.data_ptr<float>(), static_cast<std::size_t>(x.numel()), seed, range);
  return x;
}

Tensor labels(std::int64_t count, int classes) {
  Tensor y = at::empty({count}, at::kLong);
  for (std::int64_t i = 0; i < count; ++i) y.data_ptr<std::int64_t>()[i] = bench::label(static_cast<std::size_t>(i), classes);
  return y;
}

/// Parameters of layers, each with its bias, and Adam's state.
struct Training {
  std::vector<Tensor> parameters, m, v, steps;

  /// A weight of these sizes, [out, in, ...], and a bias.
  void layer(std::vector<std::int64_t> sizes) {
    std::int64_t in = 1;
    for (std::size_t k = 1; k < sizes.size(); ++k) in *= sizes[k];
    const float bound = 1 / std::sqrt(static_cast<float>(in));
    parameter(numbers(sizes, 5, bound));
    parameter(numbers({sizes[0]}, 6, bound));
  }
  void parameter(const Tensor& p) {
    parameters.push_back(p.set_requires_grad(true));
    m.push_back(at::zeros_like(p)), v.push_back(at::zeros_like(p)), steps.push_back(at::zeros({}));
  }

  const Tensor& operator[](std::size_t i) const { return parameters[i]; }
  Tensor linear(std::size_t i, const Tensor& x) const { return at::linear(x, parameters[2 * i], parameters[2 * i + 1]); }

  /// Backward and update.
  void update(const Tensor& loss) {
    loss.backward();
    const c10::NoGradGuard none;
    std::vector<Tensor> gradients;
    for (const Tensor& p : parameters) gradients.push_back(p.grad());
    at::_foreach_add_(steps, 1);
    at::_fused_adam_(parameters, gradients, m, v, {}, steps, 1e-3, 0.9, 0.999, 0, 1e-8, false, false);
    for (const Tensor& p : parameters) p.mutable_grad() = Tensor();
  }
};

Training mlp_of(std::int64_t a, std::int64_t b, std::int64_t c, std::int64_t d) {
  Training t;
  t.layer({b, a}), t.layer({c, b}), t.layer({d, c});
  return t;
}

void add_mlp_train(bench::Bench& bench) {
  bench.add("mlp_train", [t = mlp_of(784, 256, 128, 10), x = numbers({64, 784}, 0), y = labels(64, 10)]() mutable {
    t.update(at::cross_entropy_loss(t.linear(2, at::relu(t.linear(1, at::relu(t.linear(0, x))))), y));
  });
}

bench::ExactLinear exact(const Tensor& weight, const Tensor& bias) { return {weight.data_ptr<float>(), 1, static_cast<std::size_t>(weight.size(1)), bias.data_ptr<float>()}; }
bench::ExactLinear exact(const Training& t, std::size_t layer) { return exact(t[2 * layer], t[2 * layer + 1]); }

Tensor tiny(const Training& t, const Tensor& x) { return t.linear(2, at::tanh(t.linear(1, at::tanh(t.linear(0, x))))); }

void add_mlp_tiny_train(bench::Bench& bench) {
  bench.add("mlp_tiny_train", [t = mlp_of(4, 64, 64, 2), x = numbers({32, 4}, 1), y = numbers({32, 2}, 2)]() mutable { t.update(at::mse_loss(tiny(t, x), y)); });
}

void add_mlp_tiny_infer(bench::Bench& bench) {
  const auto answer = [t = mlp_of(4, 64, 64, 2), x = numbers({1, 4}, 3)] {
    const c10::InferenceMode inference;
    return tiny(t, x);
  };
  const auto error = [answer, t = mlp_of(4, 64, 64, 2)] { return bench::error_of_answer(answer().data_ptr<float>(), exact(t, 0), exact(t, 1), exact(t, 2)); };
  bench.add("mlp_tiny_infer", [answer] { bench::keep(answer()); }, {.error = error});
}

void add_lenet_train(bench::Bench& bench) {
  Training t;
  t.layer({6, 1, 5, 5}), t.layer({16, 6, 5, 5}), t.layer({120, 400}), t.layer({84, 120}), t.layer({10, 84});
  bench.add("lenet_train", [t, x = numbers({64, 1, 28, 28}, 0), y = labels(64, 10)]() mutable {
    const Tensor first = at::max_pool2d(at::relu(at::conv2d(x, t[0], t[1], 1, 2)), 2);
    const Tensor second = at::max_pool2d(at::relu(at::conv2d(first, t[2], t[3])), 2).flatten(1);
    t.update(at::cross_entropy_loss(t.linear(4, at::relu(t.linear(3, at::relu(t.linear(2, second))))), y));
  });
}

/// Weights of an LSTM of one input and 32 hidden values: of the input, of the state, and their biases.
Training lstm() {
  Training t;
  t.parameter(numbers({128, 1}, 5, 0.25f)), t.parameter(numbers({128, 32}, 6, 0.25f));
  t.parameter(numbers({128}, 7, 0.25f)), t.parameter(numbers({128}, 8, 0.25f));
  return t;
}

void add_lstm_step(bench::Bench& bench) {
  const auto step = [t = lstm(), x = numbers({1, 1}, 0), h = numbers({1, 32}, 1), c = numbers({1, 32}, 2)] {
    const c10::InferenceMode inference;
    return at::lstm_cell(x, {h, c}, t[0], t[1], t[2], t[3]);
  };
  const auto error = [step, t = lstm()] {
    const auto [h, c] = step();
    return bench::error_of_cell(h.data_ptr<float>(), c.data_ptr<float>(), exact(t[0], t[2]), exact(t[1], t[3]));
  };
  bench.add("lstm_step", [step] { bench::keep(step()); }, {.error = error});
}

void add_lstm_train(bench::Bench& bench) {
  Training t = lstm();
  t.layer({1, 32});
  const Tensor none = at::zeros({1, 16, 32});
  bench.add("lstm_train", [t, none, x = numbers({64, 16, 1}, 3), y = numbers({64, 16, 1}, 4)]() mutable {
    const Tensor h = std::get<0>(at::lstm(x, {none, none}, {t[0], t[1], t[2], t[3]}, true, 1, 0, true, false, false));
    t.update(at::mse_loss(t.linear(2, h), y));
  });
}

}  // namespace

int main(int argc, char** argv) {
  bench::Bench bench(argc, argv);
  at::set_num_threads(bench.threads());
  add_mlp_train(bench);
  add_mlp_tiny_train(bench);
  add_mlp_tiny_infer(bench);
  add_lenet_train(bench);
  add_lstm_step(bench);
  add_lstm_train(bench);
  return bench.run();
}

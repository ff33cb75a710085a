// Convolutions, 64 channels of 56 x 56: with a 3 x 3 window over all channels, and one for each channel (depthwise).
//
//   _forward    conv2d(x, w)             _relu  relu(conv2d(x, w, bias))
//   _backward   both gradients of conv2d, given y's
//
// The floor of 3 x 3 windows over all channels counts the 24 products for eight places of Winograd's F(2 x 4, 3 x 3).
#include <etch/etch.hpp>

#include <string>

#include "exact.hpp"
#include "serve.hpp"

namespace {

using namespace etch;

template <int N, int C>
void add(bench::Bench& bench, const char* name) {
  static Tensor<float, N, 64, 56, 56> x, y, dy;
  static Tensor<float, 64, C, 3, 3> w;
  static Tensor<float, 64> bias;
  bench::fill(x.data(), N * 64 * 56 * 56, 0);
  bench::fill(w.data(), 64 * C * 9, 1);
  bench::fill(bias.data(), 64, 2);
  bench::fill(dy.data(), N * 64 * 56 * 56, 3);
  const std::string row = name;
  const double flops = 2.0 * N * 64 * C * (C > 1 ? 3 : 9) * 56 * 56, image = 4.0 * N * 64 * 56 * 56, weights = 4.0 * 64 * C * 9;
  static constexpr bench::ExactConvolution exact{N, C};
  const auto forward = [] { y = conv2d<padding<1>, groups<64 / C>>(x, w), bench::keep(y); };
  const auto fused = [] { y = relu(conv2d<padding<1>, groups<64 / C>>(x, w, bias)), bench::keep(y); };
  bench.add(row + "_forward", forward, {.flops = flops, .bytes = 2 * image + weights, .error = [=] { return forward(), exact.error(y.data(), false); }});
  bench.add(row + "_relu", fused, {.flops = flops, .bytes = 2 * image + weights, .error = [=] { return fused(), exact.error(y.data(), true); }});
  static auto both = compile<Tensor<float, N, 64, 56, 56>, Tensor<float, 64, C, 3, 3>, Tensor<float, N, 64, 56, 56>>(
      [](auto in, auto weight, auto back) { return grad<0, 1>([](auto u, auto v, auto t) { return sum(conv2d<padding<1>, groups<64 / C>>(u, v) * t); })(in, weight, back); });
  const auto error = [] {
    const auto& [dx, dw] = both(x, w, dy);
    return std::fmax(exact.error_of_image(dx.data()), exact.error_of_weight(dw.data()));
  };
  bench.add(row + "_backward", [] { bench::keep(both(x, w, dy)); }, {.flops = 2 * flops, .bytes = 3 * image + 2 * weights, .error = error});
}

}  // namespace

int main(int argc, char** argv) {
  bench::Bench bench(argc, argv);
  cpu::set_num_threads(bench.threads());
  add<1, 64>(bench, "conv_3x3_b1");
  add<32, 64>(bench, "conv_3x3_b32");
  add<1, 1>(bench, "conv_depthwise_b1");
  add<32, 1>(bench, "conv_depthwise_b32");
  return bench.run();
}

// What a GPU does with etch's kernels: bytes a second beside a copy's of the same memory, and a step of training.
//
//   nvcc -std=c++20 --expt-relaxed-constexpr -O3 -arch=native -I include bench/cuda/device_bench.cu -lcublasLt      (./run bench --cuda)
#include <etch/cuda.hpp>

#include <cstdio>

using namespace etch;

struct Mlp {
  nn::Linear<784, 256> first;
  nn::Linear<256, 10> last;
  ETCH_MODULE(first, last)
  constexpr auto forward(auto x) const { return last(relu(first(x))); }
};
struct Small {
  nn::Linear<4, 64> first;
  nn::Linear<64, 64> second;
  nn::Linear<64, 2> last;
  ETCH_MODULE(first, second, last)
  constexpr auto forward(auto x) const { return last(relu(second(relu(first(x))))); }
};
struct Loss {
  constexpr auto operator()(auto& m, auto x, auto y) const { return cross_entropy(m(x), y); }
};

/// The milliseconds of one call, the best of five times ten.
template <class F>
double milliseconds(F f) {
  f();
  f();  // captured here
  device::Event start, end;
  double best = 1e30;
  for (int round = 0; round < 5; ++round) {
    start.record(device::current_stream());
    for (int i = 0; i < 10; ++i) f();
    end.record(device::current_stream());
    end.wait();
    const double ms = static_cast<double>(end.milliseconds_since(start)) / 10;
    best = ms < best ? ms : best;
  }
  return best;
}

int main() try {
  if (device::count() == 0) {
    std::printf("etch: bench: there is no GPU here\n");
    return 0;
  }
  std::printf("%s\n", device::properties().name);
  constexpr int rows = 16384, columns = 4096;
  constexpr double bytes = 4.0 * rows * columns;
  using X = GpuTensor<float, rows, columns>;
  X x, y;
  GpuTensor<float, columns> sums;
  const double copy = 2 * bytes / milliseconds([&] { device::copy_across(y.data(), x.data(), static_cast<std::size_t>(bytes)); }) / 1e6;
  std::printf("%-28s %8.0f GB/s\n", "copy", copy);
  auto line = [&](const char* name, double moved, double ms) { std::printf("%-28s %8.0f GB/s  %3.0f %% of a copy\n", name, moved / ms / 1e6, 100 * moved / ms / 1e6 / copy); };
  line("tanh(x * 2 + 1)", 2 * bytes, milliseconds([&] { y = tanh(x * 2 + 1); }));
  line("softmax of rows", 2 * bytes, milliseconds([&] { y = softmax<1>(x); }));
  line("layer norm of rows", 2 * bytes, milliseconds([&] { y = layer_norm<ints<columns>>(x); }));
  line("sum of columns", bytes, milliseconds([&] { sums = sum<0>(x); }));

  GpuTensor<float, 64, 784> in;
  GpuTensor<std::int64_t, 64> target;
  auto step = train_step(make<Mlp>().to(gpu), Loss{}, optim::Adam{.lr = 1e-3f}, in, target);
  std::printf("%-28s %8.1f us\n", "MLP 784-256-10, batch 64", 1e3 * milliseconds([&] { step.launch(in, target); }));
  GpuTensor<float, 32, 4> few;
  GpuTensor<std::int64_t, 32> which;
  auto small = train_step(make<Small>().to(gpu), Loss{}, optim::Adam{.lr = 1e-3f}, few, which);
  std::printf("%-28s %8.1f us\n", "MLP 4-64-64-2, one launch", 1e3 * milliseconds([&] { small.launch(few, which); }));
} catch (const Error& error) {
  std::printf("%s\n", error.what());
  return 1;
}

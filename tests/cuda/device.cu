// The backend as a GPU runs it: compiled for sm_80 and sm_90 wherever nvcc is, run where a GPU is (77: there is none).
#include <etch/cuda.hpp>

#include "mixed.hpp"

#include <cmath>
#include <cstdio>
#include <cstring>

using namespace etch;

struct Net {
  nn::Linear<20, 33> fc1;
  nn::Linear<33, 7> fc2;
  ETCH_MODULE(fc1, fc2)
  constexpr auto forward(auto x) const { return fc2(gelu(fc1(x))); }
};
// Large enough for launches of its own, with epilogues that cuBLASLt has.
struct Wide {
  nn::Linear<20, 512, false> first;
  nn::Linear<512, 256> second;
  nn::Linear<256, 7> last;
  ETCH_MODULE(first, second, last)
  constexpr auto forward(auto x) const { return last(relu(second(gelu_tanh(first(x))))); }
};
struct Loss {
  constexpr auto operator()(auto& m, auto x, auto y) const { return cross_entropy(m(x), y); }
};

// The losses of the same training on the CPU.
constexpr Known mixed_on_the_cpu[] = {{0, 1.652481}, {1, 1.625840}, {19, 0.568798}};
constexpr Known wide_on_the_cpu[] = {{0, 1.945726}, {1, 1.921504}, {19, 1.835955}};
constexpr Known several_on_the_cpu[] = {{0, 1.956627}, {1, 1.949101}, {19, 1.945934}};
constexpr Known on_the_cpu[] = {{0, 1.960068}, {1, 1.937902}, {19, 1.891695}};

// A model in a kernel of the user's own, a sample a thread.
using OneSample = device::Inference<Net, Tensor<float, 20>>;
__global__ void classify(const void* model, const float* x, float* y, [[maybe_unused]] int samples) {
#if defined(ETCH_GPU_CODE)
  const int i = static_cast<int>(blockIdx.x * blockDim.x + threadIdx.x);
  alignas(16) char work[OneSample::bytes];
  if (i < samples) OneSample::run(model, x + i * 20, y + i * 7, work);
#endif
}

int check(bool good, const char* what) {
  if (!good) std::printf("gpu: %s is wrong\n", what);
  return good ? 0 : 1;
}

/// Whether f throws an error that says this.
template <class F>
bool says(const char* sentence, F f) {
  try {
    f();
  } catch (const Error& error) {
    return std::strstr(error.what(), sentence) != nullptr;
  }
  return false;
}
/// Every call says so where there is no GPU.
int without_a_gpu() {
  const char* const none = "etch: cuda: there must be a GPU with a driver for this CUDA";
  return check(says(none, [] { device::Block(1024, "a test"); }), "memory without a GPU") + check(says(none, [] { device::Pinned<float>(4); }), "page-locked memory without a GPU") +
         check(says(none, [] { device::Stream(); }), "a stream without a GPU") + check(says(none, [] { device::Event(); }), "an event without a GPU") +
         check(says(none, [] { device::properties(); }), "properties without a GPU") + check(says(none, [] { device::memory(); }), "figures of memory without a GPU") +
         check(says(none, [] { GpuTensor<float, 3>(); }), "a tensor without a GPU") + check(says(none, [] { make<Net>().to(gpu); }), "a model without a GPU");
}
/// Properties, memory, streams, events, page-locked memory, ranges.
int memory_and_streams() {
  int wrong = 0;
  const device::Properties p = device::properties();
  wrong += check(p.name[0] != '\0' && p.major > 0 && p.multiprocessors > 0 && p.memory > 0 && p.shared_memory >= 48 << 10 && p.l2_bytes > 0, "a property");
  const device::MemoryFigures before = device::memory();
  const device::Block block(std::size_t{256} << 20, "a test");
  const device::MemoryFigures after = device::memory();
  wrong += check(after.total == before.total && after.free < before.free && before.free <= before.total, "a figure of memory");
  wrong += check(says("etch: cuda: there must be memory enough on the GPU; a test asked for", [] { device::Block(std::size_t{1} << 46, "a test"); }), "too much memory");
  wrong += check(says("etch: cuda: a call must succeed; cudaGetDeviceProperties for GPU 4096: ", [] { device::properties(4096); }), "a GPU that is not there");
  constexpr std::size_t count = 1 << 20;
  device::Pinned<float> here(count), back(count);
  for (std::size_t i = 0; i < count; ++i) here[i] = static_cast<float>(i % 1000);
  device::Stream stream, other;
  device::Event start, end;
  {
    const device::Range range("copies");
    const device::StreamGuard guard(stream);
    wrong += check(device::current_stream() == stream.get(), "a stream's guard");
    start.record(stream.get());
    device::copy_in(block.data(), here.data(), count * sizeof(float));
    end.record(stream.get());
  }
  other.wait(end);
  {
    const device::StreamGuard guard(other);
    device::copy_out(back.data(), block.data(), count * sizeof(float));
  }
  stream.synchronize();
  end.wait();
  wrong += check(std::memcmp(here.data(), back.data(), count * sizeof(float)) == 0, "a copy there and back in two streams");
  wrong += check(end.milliseconds_since(start) > 0, "the time between two events");
  return wrong;
}

int main() try {
  if (device::count() == 0) {
    std::printf("skipped: there is no GPU\n");
    return without_a_gpu() == 0 ? 77 : 1;
  }
  const device::Properties gpu_is = device::properties();
  std::printf("%s, %d.%d\n", gpu_is.name, gpu_is.major, gpu_is.minor);
  Tensor<float, 50, 20> x;
  Tensor<std::int64_t, 50> y;
  for (int i = 0; i < 1000; ++i) x.data()[i] = static_cast<float>(std::sin(0.1 * i));
  for (int i = 0; i < 50; ++i) y(i) = i % 7;
  const auto xg = x.to(gpu);
  const auto yg = y.to(gpu);
  int wrong = memory_and_streams();

  const Tensor<float, 50, 20> p = GpuTensor(softmax<1>(xg * 2 + 1)).cpu();
  double most = 0;
  for (int i = 0; i < 50; ++i) {
    double all = 0;
    for (int j = 0; j < 20; ++j) all += std::exp(2 * static_cast<double>(x(i, j)) + 1);
    for (int j = 0; j < 20; ++j) most = std::fmax(most, std::fabs(static_cast<double>(p(i, j)) - std::exp(2 * static_cast<double>(x(i, j)) + 1) / all));
  }
  wrong += check(most < 1e-6, "softmax");

  auto model = make<Net>(Generator{1}).to(gpu);
  auto step = train_step(model, Loss{}, optim::AdamW{.lr = 1e-2f}, xg, yg);
  for (int i = 0; i < 20; ++i) {
    const double loss = static_cast<double>(step(xg, yg));
    for (const auto& [at, expected] : on_the_cpu)
      if (at == i && !(std::fabs(loss - expected) < 1e-4)) wrong += check(false, "a loss");
  }
  wrong += check(device::tally().blocks == 20, "a small training step as one launch");
  Tensor<float, 1000, 20> many;
  Tensor<std::int64_t, 1000> many_classes;
  for (int i = 0; i < 20000; ++i) many.data()[i] = static_cast<float>(std::sin(0.1 * i));
  for (int i = 0; i < 1000; ++i) many_classes(i) = i % 7;
  const auto many_there = many.to(gpu);
  const auto many_classes_there = many_classes.to(gpu);
  auto several = train_step(make<Net>(Generator{1}).to(gpu), Loss{}, optim::AdamW{.lr = 1e-2f}, many_there, many_classes_there);
  for (int i = 0; i < 20; ++i) {
    const double loss = static_cast<double>(several(many_there, many_classes_there));
    for (const auto& [at, expected] : several_on_the_cpu)
      if (at == i && !(std::fabs(loss - expected) < 1e-4)) wrong += check(false, "a loss of several blocks");
  }
  several.launch(many_there, many_classes_there);
  const auto this_loss = several.loss_later();
  several.launch(many_there, many_classes_there);
  wrong += check(this_loss.get() > several.loss() && this_loss.ready(), "a loss that is read later");
  wrong += check(device::tally().blocks == 42, "a training step of several blocks as one launch");
  device::Prefetch<Tensor<float, 1000, 20>, Tensor<std::int64_t, 1000>> batches;
  batches.put(many, many_classes);
  const auto& [next_x, next_y] = batches.take();
  batches.put(many, many_classes);
  wrong += check(std::memcmp(next_x.cpu().data(), many.data(), 20000 * sizeof(float)) == 0 && next_y.cpu()(999) == 999 % 7, "a batch that was copied ahead");
  auto wide = train_step(make<Wide>(Generator{1}).to(gpu), Loss{}, optim::AdamW{.lr = 1e-3f}, xg, yg);
  for (int i = 0; i < 20; ++i) {
    const double loss = static_cast<double>(wide(xg, yg));
    for (const auto& [at, expected] : wide_on_the_cpu)
      if (at == i && !(std::fabs(loss - expected) < 1e-4)) wrong += check(false, "a loss with cuBLASLt's epilogues");
  }
  wrong += check(device::tally().of(device::Route::library) > 0, "products by cuBLASLt");
  GpuTensor<float, 50, 7> logits = model(xg), by_thread;
  device::launch(Message{} << "a test", classify, 1, static_cast<const void*>(model.data()), static_cast<const float*>(xg.data()), by_thread.data(), 50);
  const Tensor<float, 50, 7> together = logits.cpu(), alone = by_thread.cpu();
  for (int i = 0; i < 350; ++i) most = std::fmax(most, static_cast<double>(std::fabs(together.data()[i] - alone.data()[i])));
  wrong += check(most < 1e-4, "a model in a kernel of one's own");

  Tensor<float, 4, 2, 10, 10> image;
  Tensor<std::int64_t, 4> label;
  for (int i = 0; i < 800; ++i) image.data()[i] = static_cast<float>(std::sin(0.1 * i));
  for (int i = 0; i < 4; ++i) label(i) = i;
  const auto image_there = image.to(gpu);
  const auto label_there = label.to(gpu);
  auto mixed = train_step(make<Mixed>(Generator{1}).to(gpu), MixedLoss{}, optim::Adam{.lr = 1e-2f}, image_there, label_there);
  for (int i = 0; i < 20; ++i) {
    const double loss = static_cast<double>(mixed(image_there, label_there));
    for (const auto& [at, expected] : mixed_on_the_cpu)
      if (at == i && !(std::fabs(loss - expected) < 1e-3)) wrong += check(false, "a loss of convolutions, a loop and attention");
  }
  const Tensor<std::int64_t, 50, 20> order = GpuTensor(argsort<0>(xg)).cpu();
  for (int i = 1; i < 50; ++i) wrong += x(static_cast<int>(order(i - 1, 3)), 3) <= x(static_cast<int>(order(i, 3)), 3) ? 0 : check(false, "an order");
  GpuTensor<float, 50, 20> part = xg;
  part(3, 4) = 7;
  part(every, 1) = part(every, 0) * 2;
  const Tensor<float, 50, 20> written = part.cpu();
  wrong += check(part(3, 4) == 7.f && written(3, 4) == 7.f && written(9, 1) == x(9, 0) * 2, "writing an element and a column");
  GpuVar<float, 50, 20> variable = xg;
  backward(sum(variable * variable));
  backward(sum(variable));
  wrong += check(std::fabs(variable.grad()(5, 6) - (2 * x(5, 6) + 1)) < 1e-6f, "the gradient of a variable");
  const auto vectors = [](const optim::Parameter& p) { return p.rank < 2; };
  const auto groups = optim::param_groups(optim::Muon{.lr = 1e-2}, optim::group(vectors, optim::AdamW{.lr = 1e-2}));
  auto low = train_step(make<Net>(Generator{1}).to(gpu), autocast<bfloat16>(Loss{}), optim::scaled(groups), xg, yg);
  wrong += check(std::fabs(static_cast<double>(low(xg, yg)) - on_the_cpu[0].loss) < 1e-2, "a loss in bfloat16");
  std::printf("%ld small programs, %ld steps by kernels, %ld by cuBLASLt, %ld by Thrust\n", static_cast<long>(device::tally().blocks), static_cast<long>(device::tally().of(device::Route::kernel)), static_cast<long>(device::tally().of(device::Route::library)), static_cast<long>(device::tally().of(device::Route::thrust)));
  return wrong;
} catch (const Error& error) {
  std::printf("%s\n", error.what());
  return 1;
}

// Small programs as one launch: the CPU's numbers, what is one launch and what is not, and that errors are the same.
#include "wave.hpp"

using namespace etch;
using detail::StepKind;
using device::Route;

namespace {
template <int In, int Width, int Out>
struct Net {
  nn::Linear<In, Width> first;
  nn::Linear<Width, Width> second;
  nn::Linear<Width, Out> last;
  ETCH_MODULE(first, second, last)
  constexpr auto forward(auto x) const { return last(relu(second(relu(first(x))))); }
};
struct Loss {
  constexpr auto operator()(auto& m, auto x, auto y) const { return cross_entropy(m(x), y); }
};
struct Normal {
  nn::Linear<6, 40> first;
  nn::LayerNorm<40> norm;
  nn::Linear<40, 5> last;
  ETCH_MODULE(first, norm, last)
  constexpr auto forward(auto x) const { return last(dropout<0.25>(gelu(norm(first(x))))); }
};
template <int N, int Classes>
Tensor<std::int64_t, N> classes() {
  Tensor<std::int64_t, N> y;
  for (int i = 0; i < N; ++i) y(i) = i * 5 % Classes;
  return y;
}
struct Launches {
  Launches() { device::tally() = {}; }
  std::int64_t blocks() const { return device::tally().blocks; }
  /// Whether nothing ran but in blocks.
  bool alone() const {
    std::int64_t all = 0;
    for (int r = 0; r < device::routes; ++r) all += device::tally().of(static_cast<Route>(r));
    return all == device::tally().of(Route::block);
  }
};
}  // namespace

TEST_CASE("a training step is one launch: forward, backward and Adam") {
  const auto x = wave<Tensor<float, 32, 4>>(2);
  const auto y = classes<32, 2>();
  const auto xg = x.to(gpu);
  const auto yg = y.to(gpu);
  auto model = make<Net<4, 64, 2>>(Generator{1});
  auto there = model.clone().to(gpu);
  auto step = train_step(model, Loss{}, optim::Adam{.lr = 1e-2f}, x, y);
  auto step_there = train_step(there, Loss{}, optim::Adam{.lr = 1e-2f}, xg, yg);
  const Launches now;
  for (int i = 0; i < 30; ++i) CHECK(std::abs(step(x, y) - step_there(xg, yg)) < 2e-5f);
  CHECK(now.blocks() == 30);
  CHECK(now.alone());
  CHECK(difference(Tensor(model(x)), GpuTensor(there(xg)).cpu()) < 1e-3);
  step_there.optimizer().lr = step.optimizer().lr = 1e-3;  // numbers of a call are no part of its tables
  const auto other = wave<Tensor<float, 32, 4>>(3);
  for (int i = 0; i < 3; ++i) CHECK(std::abs(step(other, y) - step_there(other.to(gpu), yg)) < 5e-5f);
}

TEST_CASE("parts of a step by themselves: a gradient that waits for nothing, its update, several batches") {
  const auto x = wave<Tensor<float, 32, 4>>(2), z = wave<Tensor<float, 32, 4>>(-1);
  const auto y = classes<32, 2>();
  auto model = make<Net<4, 16, 2>>(Generator{1});
  auto step = train_step(model, Loss{}, optim::SGD{.lr = 0.1f}, x, y);
  const auto xg = x.to(gpu), zg = z.to(gpu);
  const auto yg = y.to(gpu);
  auto there = train_step(model.clone().to(gpu), Loss{}, optim::SGD{.lr = 0.1f}, xg, yg);
  const Launches now;
  for (int i = 0; i < 3; ++i) {
    CHECK(std::abs(step.backward(x, y) - there.backward(xg, yg)) < 1e-5f);
    CHECK(difference(from_blob<float, 16, 4>(step.gradient().first.weight.data()), from_blob<float, 16, 4>(there.gradient()->first.weight.data())) < 1e-5);
    step.update();
    there.update();
    step.zero_grad();
    there.zero_grad();
    CHECK(std::abs(step.accumulate(x, y) - there.accumulate(xg, yg)) < 1e-5f);
    CHECK(std::abs(step.accumulate(z, y) - there.accumulate(zg, yg)) < 1e-5f);
    step.update();
    there.update();
    CHECK(std::abs(step(z, y) - there(zg, yg)) < 1e-5f);
  }
  CHECK(now.blocks() == 3 * 6);
}

TEST_CASE("rows that end in reductions, accumulators in parts, random numbers") {
  const auto x = wave<Tensor<float, 24, 6>>(2);
  const auto y = classes<24, 5>();
  auto model = make<Normal>(Generator{2});
  auto step = train_step(model, Loss{}, optim::AdamW{.lr = 1e-2f}, x, y);
  auto there = train_step(model.clone().to(gpu), Loss{}, optim::AdamW{.lr = 1e-2f}, x.to(gpu), y.to(gpu));
  const Launches now;
  for (int i = 0; i < 10; ++i) CHECK(std::abs(step(x, y) - there(x.to(gpu), y.to(gpu))) < 5e-5f);
  CHECK(now.blocks() == 10);
  CHECK(now.alone());

  const auto a = wave<Tensor<float, 300>>(2);
  const auto b = wave<Tensor<float, 2, 9, 11>>();
  const auto c = wave<Tensor<float, 2, 11, 7>>(3);
  const auto f = [](auto v, auto m, auto n) { return several(sum(v * v), amax(v), matmul(m, n) + 1, sum<0>(matmul(m, n)), softmax<1>(sum<2>(matmul(m, n))), argmax<0>(v)); };
  auto here = compile<Tensor<float, 300>, Tensor<float, 2, 9, 11>, Tensor<float, 2, 11, 7>>(f);
  auto whole = compile<GpuTensor<float, 300>, GpuTensor<float, 2, 9, 11>, GpuTensor<float, 2, 11, 7>>(f);
  const auto& p = here(a, b, c);
  const Launches then;
  const auto& q = whole(a.to(gpu), b.to(gpu), c.to(gpu));
  CHECK((then.blocks() == 1 && then.alone()));
  CHECK(difference(p.get<0>(), q.get<0>().cpu()) < 1e-6);
  CHECK(difference(p.get<1>(), q.get<1>().cpu()) == 0);
  CHECK(difference(p.get<2>(), q.get<2>().cpu()) < 1e-6);
  CHECK(difference(p.get<3>(), q.get<3>().cpu()) < 1e-6);
  CHECK(difference(p.get<4>(), q.get<4>().cpu()) < 1e-6);
  CHECK(difference(p.get<5>(), q.get<5>().cpu()) == 0);
}

TEST_CASE("more work is several blocks: the CPU's losses, a plan that has parts of its own") {
  const auto x = wave<Tensor<float, 1024, 4>>(2);
  const auto y = classes<1024, 2>();
  auto model = make<Net<4, 64, 2>>(Generator{1});
  using Forward = Compiled<detail::ModelSpec<Net<4, 64, 2>, Tensor<float, 1024, 4>>>;
  CHECK((device::blocks_of(Forward::plan) == 8 && device::is_small(Forward::plan, Forward::graph.slots, 1)));
  auto step = train_step(model, Loss{}, optim::Adam{.lr = 1e-2f}, x, y);
  auto there = train_step(model.clone().to(gpu), Loss{}, optim::Adam{.lr = 1e-2f}, x.to(gpu), y.to(gpu));
  const Launches now;
  for (int i = 0; i < 10; ++i) CHECK(std::abs(step(x, y) - there(x.to(gpu), y.to(gpu))) < 5e-5f);
  CHECK(now.blocks() == 10);
  CHECK(now.alone());
}

TEST_CASE("any number of threads and blocks gives the same bits") {
  const auto x = wave<Tensor<float, 600, 6>>(2);
  const auto y = classes<600, 5>();
  const auto model = make<Normal>(Generator{2});
  constexpr struct {
    int threads, blocks;
  } sizes[] = {{32, 8}, {32, 2}, {7, 1}, {1, 2}};
  float losses[4][5];
  for (int k = 0; k < 4; ++k) {
    device::emulation() = {sizes[k].threads, sizes[k].blocks};
    auto step = train_step(model.clone().to(gpu), Loss{}, optim::AdamW{.lr = 1e-2f}, x.to(gpu), y.to(gpu));
    for (float& loss : losses[k]) loss = step(x.to(gpu), y.to(gpu));
  }
  device::emulation() = {};
  for (int k = 1; k < 4; ++k)
    for (int i = 0; i < 5; ++i) CHECK(losses[0][i] == losses[k][i]);
}

TEST_CASE("what is not small runs step by step") {
  const auto wide = wave<Tensor<float, 64, 300>>();
  auto model = make<Net<300, 400, 5>>(Generator{1});
  const auto there = model.to(gpu);
  const Launches now;
  CHECK(difference(Tensor(model(wide)), GpuTensor(there(wide.to(gpu))).cpu()) < 1e-5);
  CHECK(now.blocks() == 0);
}

TEST_CASE("a target out of range is the CPU's sentence, once, in one program and in a step") {
  const auto x = wave<Tensor<float, 32, 4>>(2);
  auto y = classes<32, 2>();
  auto model = make<Net<4, 16, 2>>(Generator{1});
  auto step = train_step(model, Loss{}, optim::SGD{.lr = 0.1f}, x, y);
  auto there = train_step(model.clone().to(gpu), Loss{}, optim::SGD{.lr = 0.1f}, x.to(gpu), y.to(gpu));
  y(7) = 2;
  std::string expected = "nothing";
  try {
    step(x, y);
  } catch (const Error& e) {
    expected = e.what();
  }
  CHECK_THROWS_WITH(there(x.to(gpu), y.to(gpu)), expected.c_str());
  CHECK_THROWS_WITH(there.backward(x.to(gpu), y.to(gpu)), expected.c_str());
  y(7) = 0;
  CHECK(std::abs(step(x, y) - there(x.to(gpu), y.to(gpu))) < 1e-5f);  // nothing was updated by what was wrong
}

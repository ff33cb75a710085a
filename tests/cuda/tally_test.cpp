// Steps are counted by who ran them, for each thread.
#include "wave.hpp"

#include <thread>

using namespace etch;
using device::Route;
using detail::StepKind;

TEST_CASE("by route, by kind, by thread") {
  const auto x = wave<Tensor<float, 8, 8>>().to(gpu);
  device::tally() = {};
  GpuTensor<float, 8, 8> y = exp(x);
  y = matmul(x, y);
  CHECK(device::tally().of(Route::thrust, StepKind::fused) == 1);
  CHECK(device::tally().of(Route::cpu, StepKind::dot) == 1);
  CHECK(device::tally().of(Route::thrust) + device::tally().of(Route::cpu) == 2);
  std::int64_t other = -1;
  std::thread([&] { other = device::tally().of(Route::thrust); }).join();
  CHECK(other == 0);
  device::tally() = {};
  CHECK(device::tally().of(Route::thrust) == 0);
}

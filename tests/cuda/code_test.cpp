// What a plan's steps become: routes, the rounding of a product's operands, one kernel or many.
#include "wave.hpp"

using namespace etch;
using detail::StepKind;
using device::Route;

namespace {
template <auto F, class... X>
using CodeOf = Compiled<detail::FunctionSpec<std::remove_const_t<decltype(F)>, X...>>;
constexpr auto mixed = [](auto a, auto b) { return several(cumsum<1>(matmul(a, b)), softmax<1>(a)); };
constexpr auto low = [](auto a, auto b) { return matmul(to<float>(to<bfloat16>(a)), to<float>(to<bfloat16>(b))); };
constexpr auto half_low = [](auto a, auto b) { return matmul(to<float>(to<bfloat16>(a)), b); };
using X = Tensor<float, 8, 8>;

template <class P>
constexpr DType rounding() {
  for (int s = 0; s < P::plan.steps; ++s)
    if (P::plan.step[s].kind == StepKind::dot) return device::rounded_operands(ref(P::graph), P::plan.step[s].node);
  return DType::boolean;
}
}  // namespace

TEST_CASE("products are the CPU's on a host system, everything else Thrust's") {
  constexpr device::ProgramView v = device::Code<CodeOf<mixed, X, X>>::steps_view();
  for (int s = 0; s < v.plan.steps; ++s) {
    CHECK(v.kernel[s].route == (v.plan.step[s].kind == StepKind::dot ? Route::cpu : Route::thrust));
    CHECK((v.kernel[s].run != nullptr));
    CHECK(v.loop[s] == nullptr);
  }
  CHECK((v.small.launch == nullptr));
}

TEST_CASE("operands rounded to 16 bits, both of them") {
  static_assert(rounding<CodeOf<low, X, X>>() == DType::bfloat16);
  static_assert(rounding<CodeOf<half_low, X, X>>() == DType::float32);
  static_assert(rounding<CodeOf<mixed, X, X>>() == DType::float32);
  CHECK(device::has_gpu_kernels == false);
}

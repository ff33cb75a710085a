// Which epilogue of cuBLASLt's a product of a plan is given, and that it computes what the plan's own words do.
#include "wave.hpp"

#include <etch/cuda/blas.hpp>
#include <etch/cuda/blas_epilogue.hpp>

#include <vector>

using namespace etch;
using detail::StepKind;
using device::BlasActivation;
using device::BlasEpilogue;

namespace {

enum class Act { none, relu, gelu_tanh, gelu, silu };
template <Act A>
constexpr auto activated(auto x) {
  if constexpr (A == Act::relu) return relu(x);
  else if constexpr (A == Act::gelu_tanh) return gelu_tanh(x);
  else if constexpr (A == Act::gelu) return gelu(x);
  else if constexpr (A == Act::silu) return silu(x);
  else return x;
}
template <Act A, bool Bias, int Width = 64>
struct Net {
  nn::Linear<20, Width, Bias> first;
  nn::Linear<Width, 7, Bias> last;
  ETCH_MODULE(first, last)
  constexpr auto forward(auto x) const { return last(activated<A>(first(x))); }
};
struct Loss {
  constexpr auto operator()(auto& m, auto x) const { return sum(square(m(x))); }
};
using X = Tensor<float, 50, 20>;

template <class Plan>
constexpr BlasEpilogue epilogue(const Plan& plan, int s) {
  return device::blas_epilogue(plan.step[s], plan.word + plan.step[s].code, plan.access);
}
/// The plan of a network's results, and of its training.
template <class N>
constexpr const auto& results = Compiled<detail::ModelSpec<N, X>>::plan;
template <class N>
constexpr const auto& training = Compiled<detail::GradientSpec<N, Loss, X>>::plan;
template <class Plan>
constexpr int products(const Plan& plan, bool (*is)(const BlasEpilogue&)) {
  int n = 0;
  for (int s = 0; s < plan.steps; ++s) n += plan.step[s].kind == StepKind::dot && is(epilogue(plan, s)) ? 1 : 0;
  return n;
}
constexpr bool is_known(const BlasEpilogue& e) { return e.known; }
constexpr bool is_gradient(const BlasEpilogue& e) { return e.activation == BlasActivation::gelu_gradient && e.aux >= 0 && e.bias < 0; }
constexpr bool is_forward(const BlasEpilogue& e) { return e.activation == BlasActivation::gelu && e.aux >= 0; }

/// The step as cuBLASLt would do it, from the description of the product and the epilogue's own formula.
template <const auto& plan, int S>
double apart(int m, int n, int k) {
  constexpr detail::Step step = plan.step[S];
  constexpr BlasEpilogue e = epilogue(plan, S);
  static_assert(step.kind == StepKind::dot && e.known);
  std::vector<float> a(static_cast<std::size_t>(m * k)), b(static_cast<std::size_t>(k * n)), bias(static_cast<std::size_t>(n)), aux(static_cast<std::size_t>(m * n)), d(aux.size()), product(aux.size()), expected(aux.size()), stored(aux.size());
  const auto fill = [](std::vector<float>& v, double f) {
    for (std::size_t i = 0; i < v.size(); ++i) v[i] = static_cast<float>(std::sin(f * static_cast<double>(i)));
  };
  fill(a, 0.3), fill(b, 0.7), fill(bias, 1.1), fill(aux, 0.5);
  const auto matrix = [](std::vector<float>& v, device::index_t columns) { return device::Matrix{reinterpret_cast<char*>(v.data()), 0, columns, 1}; };
  const device::Matrix c = matrix(product, n);
  const device::ProductElement<float> each{matrix(a, k), matrix(b, n), c, m, n, k};
  for (device::index_t i = 0; i < m * n; ++i) each(i);
  std::vector<float> read = aux;
  std::vector<char*> base;
  std::vector<device::index_t> stride, chunk;
  std::vector<detail::Root> root;
  for (int i = 0; i + 2 < step.accesses; ++i) {
    std::vector<float>* const where = i == e.out ? &expected : i == e.bias ? &bias : i != e.aux ? &product : e.activation == BlasActivation::gelu_gradient ? &read : &stored;
    base.push_back(reinterpret_cast<char*>(where->data()));
    stride.push_back(i == e.bias ? 0 : n * 4);
    stride.push_back(4);
    chunk.push_back(0);
    root.push_back(plan.access[step.access + i].root);
  }
  const device::index_t extent[] = {m, n};
  device::FusedArgs args{2, extent, base.data(), stride.data(), chunk.data(), root.data(), nullptr};
  device::FusedCall call;
  call.args = &args;
  call.row1 = m;
  call.col1 = n;
  device::TileView{reinterpret_cast<char*>(product.data()), n * 4, 4}.point(call);
  [&]<std::size_t... W>(std::index_sequence<W...>) { device::Group<plan.word[step.code + static_cast<int>(W)]...>::run(call, device::Alone{}); }(std::make_index_sequence<static_cast<std::size_t>(step.words)>{});
  const device::BlasProduct p = device::blas_product_of(matrix(a, k), matrix(b, n), matrix(d, n), m, n, k, 1);
  REQUIRE((p.turned && p.m == n && !p.x.transposed && !p.y.transposed));  // rows of its result are columns here: what a bias is added to
  const auto gelu_of = [](double z) { return 0.5 * z * (1 + std::tanh(std::sqrt(2 / 3.14159265358979) * (z + 0.044715 * z * z * z))); };
  double most = 0;
  for (device::index_t j = 0; j < p.n; ++j)
    for (device::index_t i = 0; i < p.m; ++i) {
      const auto at = static_cast<std::size_t>(j * p.d.step + i);
      double z = static_cast<double>(product[at]) + (e.bias >= 0 ? static_cast<double>(bias[static_cast<std::size_t>(i)]) : 0), v = z;
      if (e.activation == BlasActivation::relu) v = std::fmax(z, 0);
      if (e.activation == BlasActivation::gelu) v = gelu_of(z);
      if (e.activation == BlasActivation::gelu_gradient) {
        const auto input = static_cast<double>(aux[at]);
        v = z * (gelu_of(input + 1e-5) - gelu_of(input - 1e-5)) / 2e-5;
      } else if (e.aux >= 0) {
        most = std::fmax(most, std::abs(z - static_cast<double>(stored[at])));
      }
      most = std::fmax(most, std::abs(v - static_cast<double>(expected[at])));
    }
  return most;
}
}  // namespace

TEST_CASE("Linear, alone and with ReLU or GELU's approximation") {
  using Plain = Net<Act::none, true>;
  constexpr BlasEpilogue bias = epilogue(results<Plain>, 0);
  static_assert(bias.known && bias.activation == BlasActivation::none && bias.bias >= 0 && bias.aux < 0);
  constexpr BlasEpilogue with_relu = epilogue(results<Net<Act::relu, true>>, 0);
  static_assert(with_relu.known && with_relu.activation == BlasActivation::relu && with_relu.bias >= 0 && with_relu.aux < 0);
  constexpr BlasEpilogue with_gelu = epilogue(results<Net<Act::gelu_tanh, true>>, 0);
  static_assert(with_gelu.known && with_gelu.activation == BlasActivation::gelu && with_gelu.bias >= 0 && with_gelu.aux < 0);
  constexpr BlasEpilogue only_relu = epilogue(results<Net<Act::relu, false>>, 0), only_gelu = epilogue(results<Net<Act::gelu_tanh, false>>, 0);
  static_assert(only_relu.activation == BlasActivation::relu && only_relu.bias < 0);
  static_assert(only_gelu.activation == BlasActivation::gelu && only_gelu.bias < 0);
  CHECK(apart<results<Plain>, 0>(50, 64, 20) < 1e-6);
  CHECK(apart<results<Net<Act::relu, true>>, 0>(50, 64, 20) < 1e-6);
  CHECK(apart<results<Net<Act::relu, false>>, 0>(50, 64, 20) < 1e-6);
  CHECK(apart<results<Net<Act::gelu_tanh, true>>, 0>(50, 64, 20) < 2e-6);
  CHECK(apart<results<Net<Act::gelu_tanh, false>>, 0>(50, 64, 20) < 2e-6);
}

TEST_CASE("what cuBLASLt has no epilogue for stays a group: the exact GELU, SiLU, other dtypes, a bias for rows, a residual") {
  static_assert(!epilogue(results<Net<Act::gelu, true>>, 0).known);
  static_assert(!epilogue(results<Net<Act::silu, true>>, 0).known);
  constexpr auto rows = [](auto a, auto b, auto c) { return matmul(a, b) + c; };
  constexpr auto plan_of = []<class A, class B, class C>(A*, B*, C*) -> const auto& { return Compiled<detail::FunctionSpec<decltype(rows), A, B, C>>::plan; };
  using F = Tensor<float, 8, 8>*;
  using D = Tensor<double, 8, 8>*;
  static_assert(epilogue(plan_of(F{}, F{}, static_cast<Tensor<float, 8>*>(nullptr)), 0).known);
  static_assert(!epilogue(plan_of(F{}, F{}, static_cast<Tensor<float, 8, 1>*>(nullptr)), 0).known);
  static_assert(!epilogue(plan_of(F{}, F{}, F{}), 0).known);
  static_assert(!epilogue(plan_of(D{}, D{}, static_cast<Tensor<double, 8>*>(nullptr)), 0).known);
}

TEST_CASE("training: GELU's input is kept and read where its rows are multiples of 8; gradients that are summed at once stay groups") {
  using NoBias = Net<Act::gelu_tanh, false>;
  static_assert(products(training<NoBias>, is_forward) == 1 && products(training<NoBias>, is_gradient) == 1);
  static_assert(products(training<Net<Act::gelu_tanh, true>>, is_forward) == 1 && products(training<Net<Act::gelu_tanh, true>>, is_gradient) == 0);
  static_assert(products(training<Net<Act::gelu_tanh, false, 60>>, is_known) == 0);
  static_assert(products(training<Net<Act::relu, true>>, is_known) == 1);
  CHECK(apart<training<NoBias>, 0>(50, 64, 20) < 2e-6);
  CHECK(apart<training<Net<Act::gelu_tanh, true>>, 0>(50, 64, 20) < 2e-6);
  constexpr int gradient = [] {
    int s = 0;
    while (!is_gradient(epilogue(training<NoBias>, s))) ++s;
    return s;
  }();
  CHECK(apart<training<NoBias>, gradient>(50, 64, 7) < 1e-5);
}

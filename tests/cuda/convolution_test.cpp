// Convolutions found again in products over windows, computed from what was found.
#include <etch/cuda/convolution.hpp>
#include <etch/etch.hpp>

#include <doctest/doctest.h>

#include <cmath>

using namespace etch;
using device::Convolution;
using device::index_t;
using detail::StepKind;

namespace {
/// Runs over all of a convolution's products: f(place of y, element of the image or -1, element of the weight).
template <class F>
void each_product(const Convolution& r, F f) {
  index_t places = 1, taps = 1;
  for (int i = 0; i < r.spatial; ++i) places *= r.result[i], taps *= r.kernel[i];
  for (index_t n = 0; n < r.items; ++n)
    for (index_t o = 0; o < r.results; ++o)
      for (index_t p = 0; p < places; ++p) {
        index_t to = n * r.y_stride[0] + o * r.y_stride[1];
        index_t at[Convolution::most]{};
        for (index_t i = r.spatial - 1, rest = p; i >= 0; rest /= r.result[i--]) at[i] = rest % r.result[i], to += at[i] * r.y_stride[i + 2];
        for (index_t c = 0; c < r.channels; ++c)
          for (index_t t = 0; t < taps; ++t) {
            bool inside = true;
            index_t from = n * r.x_stride[0] + c * r.x_stride[1];
            for (index_t i = r.spatial - 1, rest = t; i >= 0; rest /= r.kernel[i--]) {
              const index_t j = at[i] * r.stride[i] + rest % r.kernel[i] * r.dilation[i] - r.pad[i];
              inside = inside && j >= 0 && j < r.size[i];
              from += j * r.x_stride[i + 2];
            }
            f(to, inside ? from : -1, (o * r.channels + c) * taps + t);
          }
      }
}
/// The convolution, or the gradient of a weight, of a program's only product over windows; how far what it says is from the program's result.
template <class F, class... X>
Convolution found(F, double& apart, const X&... x) {
  using Code = Compiled<detail::FunctionSpec<F, X...>>;
  cpu::Machine machine(Code::view());
  using Y = decltype(Tensor(F{}(x...)));
  Y y;
  Bindings in;
  (in.bind(x.data()), ...);
  void* out[] = {y.data()};
  machine.run(in, out);
  apart = -1;
  for (int s = 0; s < Code::plan.steps; ++s) {
    if (Code::plan.step[s].kind != StepKind::window_dot) continue;
    const cpu::detail::WindowDot<double> dot{machine, machine.step(s), true};
    const Convolution forward = device::convolution_of(dot), back = device::weight_gradient_of(dot), r = forward.spatial > 0 ? forward : back;
    if (r.spatial == 0 || forward.spatial + back.spatial != r.spatial) return {};
    Y sum{};
    const auto element = [&](int access) { return reinterpret_cast<const double*>(machine.pointer(access)); };
    each_product(r, [&](index_t to, index_t from, index_t tap) {
      const double image = from < 0 ? 0 : element(r.x)[from];
      if (r.w >= 0) sum.data()[to] += image * element(r.w)[tap];
      else sum.data()[tap] += image * element(r.y)[to];
    });
    apart = 0;
    for (std::int64_t i = 0; i < y.numel(); ++i) apart = std::fmax(apart, std::abs(sum.data()[i] - y.data()[i]));
    return r;
  }
  return {};
}
template <class X>
X wave(double f) {
  X x;
  for (std::int64_t i = 0; i < x.numel(); ++i) x.data()[i] = std::sin(f * static_cast<double>(i));
  return x;
}
}  // namespace

TEST_CASE("padding, strides, dilation, one to three axes") {
  double apart = 0;
  const auto x = wave<Tensor<double, 3, 4, 11, 9>>(0.3);
  const auto w = wave<Tensor<double, 5, 4, 3, 3>>(0.7);
  Convolution c = found([](auto a, auto b) { return conv2d<padding<1>>(a, b); }, apart, x, w);
  CHECK((c.spatial == 2 && c.items == 3 && c.channels == 4 && c.results == 5 && c.pad[0] == 1 && c.pad[1] == 1 && c.size[0] == 11 && c.size[1] == 9));
  CHECK((apart >= 0 && apart < 1e-12));
  c = found([](auto a, auto b) { return conv2d<>(a, b); }, apart, x, w);
  CHECK((c.spatial == 2 && c.pad[0] == 0 && c.stride[0] == 1 && c.dilation[1] == 1));
  CHECK((apart >= 0 && apart < 1e-12));
  c = found([](auto a, auto b) { return conv2d<stride<2>, dilation<2>, padding<2>>(a, b); }, apart, x, w);
  CHECK((c.spatial == 2 && c.stride[0] == 2 && c.stride[1] == 2 && c.dilation[0] == 2 && c.pad[1] == 2));
  CHECK((apart >= 0 && apart < 1e-12));
  c = found([](auto a, auto b) { return conv2d<stride<2>, dilation<2>>(a, b); }, apart, x, w);  // both steps are even: a smaller image, the same numbers
  CHECK((c.spatial == 2 && c.stride[0] == c.dilation[0]));
  CHECK((apart >= 0 && apart < 1e-12));
  c = found([](auto a, auto b) { return conv1d<padding<2>, stride<3>>(a, b); }, apart, wave<Tensor<double, 2, 3, 40>>(0.3), wave<Tensor<double, 4, 3, 5>>(0.7));
  CHECK((c.spatial == 1 && c.stride[0] == 3 && c.pad[0] == 2));
  CHECK((apart >= 0 && apart < 1e-12));
  c = found([](auto a, auto b) { return conv3d<padding<1>>(a, b); }, apart, wave<Tensor<double, 2, 3, 5, 6, 7>>(0.3), wave<Tensor<double, 4, 3, 3, 3, 3>>(0.7));
  CHECK((c.spatial == 3 && c.pad[2] == 1));
  CHECK((apart >= 0 && apart < 1e-12));
}

TEST_CASE("what is none: groups, more padding behind than before") {
  double apart = 0;
  const auto x = wave<Tensor<double, 3, 4, 11, 9>>(0.3);
  CHECK(found([](auto a, auto b) { return conv2d<groups<2>, padding<1>>(a, b); }, apart, x, wave<Tensor<double, 6, 2, 3, 3>>(0.7)).spatial == 0);
  CHECK(found([](auto a, auto b) { return conv2d<padding_same>(a, b); }, apart, x, wave<Tensor<double, 5, 4, 2, 2>>(0.7)).spatial == 0);
}

template <auto... Option>
struct Back {
  struct Sum {
    constexpr auto operator()(auto x, auto w, auto dy) const { return sum(conv2d<Option...>(x, w) * dy); }
  };
  template <int Variable>
  struct By {
    constexpr auto operator()(auto x, auto w, auto dy) const { return grad<Variable>(Sum{})(x, w, dy); }
  };
};

TEST_CASE("gradients: of a weight, and of an image at stride 1, which is a convolution") {
  double apart = 0;
  const auto x = wave<Tensor<double, 3, 4, 11, 9>>(0.3);
  const auto w = wave<Tensor<double, 5, 4, 3, 3>>(0.7);
  Convolution c = found(Back<padding<1>>::By<1>{}, apart, x, w, wave<Tensor<double, 3, 5, 11, 9>>(0.2));
  CHECK((c.spatial == 2 && c.w < 0 && c.items == 3 && c.channels == 4 && c.results == 5 && c.pad[0] == 1 && c.size[1] == 9));
  CHECK((apart >= 0 && apart < 1e-12));
  c = found(Back<>::By<1>{}, apart, x, w, wave<Tensor<double, 3, 5, 9, 7>>(0.2));
  CHECK((c.spatial == 2 && c.w < 0 && c.pad[0] == 0));
  CHECK((apart >= 0 && apart < 1e-12));
  c = found(Back<stride<2>, dilation<2>, padding<2>>::By<1>{}, apart, x, w, wave<Tensor<double, 3, 5, 6, 5>>(0.2));
  CHECK((c.spatial == 2 && c.w < 0 && c.stride[0] == 2 && c.dilation[1] == 2));
  CHECK((apart >= 0 && apart < 1e-12));
  c = found(Back<padding<1>>::By<0>{}, apart, x, w, wave<Tensor<double, 3, 5, 11, 9>>(0.2));
  CHECK((c.spatial == 2 && c.w >= 0 && c.channels == 5 && c.results == 4));
  CHECK((apart >= 0 && apart < 1e-12));
  c = found(Back<dilation<2>>::By<0>{}, apart, x, w, wave<Tensor<double, 3, 5, 7, 5>>(0.2));
  CHECK((c.spatial == 2 && c.w >= 0 && c.pad[0] == 4));
  CHECK((apart >= 0 && apart < 1e-12));
  CHECK(found(Back<groups<2>, padding<1>>::By<1>{}, apart, x, wave<Tensor<double, 6, 2, 3, 3>>(0.7), wave<Tensor<double, 3, 6, 11, 9>>(0.2)).spatial == 0);
}

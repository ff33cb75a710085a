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
/// The convolution of a program's only product over windows; how far what it says is from the program's result.
template <class F, class X, class W>
Convolution found(F, const X& x, const W& w, double& apart) {
  using Code = Compiled<detail::FunctionSpec<F, X, W>>;
  cpu::Machine machine(Code::view());
  using Y = decltype(Tensor(F{}(x, w)));
  Y y;
  Bindings in;
  in.bind(x.data());
  in.bind(w.data());
  void* out[] = {y.data()};
  machine.run(in, out);
  Convolution r;
  apart = -1;
  for (int s = 0; s < Code::plan.steps; ++s)
    if (Code::plan.step[s].kind == StepKind::window_dot) {
      r = device::convolution_of(cpu::detail::WindowDot<double>{machine, machine.step(s), true});
      if (r.spatial == 0) return r;
      const double *const image = reinterpret_cast<const double*>(machine.pointer(r.x)), *const weight = reinterpret_cast<const double*>(machine.pointer(r.w));
      index_t places = 1, taps = 1;
      for (int i = 0; i < r.spatial; ++i) places *= r.result[i], taps *= r.kernel[i];
      apart = 0;
      for (index_t n = 0; n < r.items; ++n)
        for (index_t o = 0; o < r.results; ++o)
          for (index_t p = 0; p < places; ++p) {
            double sum = 0;
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
                if (inside) sum += image[from] * weight[(o * r.channels + c) * taps + t];
              }
            apart = std::fmax(apart, std::abs(sum - y.data()[to]));
          }
    }
  return r;
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
  Convolution c = found([](auto a, auto b) { return conv2d<padding<1>>(a, b); }, x, w, apart);
  CHECK((c.spatial == 2 && c.items == 3 && c.channels == 4 && c.results == 5 && c.pad[0] == 1 && c.pad[1] == 1 && c.size[0] == 11 && c.size[1] == 9));
  CHECK((apart >= 0 && apart < 1e-12));
  c = found([](auto a, auto b) { return conv2d<>(a, b); }, x, w, apart);
  CHECK((c.spatial == 2 && c.pad[0] == 0 && c.stride[0] == 1 && c.dilation[1] == 1));
  CHECK((apart >= 0 && apart < 1e-12));
  c = found([](auto a, auto b) { return conv2d<stride<2>, dilation<2>, padding<2>>(a, b); }, x, w, apart);
  CHECK((c.spatial == 2 && c.stride[0] == 2 && c.stride[1] == 2 && c.dilation[0] == 2 && c.pad[1] == 2));
  CHECK((apart >= 0 && apart < 1e-12));
  c = found([](auto a, auto b) { return conv2d<stride<2>, dilation<2>>(a, b); }, x, w, apart);  // both steps are even: a smaller image, the same numbers
  CHECK((c.spatial == 2 && c.stride[0] == c.dilation[0]));
  CHECK((apart >= 0 && apart < 1e-12));
  c = found([](auto a, auto b) { return conv1d<padding<2>, stride<3>>(a, b); }, wave<Tensor<double, 2, 3, 40>>(0.3), wave<Tensor<double, 4, 3, 5>>(0.7), apart);
  CHECK((c.spatial == 1 && c.stride[0] == 3 && c.pad[0] == 2));
  CHECK((apart >= 0 && apart < 1e-12));
  c = found([](auto a, auto b) { return conv3d<padding<1>>(a, b); }, wave<Tensor<double, 2, 3, 5, 6, 7>>(0.3), wave<Tensor<double, 4, 3, 3, 3, 3>>(0.7), apart);
  CHECK((c.spatial == 3 && c.pad[2] == 1));
  CHECK((apart >= 0 && apart < 1e-12));
}

TEST_CASE("what is none: groups, more padding behind than before") {
  double apart = 0;
  const auto x = wave<Tensor<double, 3, 4, 11, 9>>(0.3);
  CHECK(found([](auto a, auto b) { return conv2d<groups<2>, padding<1>>(a, b); }, x, wave<Tensor<double, 6, 2, 3, 3>>(0.7), apart).spatial == 0);
  CHECK(found([](auto a, auto b) { return conv2d<padding_same>(a, b); }, x, wave<Tensor<double, 5, 4, 2, 2>>(0.7), apart).spatial == 0);
}

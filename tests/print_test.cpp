// Printed tensors, letter for letter as PyTorch's; dtypes have no `torch.` in front.
#include <etch/etch.hpp>
#include <etch/print.hpp>

#include <doctest/doctest.h>

#include <sstream>

using namespace etch;

namespace {
std::string text(const auto& x) {
  std::ostringstream out;
  out << x;
  return out.str();
}
constexpr float large = __builtin_huge_valf(), none = __builtin_nanf("");
}  // namespace

TEST_CASE("numbers get the digits that they need, and one width") {
  CHECK(text(Tensor<float, 3>{1, 2, 3}) == "tensor([1., 2., 3.])");
  CHECK(text(Tensor<float, 2, 2>{{1, -2.5f}, {1e-3f, 0}}) == "tensor([[ 1.0000e+00, -2.5000e+00],\n"
        "        [ 1.0000e-03,  0.0000e+00]])");
  CHECK(text(Tensor<float, 2>{1e-5f, 1}) == "tensor([1.0000e-05, 1.0000e+00])");
  CHECK(text(Tensor<float, 3>{large, none, -1}) == "tensor([inf, nan, -1.])");
  CHECK(text(Tensor<float, 2>{1e9f, 1}) == "tensor([1.0000e+09, 1.0000e+00])");
  CHECK(text(Tensor<float, 2>{0, -0.f}) == "tensor([0., -0.])");
  CHECK(text(Tensor<float, 0>{}) == "tensor([])");
  CHECK(text(Tensor<std::int64_t, 2, 0>{}) == "tensor([], size=(2, 0), dtype=int64)");
  CHECK(text(scalar_tensor<double>(2.5)) == "tensor(2.5000, dtype=float64)");
  CHECK(text(Tensor<bool, 2>{true, false}) == "tensor([ True, False])");
}

TEST_CASE("rows, lines and what is left out") {
  CHECK(text(reshape<2, 3, 4>(arange<std::int64_t, 24>())) == "tensor([[[ 0,  1,  2,  3],\n"
        "         [ 4,  5,  6,  7],\n"
        "         [ 8,  9, 10, 11]],\n"
        "\n"
        "        [[12, 13, 14, 15],\n"
        "         [16, 17, 18, 19],\n"
        "         [20, 21, 22, 23]]])");
  CHECK(text(arange<float, 1200>()) == "tensor([0.0000e+00, 1.0000e+00, 2.0000e+00,  ..., 1.1970e+03, 1.1980e+03,\n"
        "        1.1990e+03])");
  CHECK(text(arange<std::int32_t, 40>()) == "tensor([ 0,  1,  2,  3,  4,  5,  6,  7,  8,  9, 10, 11, 12, 13, 14, 15, 16, 17,\n"
        "        18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31, 32, 33, 34, 35,\n"
        "        36, 37, 38, 39], dtype=int32)");
  CHECK(text(reshape<10, 200>(arange<std::int64_t, 2000>())) == "tensor([[   0,    1,    2,  ...,  197,  198,  199],\n"
        "        [ 200,  201,  202,  ...,  397,  398,  399],\n"
        "        [ 400,  401,  402,  ...,  597,  598,  599],\n"
        "        ...,\n"
        "        [1400, 1401, 1402,  ..., 1597, 1598, 1599],\n"
        "        [1600, 1601, 1602,  ..., 1797, 1798, 1799],\n"
        "        [1800, 1801, 1802,  ..., 1997, 1998, 1999]])");
}

TEST_CASE("complex numbers, and lines that are full") {
  CHECK(text(Tensor<complex<float>, 2>{{1, 2.5f}, {-0.25f, -1}}) == "tensor([ 1.0000+2.5000j, -0.2500-1.0000j])");
  CHECK(text(Tensor<complex<double>, 2>{{1, 2}, {-3, 0}}) == "tensor([ 1.+2.j, -3.+0.j], dtype=complex128)");
  CHECK(text(arange<float, 30>() / 7) == "tensor([0.0000, 0.1429, 0.2857, 0.4286, 0.5714, 0.7143, 0.8571, 1.0000, 1.1429,\n"
        "        1.2857, 1.4286, 1.5714, 1.7143, 1.8571, 2.0000, 2.1429, 2.2857, 2.4286,\n"
        "        2.5714, 2.7143, 2.8571, 3.0000, 3.1429, 3.2857, 3.4286, 3.5714, 3.7143,\n"
        "        3.8571, 4.0000, 4.1429])");
}

TEST_CASE("set_printoptions, as torch.set_printoptions") {
  set_printoptions({.precision = 2, .threshold = 5, .edgeitems = 1});
  CHECK(get_printoptions().precision == 2);
  CHECK(text(reshape<3, 4>(arange<float, 12>()) / 3) == "tensor([[0.00,  ..., 1.00],\n"
        "        ...,\n"
        "        [2.67,  ..., 3.67]])");
  set_printoptions({.profile = PrintProfile::brief});
  CHECK(text(Tensor<float, 1>{1.2345f}) == "tensor([1.23])");
  set_printoptions({.profile = PrintProfile::standard, .sci_mode = true});
  CHECK(text(Tensor<float, 2>{1, 2.5f}) == "tensor([1.0000e+00, 2.5000e+00])");
  set_printoptions({.sci_mode = false});
  CHECK(text(Tensor<float, 2>{1e-5f, 1}) == "tensor([0.0000, 1.0000])");
  set_printoptions({.profile = PrintProfile::standard, .linewidth = 20});
  CHECK(text(arange<double, 8>()) == "tensor([0., 1., 2.,\n"
        "        3., 4., 5.,\n"
        "        6., 7.],\n"
        "       dtype=float64)");
  set_printoptions({.profile = PrintProfile::standard});
}

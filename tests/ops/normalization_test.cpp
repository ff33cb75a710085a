// Normalisation over different axes, against PyTorch's values.
#include <cmath>

#include "elements.hpp"

using namespace etch;
using namespace test;

TEST_CASE("what each normalisation looks at") {
  const auto y = test::check(
      [](auto a) { return results(local_response_norm<3>(a, 0.5, 0.6, 1.5), group_norm<2>(a, 0.1), batch_norm(a, 0.1), instance_norm(a, 0.1), layer_norm<ints<4, 3>>(a, 0.1), rms_norm<ints<3>>(a, 0.1)); },
      filled<Tensor<double, 2, 4, 3>>());
  expect_near(y[0], {2, 4, 3}, {-0.495710339465, -0.461178582623, -1.0185688065, 0.249237294348, 0.839592871273, 0.848266558633, 0.356135746942, -0.867033337349, -0.239755742192, -0.198180945526, -0.732839454053, 0.734525430747, -1.18559790335, -1.06325123914, 0.970348567175, -0.174397704061, 0.561480547441, 0.754002859134, 0.333948322484, -0.866709588023, -0.00718198850086, 0.22188785243, -0.277568679924, 1.23192026806});
  expect_near(y[1], {2, 4, 3}, {-0.571942353803, -0.58889060478, -1.44539993013, 0.271379565968, 1.14859798769, 1.18625533505, 0.83395091093, -1.28736518818, -0.0831399780976, 0.0360943008677, -0.929662351281, 1.43012230576, -1.31602983483, -1.1913544164, 1.11776330508, -0.18295333631, 0.700772325353, 0.871801957108, 0.269521539723, -1.41969101291, -0.167180124002, 0.12556423093, -0.541457948119, 1.73324331438});
  expect_near(y[2], {2, 4, 3}, {0.14712458269, 0.130555459095, -0.706794004929, -0.719611758506, 0.781262962238, 0.84569270892, 1.01125570885, -1.3111553034, 0.00722713394264, -0.474886519658, -1.30962168673, 0.730017631891, -0.839120186392, -0.695537048441, 1.96377119798, -1.60478964643, 0.17636702047, 0.52107871331, 0.974596033276, -1.11604032966, 0.434116756992, 0.045123144532, -0.606627970397, 1.61599540036});
  expect_near(y[3], {2, 4, 3}, {0.606969773381, 0.572310040461, -1.17927981384, -1.19126598384, 0.558084811828, 0.633181172013, 1.08201591413, -1.18426814896, 0.102252234834, -0.138666667405, -1.07675128797, 1.21541795537, -0.746602920821, -0.637455949385, 1.38405887021, -1.2526260832, 0.460536707423, 0.792089375775, 0.90904614028, -1.25788816864, 0.348842028363, -0.312511758305, -0.977320382026, 1.28983214033});
  expect_near(y[4], {2, 4, 3}, {-0.488588349251, -0.507345733268, -1.45528274169, 0.444753570223, 1.41561025773, 1.45728732083, 0.56978475952, -1.2468974262, -0.215606291575, -0.11349478136, -0.940562895554, 1.0803423106, -1.56377489427, -1.4226015878, 1.19207408675, -0.280762109553, 0.719904062216, 0.9135654826, 0.300222151598, -1.12012593079, -0.0669716451087, 0.179177889186, -0.381677327904, 1.53096982307});
  expect_near(y[5], {2, 4, 3}, {-0.566947030445, -0.584147625417, -1.45340959316, 0.280586493519, 1.14515352741, 1.18226777433, 0.484512803381, -1.51544163374, -0.380110810954, -0.273249053624, -1.20263473453, 1.06827902557, -1.07464819546, -0.973954132733, 0.891004073362, -0.288904399428, 1.00374685916, 1.25391688175, 0.512304924536, -1.52400717425, -0.0141302360461, 0.240958159818, -0.330968747365, 1.61943545011});
}

TEST_CASE("weight and bias of a channel, statistics that were kept") {
  const auto x = filled<Tensor<double, 2, 3, 2, 2>>();
  const auto w = filled<Tensor<double, 3>>(-1, 1, 1);
  const auto v = filled<Tensor<double, 3>>(0.5, 2, 2);
  const auto y = test::check([](auto a, auto w, auto v) { return batch_norm_with(a, w, v, v, w, 0.1); }, x, w, v);
  std::vector<double> expected;
  for (int i = 0; i < 24; ++i) {
    const auto c = static_cast<std::size_t>(i / 4 % 3);
    expected.push_back((x.data()[i] - w.data()[c]) / std::sqrt(v.data()[c] + 0.1) * v.data()[c] + w.data()[c]);
  }
  expect_near(y[0], {2, 3, 2, 2}, expected);
}

TEST_CASE("a batch is normalised with a positive eps") {
  const auto x = filled<Tensor<float, 4, 3>>();
  CHECK_THROWS_WITH_AS(batch_norm(x, 0), "etch: batch_norm: eps must be positive", Error);
  CHECK_THROWS_WITH_AS(batch_norm(x, Tensor<float, 3>{}, Tensor<float, 3>{}, -1), "etch: batch_norm: eps must be positive", Error);
}

TEST_CASE("gradients of normalisations") {
  const auto x = filled<Tensor<double, 2, 4, 3>>();
  const auto w = filled<Tensor<double, 4>>(-1, 1, 1);
  test::check_gradient([](auto a, auto w) { return batch_norm(a, w, w, 0.1) + group_norm<2>(a, w) + local_response_norm<3>(a, 0.5); }, x, w);
  test::check_gradient([](auto a, auto w) { return layer_norm(a, w, w) + rms_norm(a, w) + rms_norm<ints<4>>(a, 0.1); }, filled<Tensor<double, 3, 4>>(), w);
}

TEST_CASE("rms_norm's eps is that of the dtype unless it is given") {
  Tensor<float, 1, 2> x{{1e-4f, -1e-4f}};
  Tensor y = rms_norm<ints<2>>(x);
  CHECK(y(0, 0) == doctest::Approx(1e-4 / std::sqrt(1e-8 + 1.1920928955078125e-07)).epsilon(1e-5));
}

TEST_CASE("complex numbers over their root mean square, and integers in channels that average to integers") {
  const Tensor<complex64, 1, 2> x{{complex64(1, 2), complex64(3, -1)}};
  const Tensor<complex64, 2> w{complex64(1, 1), complex64(0.5f, 0)};
  const Tensor y = rms_norm<ints<2>>(x), z = rms_norm(x, w);
  const float plain[4] = {0.3679310f, 1.3120900f, 1.9105122f, -0.2526854f}, weighted[4] = {-0.9441590f, 1.6800210f, 0.9552561f, -0.1263427f};  // PyTorch's
  for (int i = 0; i < 2; ++i) {
    CHECK(y.data()[i].real() == doctest::Approx(plain[2 * i]));
    CHECK(y.data()[i].imag() == doctest::Approx(plain[2 * i + 1]));
    CHECK(z.data()[i].real() == doctest::Approx(weighted[2 * i]));
    CHECK(z.data()[i].imag() == doctest::Approx(weighted[2 * i + 1]));
  }
  const Tensor<std::int64_t, 1, 4, 1> n{{{3}, {7}, {-5}, {2}}};
  const Tensor r = local_response_norm<2>(n, 0.3, 0.5, 1.25);
  const float expected[4] = {1.9166296f, 2.2191491f, -1.4227760f, 0.8567059f};
  for (int i = 0; i < 4; ++i) CHECK(r.data()[i] == doctest::Approx(expected[i]));
}

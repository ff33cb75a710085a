// Special functions: PyTorch 2.13's values in double (mpmath's where those are coarser than 1e-12), their edges, dtypes, and gradients of first and second order by differences.
#include <program.hpp>

#include <cmath>
#include <cstdio>

using namespace etch;
using etch::detail::Special, etch::detail::Builder;
using namespace test;

namespace {
const double infinity = std::numeric_limits<double>::infinity(), none = std::numeric_limits<double>::quiet_NaN();
using X = Tensor<double, 6>;
using Six = double[6];

void compare(const char* name, const X& got, const Six& x, const Six& expected) {
  for (int i = 0; i < 6; ++i) {
    char text[200];
    std::snprintf(text, sizeof text, "%s at %g: got %.17g, expected %.17g, off by %.2g", name, x[i], got(i), expected[i], got(i) / expected[i] - 1);
    INFO(std::string(text));
    if (expected[i] != expected[i]) CHECK(got(i) != got(i));
    else CHECK((got(i) == expected[i] || std::abs(got(i) - expected[i]) <= 1e-12 * std::abs(expected[i]) + 1e-15));
  }
}
X six(const Six& v) {
  X x;
  for (int i = 0; i < 6; ++i) x(i) = v[i];
  return x;
}

double of_core(Special s, double x, double y) {
  switch (s) {
#define ONE(name) case Special::name: return special::name(x);
#define TWO(name) case Special::name: return special::name(x, y);
    ONE(lgamma) ONE(digamma) ONE(erfinv) ONE(erfcx) ONE(ndtri) ONE(log_ndtr) ONE(i0) ONE(i0e) ONE(i1) ONE(i1e)
    ONE(bessel_j0) ONE(bessel_j1) ONE(bessel_y0) ONE(bessel_y1) ONE(spherical_bessel_j0)
    ONE(modified_bessel_k0) ONE(modified_bessel_k1) ONE(scaled_modified_bessel_k0) ONE(scaled_modified_bessel_k1)
    TWO(zeta) TWO(igamma) TWO(igammac)
#undef ONE
#undef TWO
    case Special::entr: return x > 0 ? -x * std::log(x) : x == 0 ? 0 : -infinity;
    case Special::logit: return std::log(x / (1 - x));
    case Special::xlogy: return x == 0 ? 0 : x * std::log(y);
    case Special::xlog1py: return x == 0 ? 0 : x * std::log1p(y);
    default: return none;
  }
}
const bool registered = (oracle::other_special = of_core) != nullptr;

/// d sum(F(x)) / dx, traced.
template <class F>
constexpr auto slope(F f, auto x) {
  Builder& b = *x.builder;
  const int y = f(x).id, seed = b.constant(1, b.dtype(y), b.shape(y));
  int g = -1;
  reverse(b, y, seed, &x.id, 1, &g);
  auto r = x;
  r.id = g;
  return r;
}
template <class F>
void both_orders(F f, double low, double high) {
  REQUIRE(registered);
  check_gradient(f, filled<X>(low, high));
  check_gradient([](auto x) { return slope(F{}, x); }, filled<X>(low, high, 1));
}
}  // namespace

#define LIST(...) {__VA_ARGS__}
#define ROW(expression, at, values)                          \
  do {                                                       \
    const Six at_ = LIST at, values_ = LIST values;          \
    const X x = six(at_);                                    \
    compare(#expression, X(expression), at_, values_);       \
  } while (false)

TEST_CASE("values") {
  ROW(lgamma(x), (0.1, 0.7, 1.5, 3.2, 7.9, 25.5), (2.252712651734206, 0.26086724653166654, -0.12078223763524522, 0.8854048271549091, 8.32426586800881, 56.389167643719944));
  ROW(lgamma(x), (-0.5, -2.3, 0.01, 30.0, 100.0, 100000.0), (1.2655121234846454, 0.36956666345500805, 4.599479878042022, 71.25703896716801, 359.1342053695754, 1051287.7089736569));
  ROW(digamma(x), (0.1, 0.7, 1.5, 3.2, 7.9, 25.5), (-10.423754940411076, -1.2200235536979347, 0.036489973978576194, 0.9988388912865991, 2.002238487563571, 3.2189424728839198));
  ROW(digamma(x), (-0.5, -2.3, 0.01, 1.4616, 100.0, 100000.0), (0.03648997397857639, 3.317323157561823, -100.56088545786866, -3.1106251230539556e-05, 4.600161852738088, 11.512920464961896));
  ROW(polygamma<1>(x), (0.1, 0.7, 1.5, 3.2, 7.9, 25.5), (101.43329915079275, 2.834049156694611, 0.9348022005446793, 0.3663211907314008, 0.13493078345663442, 0.03999466964956292));
  ROW(polygamma<2>(x), (0.1, 0.7, 1.5, 3.2, 7.9, 25.5), (-2001.8614573783439, -6.434992874190923, -0.8287966442343201, -0.13280000680313123, -0.018179004838322608, -0.0015993605962783075));
  ROW(polygamma<4>(x), (0.1, 0.7, 1.5, 3.2, 7.9, 25.5), (-2400015.607203196, -144.7082536430247, -3.4742498266672253, -0.10174525197078324, -0.001971104557754567, -1.533956001944891e-05));
  ROW(zeta(x, 0.5), (1.1, 1.5, 2.0, 3.5, 10.0, 40.0), (12.103813495683745, 4.776537947554834, 4.93480220054468, 11.620804663441898, 1024.0174503557578, 1099511627776.0));
  ROW(zeta(3, x), (-0.5, -3.7, 0.1, 1.0, 9.5, 10000.0), (0.41439832211716, 34.446727344336765, 1000.9307286891719, 1.202056903159594, 0.006153922903854669, 5.000500025000001e-09));
  ROW(igamma(x, scalar_tensor<double>(2)), (0.1, 0.7, 1.5, 3.2, 7.9, 25.5), (0.9943261760201885, 0.9237471472921017, 0.7385358700508888, 0.27897034231939083, 0.001270521488329004, 8.822815363531284e-20));
  ROW(igammac(x, scalar_tensor<double>(5)), (0.1, 0.7, 1.5, 3.2, 7.9, 25.5), (0.00014393896584673433, 0.0030462420311267325, 0.01856613546304323, 0.14855033816858598, 0.8580758737962779, 0.9999999999298219));
  ROW(igamma(scalar_tensor<double>(100), x), (80.0, 95.0, 100.0, 105.0, 120.0, 150.0), (0.017108313035133115, 0.3173568111698, 0.5132987982791487, 0.7002453423911563, 0.9721362601094793, 0.9999940754596646));
  ROW(igamma(scalar_tensor<double>(1e6), x), (999000.0, 999990.0, 1000000.0, 1000010.0, 1001000.0, 1003000.0), (0.15865521357430365, 0.49614360483227311, 0.50013298076087259, 0.50412231679690957, 0.84134478636834029, 0.99863825935378241));
  ROW(igammac(scalar_tensor<double>(1e20), x), (0.0, 1e19, 1e20, 1e21, 1e300, infinity), (1.0, 1.0, 0.49999999998670192, 0.0, 0.0, 0.0));
  ROW(erfinv(x), (-0.999999, -0.5, -1e-09, 0.3, 0.9, 0.99999999), (-3.458910737275499, -0.4769362762044699, -8.86226925452758e-10, 0.2724627147267543, 1.1630871536766743, 4.052237243268763));
  ROW(erfcx(x), (-5.0, -0.3, 0.7, 3.0, 20.0, 60.0), (144009798674.66104, 1.4537492328427655, 0.525930337349441, 0.17900115118138998, 0.028174348741051323, 0.009401854275176388));
  ROW(ndtri(x), (1e-200, 1e-10, 0.02, 0.5, 0.8, 0.999999), (-30.20559417957964, -6.361340902404056, -2.053748910631823, 0.0, 0.8416212335729143, 4.753424308817087));
  ROW(ndtr(x), (-8.0, -1.0, 0.0, 0.5, 2.0, 6.0), (6.106226635438361e-16, 0.15865525393145702, 0.5, 0.6914624612740131, 0.9772498680518208, 0.9999999990134123));
  ROW(log_ndtr(x), (-40.0, -5.0, -1.0, 0.0, 1.0, 6.0), (-804.6084420137539, -15.064998393988727, -1.841021645009264, -0.6931471805599453, -0.17275377902344985, -9.865876455243713e-10));
  ROW(i0(x), (-3.0, 0.0, 0.5, 7.0, 19.9, 20.1), (4.880792585865024, 1.0, 1.0634833707413236, 168.59390851028968, 39513376.52006682, 48017874.1071365));
  ROW(i0e(x), (-3.0, 0.0, 0.5, 20.1, 100.0, 10000.0), (0.24300035416182536, 1.0, 0.6450352704491501, 0.08955376362061344, 0.03994437929909668, 0.0039894726746047314));
  ROW(i1(x), (-3.0, 0.0, 0.5, 7.0, 19.9, 20.1), (-3.9533702174026093, 0.0, 0.25789430539089636, 156.03909286995534, 38507423.874862276, 46807739.533029884));
  ROW(i1e(x), (-3.0, 0.0, 0.5, 20.1, 100.0, 10000.0), (-0.19682671329730084, 0.0, 0.15642080318487173, 0.0872968518432016, 0.03974415302513025, 0.003989273195983662));
  ROW(modified_bessel_k0(x), (1e-06, 0.1, 1.0, 4.0, 20.0, 100.0), (13.93144207362641, 2.427069024702017, 0.4210244382407082, 0.011159676085853023, 5.741237815336524e-10, 4.6566282291759025e-45));
  ROW(modified_bessel_k1(x), (1e-06, 0.1, 1.0, 4.0, 20.0, 100.0), (999999.9999927843, 9.853844780870606, 0.6019072301972346, 0.012483498887268428, 5.883057969557038e-10, 4.67985373563691e-45));
  ROW(scaled_modified_bessel_k0(x), (1e-06, 0.1, 1.0, 4.0, 20.0, 10000.0), (13.931456005075448, 2.682326102262895, 1.1444630798068944, 0.6092976692566953, 0.2785448766571822, 0.012532984717699288));
  ROW(scaled_modified_bessel_k1(x), (1e-06, 0.1, 1.0, 4.0, 20.0, 10000.0), (1000000.9999932843, 10.890182683049698, 1.636153486263258, 0.6815759451856709, 0.28542549694072644, 0.012533611351270504));
  ROW(bessel_j0(x), (-9.0, 0.0, 0.5, 2.0, 5.0, 30.0), (-0.09033361118287614, 1.0, 0.9384698072408129, 0.22389077914123567, -0.1775967713143383, -0.08636798358104021));
  ROW(bessel_j1(x), (-9.0, 0.0, 0.5, 2.0, 5.0, 30.0), (-0.24531178657332528, 0.0, 0.2422684576748739, 0.5767248077568734, -0.32757913759146523, -0.11875106261662294));
  ROW(bessel_y0(x), (1e-05, 0.5, 2.0, 5.0, 9.0, 30.0), (-7.40316028370197, -0.44451873350670656, 0.5103756726497451, -0.30851762524903376, 0.24993669828502468, -0.11729573168666403));
  ROW(bessel_y1(x), (1e-05, 0.5, 2.0, 5.0, 9.0, 30.0), (-63661.97727536548, -1.471472392670243, -0.10703243154093754, 0.14786314339122683, 0.10431457519671589, 0.08442557066174723));
  ROW(spherical_bessel_j0(x), (-9.0, 0.0, 1e-09, 0.4, 2.0, 30.0), (0.04579094280463962, 1.0, 1.0, 0.9735458557716262, 0.45464871341284085, -0.03293438746976206));
  ROW(airy_ai(x), (-20.0, -6.9, -3.0, 0.0, 1.6, 8.0), (-0.1764061270779847, 0.10168799773976482, -0.37881429367765806, 0.3550280538878172, 0.06253690796893195, 4.6922076160992316e-08));
  ROW(sinc(x), (-1.3, 0.0, 1e-09, 0.5, 2.5, 9.1), (-0.19809085184633993, 1.0, 1.0, 0.6366197723675814, 0.12732395447351627, -0.010809138934983047));
  ROW(entr(x), (-1.0, 0.0, 0.3, 1.0, 2.0, 9.0), (-infinity, 0.0, 0.3611918412977808, -0.0, -1.3862943611198906, -19.775021196025975));
  ROW(logit(x), (0.0, 1e-09, 0.3, 0.5, 0.99, 1.0), (-infinity, -20.72326583594641, -0.8472978603872036, 0.0, 4.595119850134589, infinity));
  ROW(logit(x, 0.1), (0.0, 1e-09, 0.3, 0.5, 0.99, 1.0), (-2.197224577336219, -2.197224577336219, -0.8472978603872036, 0.0, 2.1972245773362196, 2.1972245773362196));
  ROW(xlogy(x, 0.5), (-1.0, 0.0, 0.3, 1.0, 2.0, 9.0), (0.6931471805599453, 0.0, -0.2079441541679836, -0.6931471805599453, -1.3862943611198906, -6.238324625039508));
  ROW(xlogy(0, x), (-1.0, 0.0, 0.3, 1.0, 2.0, 9.0), (0.0, 0.0, 0.0, 0.0, 0.0, 0.0));
  ROW(xlog1py(x, 0.5), (-1.0, 0.0, 0.3, 1.0, 2.0, 9.0), (-0.4054651081081644, 0.0, 0.12163953243244931, 0.4054651081081644, 0.8109302162163288, 3.6491859729734797));
  ROW(mvlgamma<3>(x), (1.1, 1.5, 2.0, 3.5, 10.0, 40.0), (4.3181688973177, 2.1686775340635553, 1.5963125911388552, 3.895898482154039, 36.81285863239809, 316.1138281010897));
  ROW(expit(x), (-9.0, -1.0, 0.0, 1.0, 5.0, 30.0), (0.00012339457598623172, 0.2689414213699951, 0.5, 0.7310585786300049, 0.9933071490757153, 0.9999999999999065));
}

TEST_CASE("orthogonal polynomials, a degree cut to an integer") {
  ROW(chebyshev_polynomial_t(0.3, x), (0.0, 1.0, 2.0, 5.9, 9.0, -2.0), (1.0, 0.3, -0.8200000000000001, 0.9988800000000001, 0.3888276480000005, 0.0));
  ROW(chebyshev_polynomial_t(1.7, x), (0.0, 1.0, 2.0, 5.9, 9.0, -2.0), (1.0, 1.7, 4.779999999999999, 137.41711999999995, 12282.511058431994, 0.0));
  ROW(chebyshev_polynomial_u(0.3, x), (0.0, 1.0, 2.0, 5.9, 9.0, -2.0), (1.0, 0.6, -0.64, 1.01376, 0.09908889600000047, 0.0));
  ROW(chebyshev_polynomial_u(1.7, x), (0.0, 1.0, 2.0, 5.9, 9.0, -2.0), (1.0, 3.4, 10.559999999999999, 307.33824, 27470.671691263997, 0.0));
  ROW(chebyshev_polynomial_v(0.3, x), (0.0, 1.0, 2.0, 5.9, 9.0, -2.0), (1.0, -0.4, -1.24, 0.96416, 1.064884736000001, 0.0));
  ROW(chebyshev_polynomial_v(1.7, x), (0.0, 1.0, 2.0, 5.9, 9.0, -2.0), (1.0, 2.4, 7.159999999999999, 207.38463999999996, 18536.459554303994, 0.0));
  ROW(chebyshev_polynomial_w(0.3, x), (0.0, 1.0, 2.0, 5.9, 9.0, -2.0), (1.0, 1.6, -0.03999999999999998, 1.06336, -0.866706943999998, 0.0));
  ROW(chebyshev_polynomial_w(1.7, x), (0.0, 1.0, 2.0, 5.9, 9.0, -2.0), (1.0, 4.4, 13.96, 407.2918399999999, 36404.88382822399, 0.0));
  ROW(hermite_polynomial_h(0.3, x), (0.0, 1.0, 2.0, 5.9, 9.0, -2.0), (1.0, 0.6, -1.6400000000000001, 31.757759999999998, 7010.287658496, 0.0));
  ROW(hermite_polynomial_h(1.7, x), (0.0, 1.0, 2.0, 5.9, 9.0, -2.0), (1.0, 3.4, 9.559999999999999, -127.72576, 24756.162609663996, 0.0));
  ROW(hermite_polynomial_he(0.3, x), (0.0, 1.0, 2.0, 5.9, 9.0, -2.0), (1.0, 0.3, -0.91, 4.23243, 250.390686483, 0.0));
  ROW(hermite_polynomial_he(1.7, x), (0.0, 1.0, 2.0, 5.9, 9.0, -2.0), (1.0, 1.7, 1.89, -9.431429999999999, -575.451886303, 0.0));
  ROW(laguerre_polynomial_l(0.3, x), (0.0, 1.0, 2.0, 5.9, 9.0, -2.0), (1.0, 0.7, 0.445, -0.09333274999999984, -0.41794299755200853, 0.0));
  ROW(laguerre_polynomial_l(1.7, x), (0.0, 1.0, 2.0, 5.9, 9.0, -2.0), (1.0, -0.7, -0.955, 0.38336608333333333, 0.41622125527202714, 0.0));
  ROW(legendre_polynomial_p(0.3, x), (0.0, 1.0, 2.0, 5.9, 9.0, -2.0), (1.0, 0.3, -0.365, 0.34538625, 0.0637003817578125, 0.0));
  ROW(legendre_polynomial_p(1.7, x), (0.0, 1.0, 2.0, 5.9, 9.0, -2.0), (1.0, 1.7, 3.8349999999999995, 72.01248874999999, 4835.087256086208, 0.0));
  ROW(shifted_chebyshev_polynomial_t(0.3, x), (0.0, 1.0, 2.0, 5.9, 9.0, -2.0), (1.0, -0.4, -0.6799999999999999, -0.8838399999999998, 0.5329295360000004, 0.0));
  ROW(shifted_chebyshev_polynomial_t(1.7, x), (0.0, 1.0, 2.0, 5.9, 9.0, -2.0), (1.0, 2.4, 10.52, 1009.5398399999998, 444883.23195494374, 0.0));
  ROW(shifted_chebyshev_polynomial_u(0.3, x), (0.0, 1.0, 2.0, 5.9, 9.0, -2.0), (1.0, -0.8, -0.35999999999999993, -0.67968, 0.9022238719999996, 0.0));
  ROW(shifted_chebyshev_polynomial_u(1.7, x), (0.0, 1.0, 2.0, 5.9, 9.0, -2.0), (1.0, 4.8, 22.04, 2120.0716799999996, 934271.7800570878, 0.0));
  ROW(shifted_chebyshev_polynomial_v(0.3, x), (0.0, 1.0, 2.0, 5.9, 9.0, -2.0), (1.0, -1.8, 0.4400000000000001, -0.16927999999999985, 1.825459712, 0.0));
  ROW(shifted_chebyshev_polynomial_v(1.7, x), (0.0, 1.0, 2.0, 5.9, 9.0, -2.0), (1.0, 3.8, 17.24, 1657.3500799999995, 730359.8850145276, 0.0));
  ROW(shifted_chebyshev_polynomial_w(0.3, x), (0.0, 1.0, 2.0, 5.9, 9.0, -2.0), (1.0, 0.19999999999999996, -1.16, -1.1900799999999998, -0.021011968000000072, 0.0));
  ROW(shifted_chebyshev_polynomial_w(1.7, x), (0.0, 1.0, 2.0, 5.9, 9.0, -2.0), (1.0, 5.8, 26.84, 2582.7932799999994, 1138183.6750996476, 0.0));
}

TEST_CASE("gradients, twice") {
  both_orders([](auto x) { return lgamma(x) + digamma(-x); }, 0.2, 0.8);
  both_orders([](auto x) { return polygamma<1>(x) + polygamma<3>(x) * 0.01; }, 0.8, 4);
  both_orders([](auto x) { return erfinv(x) + erfcx(x); }, -0.8, 0.8);
  both_orders([](auto x) { return ndtri(x) + logit(x) + entr(x); }, 0.2, 0.8);
  both_orders([](auto x) { return log_ndtr(x) + ndtr(x) * 2 + sinc(x) * 3; }, -3, -0.5);
  both_orders([](auto x) { return i0e(x) + i1e(x) * 2; }, 0.5, 4);
  both_orders([](auto x) { return i0(x) + i1(x) * 2; }, -2, -0.5);
  both_orders([](auto x) { return bessel_j0(x) + bessel_j1(x) * 2 + spherical_bessel_j0(x) * 3; }, 0.5, 9);
  both_orders([](auto x) { return bessel_y0(x) + bessel_y1(x) * 2; }, 0.8, 4);
  both_orders([](auto x) { return modified_bessel_k0(x) + scaled_modified_bessel_k0(x) * 2; }, 0.8, 4);
  both_orders([](auto x) { return modified_bessel_k1(x) + scaled_modified_bessel_k1(x) * 2; }, 0.8, 4);
  both_orders([](auto x) { return igamma(ones_like(x) * 2.5, x) + igammac(ones_like(x) * 1.5, x) * 2; }, 0.5, 4);
  both_orders([](auto x) { return mvlgamma<3>(x) + logit(x * 0.1, 0.01); }, 1.5, 4);
  const auto a = filled<X>(0.5, 2), b = filled<X>(0.5, 2, 1);
  check_gradient([](auto x, auto y) { return xlogy(x, y) + xlog1py(y, x) * 2; }, a, b);
}

TEST_CASE("dtypes, and gradients at the edges as PyTorch's") {
  const Tensor<std::int64_t, 3> i{{1, 2, 5}};
  const Tensor<float, 3> g = lgamma(i);
  CHECK((g(0) == 0 && g(1) == 0 && std::abs(g(2) - std::log(24.f)) < 1e-6f));
  static_assert(std::is_same_v<decltype(xlogy(i, 2))::value_type, float> && std::is_same_v<decltype(zeta(i, 1.5))::value_type, float>);
  static_assert(std::is_same_v<decltype(logit(i, 0.2))::value_type, float> && std::is_same_v<decltype(logit(to<bfloat16>(i), 0.2))::value_type, bfloat16>);
  const Tensor<double, 4> x{{0, 1, 2, -1}};
  auto gradient = [&](auto f) {
    return test::run(test::program_of<test::FunctionSpec<decltype(f), Tensor<double, 4>>>(), test::bind(x))[0].value;
  };
  CHECK(gradient([](auto v) { return slope([](auto u) { return sinc(u); }, v); })[0] == 0);
  CHECK(gradient([](auto v) { return slope([](auto u) { return i1(u); }, v); })[0] == 0.5);
  const auto outside = gradient([](auto v) { return slope([](auto u) { return logit(u); }, v); });
  CHECK((outside[0] == infinity && outside[1] == infinity && outside[2] != outside[2] && outside[3] != outside[3]));
  const auto flat = gradient([](auto v) { return slope([](auto u) { return xlogy(u * 0, u); }, v); });
  CHECK(flat[1] == 0);
  const auto unasked = gradient([](auto v) { return slope([](auto u) { return xlogy(u, -1) * 0; }, v); });  // no gradient arrives: none goes on
  CHECK(unasked[1] == 0);
  const Tensor<half, 2> s = sinc(Tensor<half, 2>{-3.97265625f, 5.10546875f});  // pi is no half
  CHECK((std::abs(static_cast<float>(s(0)) + 0.006874f) < 1e-5f && std::abs(static_cast<float>(s(1)) + 0.020294f) < 2e-5f));
}

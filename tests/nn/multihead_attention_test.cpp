// Attention of several heads against numbers of PyTorch: widths of their own, keys that are added or given, weights of each head.
#include "gradient.hpp"

#include <etch/io/state_dict.hpp>
#include <numbered.hpp>

using namespace etch;

namespace {

template <class X>
void check(const X& found, std::initializer_list<double> expected) {
  REQUIRE(found.numel() == static_cast<std::int64_t>(expected.size()));
  const double* f = found.data();
  for (const double e : expected) CHECK(*f++ == doctest::Approx(e).epsilon(1e-7));
}

template <bool Average>
using Other = nn::MultiheadAttention<4, 2, MultiheadOptions{.add_bias_kv = true, .add_zero_attn = true, .kdim = 3, .vdim = 5, .average_attn_weights = Average}, double>;

template <bool Average>
struct Padded {
  Other<Average> attention;
  ETCH_MODULE(attention)
  constexpr auto forward(auto q, auto k, auto v, auto padding) const { return attention(q, k, v, key_padding_mask(padding)); }
};

const Tensor<bool, 2, 4> padding{{false, false, false, true}, {false, true, false, false}};

template <bool Average>
auto run() {
  auto model = make<Padded<Average>>();
  int k = 0;
  std::string names;
  each_named_tensor(model->attention, [&](const char* name, auto& p) {
    names += std::string(name) + " ";
    test::number(p, k++);
  });
  CHECK(names == "q_proj_weight k_proj_weight v_proj_weight in_proj_bias bias_k bias_v out_proj.weight out_proj.bias ");
  const auto q = test::numbered<Tensor<double, 3, 2, 4>>(20);
  const auto key = test::numbered<Tensor<double, 4, 2, 3>>(21);
  const auto value = test::numbered<Tensor<double, 4, 2, 5>>(22);
  return compile<Tensor<double, 3, 2, 4>, Tensor<double, 4, 2, 3>, Tensor<double, 4, 2, 5>, Tensor<bool, 2, 4>>(model)(q, key, value, padding);
}

/// Attention whose keys are as wide as they like, as a function of one input.
struct Summed {
  nn::MultiheadAttention<4, 2, MultiheadOptions{.kdim = 3, .vdim = 4, .batch_first = true}, double> attention;
  Param<double, 2, 3, 3> key;
  ETCH_MODULE(attention, key)
  constexpr auto forward(auto x) const {
    const auto [y, w] = attention(x, apply<first_fn>(key, x), x);
    return sum(y * y) + sum(w * w);
  }
  void reset_parameters(Generator& g) { nn::init::normal_(key, g); }
};
struct Loss {
  constexpr auto operator()(auto& m, auto x) const { return m(x); }
};

}  // namespace

TEST_CASE("keys and values may have widths of their own, and keys are added") {
  const auto [y, w] = run<true>();
  check(y, {0.0957597904, -0.708949677, -0.344146369, 0.903955435, 0.199476329, -0.803969331, -0.235032568, 0.900186405, 0.122708067, -0.74523514, -0.340158808, 0.973937906,
            0.205500569,  -0.81391511,  -0.22956695,  0.902807466, 0.124019365, -0.746768222, -0.338444007, 0.972513958, 0.144982004, -0.750007643, -0.278646662, 0.846230939});
  check(w, {0.219965426, 0.199665588, 0.150058157, 0, 0.20663218,  0.223678649, 0.231572244, 0.179397389, 0.181947633, 0, 0.167837083, 0.239245651,
            0.230447302, 0.180205588, 0.184883705, 0, 0.168459673, 0.236003732, 0.163662915, 0, 0.243792414, 0.231138233, 0.153168966, 0.208237472,
            0.160003146, 0, 0.246334349, 0.235599331, 0.151196416, 0.206866757, 0.208068928, 0, 0.184392042, 0.177195382, 0.201655433, 0.228688215});
}

TEST_CASE("weights of each head") {
  const auto [y, w] = run<false>();
  static_assert(std::is_same_v<std::remove_cvref_t<decltype(w)>, Tensor<double, 2, 2, 3, 6>>);
  CHECK(w(0, 0, 0, 0) == doctest::Approx(0.221109744));
  CHECK(w(1, 1, 2, 5) == doctest::Approx(0.208560492));
}

TEST_CASE("multi_head_attention_forward with keys and values that are projected already") {
  const auto x = test::numbered<Tensor<double, 3, 2, 4>>(20);
  const auto k = test::numbered<Tensor<double, 5, 2, 4>>(21), v = test::numbered<Tensor<double, 5, 2, 4>>(22);
  const auto w = test::numbered<Tensor<double, 12, 4>>(1);
  const auto b = test::numbered<Tensor<double, 12>>(2);
  const auto o = test::numbered<Tensor<double, 4, 4>>(3);
  const auto sk = test::numbered<Tensor<double, 4, 5, 2>>(4), sv = test::numbered<Tensor<double, 4, 5, 2>>(5);
  const auto mask = test::numbered<Tensor<double, 3, 5>>(6);
  const auto r = multi_head_attention_forward<2>(x, k, v, in_proj_weight(w), in_proj_bias(b), out_proj_weight(o), static_k(sk), static_v(sv), attn_mask(mask));
  const auto [y, p] = eval(r.get<0>(), r.get<1>());
  check(y, {-0.258434174, 0.315909124, -0.241087751, 0.333255548, -0.140017574, 0.0530277039, -0.165070524, 0.0279747534, -0.217481458, 0.24464826, -0.19881302, 0.263316697, -0.145013217, 0.0597901541, -0.168962888, 0.0358404839, 0.0648638615, 0.0319462417, 0.0834396698, 0.0505220501, -0.266586888, 0.184828949, -0.261412134, 0.190003703});
  check(p, {0.109214111, 0.240963403, 0.150682168, 0.162759473, 0.336380844, 0.127667253, 0.257616253, 0.112422963, 0.165462537, 0.336830994, 0.0907740448, 0.183345925, 0.365656581, 0.118068804, 0.242154645, 0.175026145, 0.260042214, 0.0885840562, 0.190206497, 0.286141088, 0.167679567, 0.263823484, 0.0910187467, 0.184756569, 0.292721633, 0.145754008, 0.170425519, 0.309617432, 0.16971341, 0.204489632});
}

TEST_CASE("gradients with widths of their own") { check_gradient<Summed>(Loss{}, test::numbered<Tensor<double, 2, 3, 4>>(7)); }

// A cache of keys and values: step after step gives what causal attention over the whole sequence does.
#include <etch/etch.hpp>

#include <doctest/doctest.h>

using namespace etch;

namespace {

constexpr int batch = 2, width = 8, heads = 4, groups = 2, features = 2, most = 6;

/// Attention of 4 heads to keys and values of 2, with a cache or without.
template <bool Cached>
struct Attention {
  nn::Linear<width, width> q;
  nn::Linear<width, groups * features> k, v;
  std::conditional_t<Cached, nn::KeyValueCache<batch, groups, most, features>, nn::Identity> cache;
  ETCH_MODULE(q, k, v, cache)
  template <int H>
  static constexpr auto split(auto x) {
    return transpose<1, 2>(unflatten<2, H, features>(x));
  }
  constexpr auto forward(auto x) const {
    const auto qs = split<heads>(q(x));
    const auto ks = split<groups>(k(x)), vs = split<groups>(v(x));
    const auto y = [&] {
      if constexpr (Cached) return cache(qs, ks, vs);
      else return scaled_dot_product_attention<true, 0.0, true>(qs, ks, vs);
    }();
    return flatten<2, 3>(transpose<1, 2>(y));
  }
};

template <int T>
Tensor<float, batch, T, width> part(const Tensor<float, batch, most, width>& x, int from) {
  Tensor<float, batch, T, width> r;
  for (int n = 0; n < batch; ++n)
    for (int t = 0; t < T; ++t)
      for (int c = 0; c < width; ++c) r(n, t, c) = x(n, from + t, c);
  return r;
}

}  // namespace

TEST_CASE("steps with a cache are those of the whole sequence") {
  const auto whole = make<Attention<false>>(Generator{1});
  const auto model = make<Attention<true>>();
  nn::utils::vector_to_parameters(nn::utils::parameters_to_vector(whole), model);  // buffers are no parameters
  const auto x = randn<float, batch, most, width>(Generator{2});
  const Tensor<float, batch, most, width> expected = whole(x);
  auto prompt = compile<Tensor<float, batch, 3, width>>(model);
  auto step = compile<Tensor<float, batch, 1, width>>(model);
  for (int round = 0; round < 2; ++round) {
    CHECK(*model->cache.length.data() == 0);
    const auto check = [&](const auto& y, int from) {
      for (int n = 0; n < batch; ++n)
        for (int t = 0; t < y.size(1); ++t)
          for (int c = 0; c < width; ++c) CHECK(y(n, t, c) == doctest::Approx(expected(n, from + t, c)).epsilon(1e-5));
    };
    check(prompt(part<3>(x, 0)), 0);
    for (int t = 3; t < most; ++t) check(step(part<1>(x, t)), t);
    CHECK(*model->cache.length.data() == most);
    CHECK_THROWS_AS(step(part<1>(x, 0)), Error);
    model->cache.clear();
  }
}

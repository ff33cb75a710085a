// Stacks of transformer layers: as loops and layer by layer, with memory and masks; gradients against differences.
#include "gradient.hpp"

#include <etch/io/state_dict.hpp>

#include <cmath>

using namespace etch;

namespace {

constexpr TransformerOptions options{.dim_feedforward = 6, .dropout = 0, .activation = TransformerActivation::gelu, .norm_first = true};
using Layer = nn::TransformerDecoderLayer<4, 2, options, double>;

template <bool Loop>
struct Stack {
  Param<double, 3, 2, 4> x;
  Param<double, 5, 2, 4> memory;
  nn::TransformerDecoder<Layer, 4> decoder;
  ETCH_MODULE(x, memory, decoder)
  constexpr auto forward(auto w) const {
    auto y = apply<first_fn>(x, w);
    const auto m = apply<first_fn>(memory, w);
    if constexpr (Loop) return decoder(y, m) * w;
    for (int i = 0; i < 4; ++i) y = decoder.layers[i](y, m);
    return y * w;
  }
  void reset_parameters(Generator& g) {
    nn::init::normal_(x, g);
    nn::init::normal_(memory, g);
  }
};
struct Product {
  constexpr auto operator()(auto& m, auto w) const { return sum(m(w)); }
};

constexpr TransformerOptions plain{.dim_feedforward = 6, .dropout = 0};
constexpr TransformerOptions causal{.dim_feedforward = 6, .dropout = 0, .causal = true};
struct Masked {
  nn::TransformerEncoderLayer<4, 2, plain> layer;
  ETCH_MODULE(layer)
  constexpr auto forward(auto x, auto later) const { return layer(x, src_mask(later)); }
};
struct Causal {
  nn::TransformerEncoderLayer<4, 2, causal> layer;
  ETCH_MODULE(layer)
  constexpr auto forward(auto x) const { return layer(x); }
};

template <bool Loop>
auto step_of(const Model<Stack<true>>& from, const Tensor<double, 3, 2, 4>& w) {
  const auto model = make<Stack<Loop>>();
  std::memcpy(model.data(), from.data(), sizeof(Stack<true>));
  return train_step(model, Product{}, optim::SGD{}, w);
}

}  // namespace

TEST_CASE("a stack of layers as a loop, memory the same for each, is the layers one by one") {
  const auto model = make<Stack<true>>(Generator{1});
  Tensor<double, 3, 2, 4> w;
  Generator g{2};
  nn::init::normal_(w, g);
  auto looped = step_of<true>(model, w);
  auto unrolled = step_of<false>(model, w);
  CHECK(looped.backward(w) == doctest::Approx(unrolled.backward(w)).epsilon(1e-13));
  const auto *a = reinterpret_cast<const double*>(&looped.gradient()), *b = reinterpret_cast<const double*>(&unrolled.gradient());
  double worst = 0;
  for (std::size_t i = 0; i < sizeof(Stack<true>) / sizeof(double); ++i) worst = std::fmax(worst, std::fabs(a[i] - b[i]));
  CHECK(worst < 1e-12);
  check_gradient<Stack<true>>(Product{}, w);
}

TEST_CASE("a mask hides what comes later, as a causal layer does") {
  const auto masked = make<Masked>(Generator{1});
  const auto itself = make<Causal>(Generator{1});
  const Tensor<float, 3, 2, 4> x = randn<float, 3, 2, 4>();
  const Tensor<bool, 3, 3> later{{false, true, true}, {false, false, true}, {false, false, false}};
  const Tensor<float, 3, 2, 4> a = masked(x, later), b = itself(x);
  for (int i = 0; i < x.numel(); ++i) CHECK(a.data()[i] == doctest::Approx(b.data()[i]).epsilon(1e-5));
}

TEST_CASE("a transformer's tensors have PyTorch's names") {
  using Small = nn::Transformer<4, 2, 1, 1, TransformerOptions{.dim_feedforward = 6}>;
  std::string names;
  for (const auto& e : state_dict(make<Small>())) names += e.name + " ";
  for (const char* name : {"encoder.layers.0.self_attn.in_proj_weight ", "encoder.layers.0.self_attn.out_proj.bias ", "encoder.norm.weight ", "decoder.layers.0.multihead_attn.in_proj_bias ", "decoder.layers.0.norm3.bias "})
    CHECK_MESSAGE(names.find(name) != names.npos, name);
}

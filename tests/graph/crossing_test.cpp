// The crossing from typed code to the value graph: a model of 770 parameters within the compilers' default limits, tied
// weights, one leaf twice, effects after reads, bounded sizes, gradients that stop.
#include <etch/etch.hpp>

#include <doctest/doctest.h>

#include <cmath>
#include <cstring>

using namespace etch;
using namespace etch::detail;

namespace {

// ---- a deep model
// ----------------------------------------------------------------------------------------------------

/// Sixteen parameters a block: a gated layer of eight matrices.
struct Block {
  nn::Linear<8, 8> in1, in2, in3, gate1, gate2, gate3, mix, out;
  ETCH_MODULE(in1, in2, in3, gate1, gate2, gate3, mix, out)
  constexpr auto forward(auto x) const { return x + out(mix(in3(in2(in1(x))) * sigmoid(gate3(gate2(gate1(x)))))); }
};
struct Deep {
  nn::Repeat<Block, 48> blocks;
  nn::Linear<8, 5> head;
  ETCH_MODULE(blocks, head)
  constexpr auto forward(auto x) const {
    auto y = blocks[0](x);
    for (int i = 1; i < 48; ++i) y = blocks[i](y);
    return head(y);
  }
};
/// The same as a loop.
struct Looped {
  nn::Repeat<Block, 48> blocks;
  nn::Linear<8, 5> head;
  ETCH_MODULE(blocks, head)
  constexpr auto forward(auto x) const { return head(blocks(x)); }
};

/// What a traced program came to.
struct Count {
  int forward = 0, all = 0, inputs = 0;
  bool every_input_has_a_gradient = true;
};
template <class M>
constexpr Count trace_model() {
  constexpr int tensors = layout<M>.tensors;
  BuilderStorage<12288> storage;
  Builder b(storage);
  detail::BoundModule<M> bound;
  detail::bind_parameters<M>(b, b.add_slot(SlotKind::block, DType::float32, Shape{}), bound);
  const Shape s{2, {4, 8}};
  const Tracer<float, 4, 8> x{&b, b.input(b.add_slot(SlotKind::tensor, DType::float32, s), 0, DType::float32, s)};
  const int begin = b.size();
  const auto loss = mean(square(detail::call_prototype<M>(x)));
  int wrt[tensors]{}, gradient[tensors]{};
  Count c;
  c.forward = b.size() - begin;
  c.inputs = bound.inputs;
  for (int i = 0; i < bound.inputs; ++i) wrt[i] = bound.input[i].node;
  reverse(b, loss.id, b.constant(1, DType::float32), wrt, bound.inputs, gradient);
  c.all = b.size() - begin;
  for (int i = 0; i < bound.inputs; ++i)
    c.every_input_has_a_gradient = c.every_input_has_a_gradient && !b.is_zero(gradient[i]) && b.shape(gradient[i]) == b.shape(wrt[i]);
  return c;
}

// ---- small programs, traced and evaluated by hand -------------------------------------------------------------------

/// A builder with room, so that a constant expression can be written as one lambda.
template <class F>
constexpr auto in_graph(F f) {
  BuilderStorage<256> storage;
  Builder b(storage);
  return f(b);
}
constexpr Tracer<float, 3> new_input(Builder& b) {
  const Shape s{1, {3}};
  return {&b, b.input(b.add_slot(SlotKind::tensor, DType::float32, s), 0, DType::float32, s)};
}

/// The input embedding is the output projection as well.
struct Tied {
  nn::Embedding<7, 3, double> wte;
  ETCH_MODULE(wte)
  constexpr auto forward(auto ids) const { return linear(wte(ids), wte.weight); }
};
struct TiedLoss {
  constexpr auto operator()(auto& m, auto ids) const { return cross_entropy(m(ids), ids); }
};

struct Square {
  Param<double, 4, 4> w;
  ETCH_MODULE(w)
  constexpr auto forward(auto x) const { return matmul(matmul(w, w), x) * sum(w * w); }
  void reset_parameters(Generator& g) { nn::init::normal_(w, g); }
};
struct Total {
  constexpr auto operator()(auto& m, auto x) const { return sum(m(x)); }
};

struct Length : dyn<10> {};
inline constexpr Length length{};

/// The largest difference between a model's gradient and central differences.
template <class M, class Loss, class X>
double gradient_error(const Model<M>& model, Loss loss, const X& x) {
  auto step = train_step(model, loss, optim::SGD{}, x);
  step.backward(x);
  const Model<M> gradient = model.clone();
  std::memcpy(gradient.data(), &step.gradient(), sizeof(M));
  double* const p = static_cast<double*>(model.data());
  double worst = 0;
  for (int i = 0; i < layout<M>.tensor[0].count; ++i) {
    const double value = p[i], h = 1e-5;
    p[i] = value + h;
    const double above = step.backward(x);
    p[i] = value - h;
    const double below = step.backward(x);
    p[i] = value;
    worst = std::fmax(worst, std::fabs((above - below) / (2 * h) - static_cast<const double*>(gradient.data())[i]));
  }
  return worst;
}

}  // namespace

TEST_CASE("48 blocks of 770 parameters are traced and differentiated within default limits") {
  static_assert(layout<Deep>.tensors == 770);
  static_assert(detail::lists_every_member<Deep>());
  constexpr Count c = trace_model<Deep>();
  static_assert(c.every_input_has_a_gradient);
  CHECK(c.inputs == 3);  // the blocks are one tensor
  MESSAGE("nodes: ", c.forward, " forward, ", c.all, " with gradients");
  CHECK(c.all < 4 * c.forward);
}

TEST_CASE("48 blocks as a loop are as many nodes as two") {
  constexpr Count c = trace_model<Looped>();
  static_assert(c.every_input_has_a_gradient);
  CHECK(c.all < 60);
}

TEST_CASE("parameters lie where the layout says, in the order of the members") {
  auto model = make<Deep>();
  const char* const base = static_cast<const char*>(model.data());
  const auto& last = (*model).blocks[47];
  CHECK(reinterpret_cast<const char*>(&last.out.bias) - base ==
        static_cast<std::ptrdiff_t>(layout<Deep>.tensor[767].offset));
  CHECK(reinterpret_cast<const char*>(&model->head.bias) - base ==
        static_cast<std::ptrdiff_t>(layout<Deep>.tensor[769].offset));
  for (int i = 1; i < 770; ++i) CHECK(layout<Deep>.tensor[i].offset > layout<Deep>.tensor[i - 1].offset);
}

TEST_CASE("equal nodes are one node, and a parameter used twice is one leaf") {
  static_assert(in_graph([](Builder& b) {
    const auto x = new_input(b);
    const auto y = exp(x) * 2, z = exp(x) * 2;
    return y.id == z.id;
  }));
  static_assert(in_graph([](Builder& b) {
    const auto x = new_input(b);
    const auto other = new_input(b);
    return exp(x).id != exp(other).id;
  }));
}

TEST_CASE("the gradient of sum(w * w) is 2 w") {
  static_assert(in_graph([](Builder& b) {
    const auto w = new_input(b);
    const auto y = sum(w * w);
    int wrt[1] = {w.id}, gradient[1];
    reverse(b, y.id, b.constant(1, DType::float32), wrt, 1, gradient);
    const Node g = b[gradient[0]];  // w + w, or w * 2
    return (g.op == Op::add && g.in[0] == w.id && g.in[1] == w.id) || g.op == Op::mul;
  }));
  const auto model = make<Square>(Generator{1});
  Tensor<double, 4, 2> x;
  Generator g{2};
  nn::init::normal_(x, g);
  CHECK(gradient_error(model, Total{}, x) < 1e-6);
}

TEST_CASE("a tied weight collects the gradients of both its uses") {
  const auto model = make<Tied>(Generator{1});
  static_assert(layout<Tied>.tensors == 1);
  Tensor<std::int64_t, 2, 4> ids{{0, 3, 3, 6}, {1, 0, 5, 3}};
  CHECK(gradient_error(model, TiedLoss{}, ids) < 1e-8);
}

TEST_CASE("a gradient stops at detach, and the value goes on") {
  static_assert(in_graph([](Builder& b) {
    const auto w = new_input(b);
    const auto y = sum(detach(exp(w)) * w);
    int wrt[1] = {w.id}, gradient[1];
    reverse(b, y.id, b.constant(1, DType::float32), wrt, 1, gradient);
    return gradient[0] == detach(exp(w)).id;
  }));
  static_assert(in_graph([](Builder& b) {
    const auto w = new_input(b);
    const auto y = sum(detach(w * w));
    int wrt[1] = {w.id}, gradient[1];
    reverse(b, y.id, b.constant(1, DType::float32), wrt, 1, gradient);
    return b.is_zero(gradient[0]);
  }));
  Tensor<float, 3> x{1, 2, 3};
  Tensor<float, 3> y = detach(x) + 1;
  CHECK(y(2) == 4);
}

TEST_CASE("an effect is a result that goes back over its input") {
  static_assert(in_graph([](Builder& b) {
    const auto running = new_input(b);
    const auto x = new_input(b);
    const auto next = running * 0.9f + x * 0.1f;
    b.assign(running.id, next.id);
    b.output(sum(running * x).id, 0);
    const GraphRef g = b.ref();
    return g.outputs == 2 && g.output[0].effect && g.output[0].slot == 0 && g.output[0].node == next.id &&
           !g.output[1].effect;
  }));
}

TEST_CASE("a bounded size is divided by as it is, and memory is planned once") {
  constexpr auto f = [](auto x) { return mean<0>(softmax<1>(x) * x); };
  auto program = compile<Tensor<float, length, 3>>(f);
  for (int n : {10, 1, 7}) {
    Tensor<float, length, 3> x(n);
    double expected[3] = {};
    for (int i = 0; i < n; ++i) {
      double sum = 0;
      for (int c = 0; c < 3; ++c) sum += std::exp(x(i, c) = static_cast<float>(i - c) / 3);
      for (int c = 0; c < 3; ++c) expected[c] += std::exp(x(i, c)) / sum * x(i, c) / n;
    }
    const Tensor<float, 3>& y = program(x);
    for (int c = 0; c < 3; ++c) CHECK(y(c) == doctest::Approx(expected[c]).epsilon(1e-5));
  }
  constexpr auto twice = [](auto x) { return x * 2; };
  auto longer = compile<Tensor<float, length, 3>>(twice);
  CHECK(longer(Tensor<float, length, 3>(4)).size(0) == 4);
}

TEST_CASE("train or evaluate is the program's to say") {
  static_assert(in_graph([](Builder& b) {
    const auto x = new_input(b);
    const bool same = dropout<0.5>(x).id == x.id;
    b.training = true;
    return same && dropout<0.5>(x).id != x.id;
  }));
}

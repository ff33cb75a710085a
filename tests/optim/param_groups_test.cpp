// Groups: each parameter moves as its group's optimizer says, and states are the group's own.
#include <etch/etch.hpp>

#include <doctest/doctest.h>

#include <cmath>

using namespace etch;
using optim::group;
using optim::Parameter;
using optim::SGD;

namespace {

struct Inner {
  Param<double, 3, 3> weight;
  Param<double, 3> bias;
  ETCH_MODULE(weight, bias)
  constexpr auto forward(auto x) const { return sum(weight * x) + sum(bias) * 2; }
};
struct Model3 {
  Inner head, middle;
  ModuleBuffer<double, 2> count;
  Inner head2;
  ETCH_MODULE(head, middle, count, head2)
  constexpr auto forward(auto x) const { return head(x) + middle(x) + head2(x) + sum(count); }
};
constexpr auto loss = [](auto& m, auto x) { return m(x); };

using X = Tensor<double, 3, 3>;
constexpr auto vector = [](const Parameter& p) { return p.rank < 2; };

}  // namespace

TEST_CASE("groups by name and by condition; the first that takes a parameter has it") {
  auto model = make<Model3>();
  model->count.data()[1] = 7;
  const X x = ones<double, 3, 3>();
  auto step = train_step<X>(model, loss, optim::param_groups(SGD{.lr = 1}, group("head", SGD{.lr = 10}), group(vector, SGD{.lr = 100}), group("middle.weight", SGD{.lr = 1000})));
  step(x);
  CHECK(model->head.weight.data()[8] == -10);
  CHECK(model->head.bias.data()[2] == -20);
  CHECK(model->middle.weight.data()[0] == -1000);
  CHECK(model->middle.bias.data()[0] == -200);
  CHECK(model->head2.weight.data()[4] == -1);  // no part of "head"
  CHECK(model->head2.bias.data()[0] == -200);
  CHECK(model->count.data()[1] == 7);
  step.optimizer()[1].lr = 0;
  step.optimizer().get<0>().lr = 2;
  step(x);
  CHECK(model->head.weight.data()[8] == -10);
  CHECK(model->head2.weight.data()[4] == -3);
}

TEST_CASE("a group with momentum goes as a model of its own would") {
  auto model = make<Model3>(), whole = make<Model3>();
  Generator random{4};
  X x;
  const SGD sgd{.lr = 0.1, .momentum = 0.9, .weight_decay = 0.1};
  auto grouped = train_step<X>(model, loss, optim::param_groups(SGD{.lr = 0.3}, group(vector, sgd)));
  auto all = train_step<X>(whole, loss, sgd);
  for (int i = 0; i < 5; ++i) {
    nn::init::normal_(x, random);
    grouped(x);
    all(x);
  }
  for (int i = 0; i < 3; ++i) CHECK(model->middle.bias.data()[i] == whole->middle.bias.data()[i]);
  CHECK(model->middle.weight.data()[0] != whole->middle.weight.data()[0]);
}

TEST_CASE("matrices for Muon, the rest for AdamW") {
  auto model = make<Model3>();
  const X x = randn<double, 3, 3>(Generator{5});
  auto step = train_step<X>(model, loss, optim::param_groups(optim::AdamW{.lr = 0.25}, group([](const Parameter& p) { return p.rank == 2; }, optim::Muon{.lr = 0.5})));
  step(x);
  CHECK(model->head.bias.data()[1] == doctest::Approx(-0.25));
  double size = 0;
  for (int i = 0; i < 9; ++i) size += model->middle.weight.data()[i] * model->middle.weight.data()[i];
  CHECK(std::sqrt(size / 3) == doctest::Approx(0.5).epsilon(0.3));  // singular values of about lr
}

TEST_CASE("mistakes") {
  CHECK_THROWS_WITH(train_step<X>(make<Model3>(), loss, optim::param_groups(SGD{}, group("tail", SGD{}))),
                    "etch: param_groups: a group must have a parameter; got none for group 1, tail");
  CHECK_THROWS_WITH(train_step<X>(make<Model3>(), loss, optim::param_groups(SGD{}, group("head", SGD{.lr = -1}))), "etch: optim: an option must not be negative; got lr = -1");
  CHECK_THROWS_WITH(train_step<X>(make<Model3>(), loss, optim::param_groups(SGD{}, group("head", optim::Muon{}))),
                    "etch: optim::Muon: parameters must be matrices; give the others to another optimizer with param_groups; got (3)");
}

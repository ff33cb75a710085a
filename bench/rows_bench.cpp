// Programs over the rows of [512, 768]: softmax, layer norm and GELU, and the same with their gradients.
#include <etch/etch.hpp>

#include "serve.hpp"

namespace {

using namespace etch;
using Rows = Tensor<float, 512, 768>;
using Row = Tensor<float, 768>;

constexpr auto forward = [](auto x, auto weight, auto bias) { return gelu(layer_norm(softmax<1>(x), weight, bias)); };
constexpr auto loss = [](auto x, auto weight, auto bias, auto dy) { return sum(gelu(layer_norm(softmax<1>(x), weight, bias)) * dy); };
constexpr auto train = [](auto x, auto weight, auto bias, auto dy) { return value_and_grad<0, 1, 2>(loss)(x, weight, bias, dy); };

}  // namespace

int main(int argc, char** argv) {
  cpu::set_num_threads(1);
  Generator generator{1};
  Rows x, dy;
  Row weight, bias;
  nn::init::normal_(x, generator);
  nn::init::normal_(dy, generator);
  nn::init::normal_(weight, generator);
  nn::init::normal_(bias, generator);
  auto rows = compile<Rows, Row, Row>(forward);
  auto step = compile<Rows, Row, Row, Rows>(train);
  bench::Bench bench(argc, argv);
  bench.add("rows_forward", [&] { bench::keep(rows(x, weight, bias)); });
  bench.add("rows_train", [&] { bench::keep(step(x, weight, bias, dy)); });
  return bench.run();
}

// Programs over the rows of [512, 768]: softmax, layer norm and GELU, and the same with their gradients.
#include <etch/etch.hpp>

#include "facts.hpp"

namespace {

using namespace etch;
using Rows = Tensor<float, 512, 768>;
using Row = Tensor<float, 768>;

constexpr auto forward = [](auto x, auto weight, auto bias) { return gelu(layer_norm(softmax<1>(x), weight, bias)); };
constexpr auto loss = [](auto x, auto weight, auto bias, auto dy) { return sum(gelu(layer_norm(softmax<1>(x), weight, bias)) * dy); };
constexpr auto train = [](auto x, auto weight, auto bias, auto dy) { return value_and_grad<0, 1, 2>(loss)(x, weight, bias, dy); };

}  // namespace

int main(int argc, char** argv) {
  bench::Bench bench(argc, argv);
  cpu::set_num_threads(bench.threads());
  Rows x, dy;
  Row weight, bias;
  bench::fill(x.data(), 512 * 768, 0, 4);
  bench::fill(weight.data(), 768, 1);
  bench::fill(bias.data(), 768, 2);
  bench::fill(dy.data(), 512 * 768, 3);
  auto rows = compile<Rows, Row, Row>(forward);
  auto step = compile<Rows, Row, Row, Rows>(train);
  bench::Facts facts = bench::facts_of(rows);
  facts.error = [&] { return bench::error_of_rows(rows(x, weight, bias).data(), 512); };
  bench.add("rows_forward", [&] { bench::keep(rows(x, weight, bias)); }, facts);
  bench::Facts both = bench::facts_of(step);
  both.error = [&] {
    const auto wide = []<int... D>(const Tensor<float, D...>& t) { return Tensor<double, D...>(to<double>(t)); };
    return bench::largest_error(step(x, weight, bias, dy), train(wide(x), wide(weight), wide(bias), wide(dy)));
  };
  bench.add("rows_train", [&] { bench::keep(step(x, weight, bias, dy)); }, both);
  return bench.run();
}

// Names of a model's tensors: dotted, numbered in sequences, in the order of the layout.
#include <etch/etch.hpp>
#include <etch/model/names.hpp>

#include <doctest/doctest.h>

#include <string>

using namespace etch;

namespace {
struct Net {
  nn::Repeat<nn::Linear<2, 2>, 11> blocks;
  nn::Sequential<nn::ReLU, nn::Linear<2, 2, false>> head;
  ModuleBuffer<float, 3> count;
  ETCH_MODULE(blocks, head, count)
  constexpr auto forward(auto x) const { return head(blocks(x)); }
};
}  // namespace

TEST_CASE("names") {
  const auto model = make<Net>();
  std::string all;
  int at = 0;
  each_named_tensor(*model, [&](const char* name, auto& tensor) {
    const auto offset = reinterpret_cast<const char*>(&tensor) - static_cast<const char*>(model.data());
    CHECK(offset == static_cast<std::ptrdiff_t>(layout<Net>.tensor[at].offset));
    if (++at > 20) (all += name) += ' ';
  });
  CHECK(at == layout<Net>.tensors);
  CHECK(all == "blocks.10.weight blocks.10.bias head.1.weight count ");
}

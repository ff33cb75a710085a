// expect: etch: position_embedding: there must be a row for every position
// sizes: 65 64
#include <etch/etch.hpp>
using namespace etch;

struct Positions {
  nn::Embedding<64, 8> wpe;
  ETCH_MODULE(wpe)
  constexpr auto forward(auto ids) const { return position_embedding(ids, wpe.weight); }
};

int main() {
  auto model = make<Positions>();
  Tensor<std::int64_t, 2, 65> ids;
  Tensor<float, 65, 8> x = model(ids);
}

// expect: etch: matmul: inner dims must have the same name
// sizes: Width Height
#include <etch/etch.hpp>

using namespace etch;

struct Width : dim<8> {};
struct Height : dim<8> {};
inline constexpr Width width{};
inline constexpr Height height{};

auto mistake() { return matmul(Tensor<float, 3, width>{}, Tensor<float, height, 5>{}); }

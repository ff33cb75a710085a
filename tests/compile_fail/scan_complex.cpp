// expect: etch: scan: of complex numbers the axis must have a static size
#include <etch/etch.hpp>

struct Batch : etch::dyn<8> {};
inline constexpr Batch batch{};

void mistake(const etch::Tensor<etch::complex64, batch, 3>& x) { etch::Tensor y = etch::cumprod<0>(x); }

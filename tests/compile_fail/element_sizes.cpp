// expect: etch: copy: element sizes must agree
// sizes: 4 8
// max-lines: g++ 12 clang++ 12 nvcc 12
#include <etch/core/dtype.hpp>

template <auto From, auto To> struct element_sizes { static constexpr bool agree = From == To; };

template <auto From, auto To> constexpr void copy() {
  static_assert(element_sizes<From, To>::agree, "etch: copy: element sizes must agree");
}

int main() { copy<etch::size_of(etch::dtype_of<float>), etch::size_of(etch::dtype_of<double>)>(); }

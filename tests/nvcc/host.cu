// Every header of etch's in a file that nvcc compiles.
#if __has_include(<etch/etch.hpp>)
#include <etch/etch.hpp>
#else
#include <etch/core/dtype.hpp>
#include <etch/core/error.hpp>
#endif

#include <cstdio>
#include <cstring>

#define TEXT_(x) #x
#define TEXT(x) TEXT_(x)

static_assert(etch::promote(etch::DType::uint8, etch::DType::int8) == etch::DType::int16);

int main() {
  std::printf("%s\n", TEXT(ETCH_ABI));
  try {
    etch::fail("nvcc", "errors must be thrown", etch::Message{} << 13);
  } catch (const etch::Error& error) {
    std::puts(error.what());
    return std::strcmp(error.what(), "etch: nvcc: errors must be thrown; 13") == 0 ? 0 : 1;
  }
}

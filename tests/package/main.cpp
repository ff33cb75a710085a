// A user's program: prints what it computed with etch.
#if __has_include(<etch/etch.hpp>)
#include <etch/etch.hpp>
#else
#include <etch/core/dtype.hpp>
#include <etch/core/error.hpp>
#endif

#include <cstdio>

int other();  // in a second file that includes the same headers: they must not define anything twice

int main() {
  constexpr etch::DType type = etch::promote(etch::dtype_of<int>, etch::dtype_of<float>);
  std::printf("etch %d.%d.%d: %s\n", ETCH_VERSION_MAJOR, ETCH_VERSION_MINOR, ETCH_VERSION_PATCH, etch::name_of(type));
  return other() == ETCH_VERSION_MINOR && type == etch::DType::float32 ? 0 : 1;
}

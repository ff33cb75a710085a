// ok
#if __has_include(<etch/etch.hpp>)
#include <etch/etch.hpp>
#else
#include <etch/core/dtype.hpp>
#endif

static_assert(etch::size_of(etch::promote(etch::dtype_of<float>, etch::dtype_of<double>)) == 8);

#if __has_include(<etch/etch.hpp>)
#include <etch/etch.hpp>
#else
#include <etch/core/dtype.hpp>
#include <etch/core/error.hpp>
#endif

int other();
int other() { return ETCH_VERSION_MINOR; }

// Counts every heap allocation of the process: including this header in one .cpp of a program replaces malloc.
#pragma once

#include <etch/core/config.hpp>

#include <atomic>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <new>

#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer) || __has_feature(memory_sanitizer)
#define ETCH_ALLOCATIONS_BY_SANITIZER 1
#endif
#elif defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define ETCH_ALLOCATIONS_BY_SANITIZER 1
#endif
#if !defined(ETCH_ALLOCATIONS_BY_SANITIZER) && !defined(__GLIBC__)
#define ETCH_ALLOCATIONS_BY_OPERATOR_NEW 1
#endif

// Outside ETCH_ABI and weak, because a process has one heap: files built for different CPUs, and several files that
// include this, share one counter. A weak definition in the program still comes before the one in the shared libc.
extern "C" {
__attribute__((weak)) constinit std::atomic<std::uint64_t> etch_allocation_count{0};

#if defined(ETCH_ALLOCATIONS_BY_SANITIZER)

// A sanitizer's allocator must stay; it calls this for each allocation instead (but ThreadSanitizer's does not for
// aligned_alloc and its like).
int __sanitizer_install_malloc_and_free_hooks(void (*on_malloc)(const volatile void*, std::size_t),
                                              void (*on_free)(const volatile void*));

#elif !defined(ETCH_ALLOCATIONS_BY_OPERATOR_NEW) && !defined(__CUDA_ARCH__)  // a device has a malloc of its own

void* __libc_malloc(std::size_t);
void* __libc_calloc(std::size_t, std::size_t);
void* __libc_realloc(void*, std::size_t);
void* __libc_memalign(std::size_t, std::size_t);
void* __libc_valloc(std::size_t);
void* __libc_pvalloc(std::size_t);
void __libc_free(void*);

// operator new, strdup, getline and the rest of libc and libstdc++ come through these.
__attribute__((weak)) void* malloc(std::size_t bytes) noexcept {
  etch_allocation_count.fetch_add(1, std::memory_order_relaxed);
  return __libc_malloc(bytes);
}
__attribute__((weak)) void* calloc(std::size_t count, std::size_t bytes) noexcept {
  etch_allocation_count.fetch_add(1, std::memory_order_relaxed);
  return __libc_calloc(count, bytes);
}
__attribute__((weak)) void* realloc(void* old, std::size_t bytes) noexcept {
  etch_allocation_count.fetch_add(1, std::memory_order_relaxed);
  return __libc_realloc(old, bytes);
}
__attribute__((weak)) void* memalign(std::size_t alignment, std::size_t bytes) noexcept {
  etch_allocation_count.fetch_add(1, std::memory_order_relaxed);
  return __libc_memalign(alignment, bytes);
}
__attribute__((weak)) void* aligned_alloc(std::size_t alignment, std::size_t bytes) noexcept {
  etch_allocation_count.fetch_add(1, std::memory_order_relaxed);
  return __libc_memalign(alignment, bytes);
}
__attribute__((weak)) int posix_memalign(void** result, std::size_t alignment, std::size_t bytes) noexcept {
  if (alignment % sizeof(void*) != 0 || alignment == 0 || (alignment & (alignment - 1)) != 0) return EINVAL;
  etch_allocation_count.fetch_add(1, std::memory_order_relaxed);
  void* memory = __libc_memalign(alignment, bytes);
  if (memory == nullptr) return ENOMEM;
  *result = memory;
  return 0;
}
__attribute__((weak)) void* valloc(std::size_t bytes) noexcept {
  etch_allocation_count.fetch_add(1, std::memory_order_relaxed);
  return __libc_valloc(bytes);
}
__attribute__((weak)) void* pvalloc(std::size_t bytes) noexcept {
  etch_allocation_count.fetch_add(1, std::memory_order_relaxed);
  return __libc_pvalloc(bytes);
}
__attribute__((weak)) void free(void* memory) noexcept { __libc_free(memory); }

#endif
}  // extern "C"

#if defined(ETCH_ALLOCATIONS_BY_OPERATOR_NEW)

inline void* etch_counted_new(std::size_t bytes, std::size_t alignment) {
  etch_allocation_count.fetch_add(1, std::memory_order_relaxed);
  const std::size_t rounded = (bytes + (bytes == 0) + alignment - 1) / alignment * alignment;
  if (void* memory = rounded < bytes ? nullptr : std::aligned_alloc(alignment, rounded)) return memory;
#if defined(__cpp_exceptions)
  throw std::bad_alloc();
#else
  std::abort();
#endif
}

// The other forms of operator new and delete come to these.
__attribute__((weak)) void* operator new(std::size_t bytes) {
  return etch_counted_new(bytes, __STDCPP_DEFAULT_NEW_ALIGNMENT__);
}
__attribute__((weak)) void* operator new(std::size_t bytes, std::align_val_t alignment) {
  return etch_counted_new(bytes, static_cast<std::size_t>(alignment));
}
__attribute__((weak)) void operator delete(void* memory) noexcept { std::free(memory); }
__attribute__((weak)) void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }
__attribute__((weak)) void operator delete(void* memory, std::align_val_t) noexcept { std::free(memory); }
__attribute__((weak)) void operator delete(void* memory, std::size_t, std::align_val_t) noexcept { std::free(memory); }

#endif

namespace etch {
inline namespace ETCH_ABI {
namespace tools {

/// Calls of malloc, calloc, realloc, aligned_alloc, operator new and their like, by any thread, since the process
/// began.
inline std::uint64_t allocations() {
#if defined(ETCH_ALLOCATIONS_BY_SANITIZER)
  static const int installed = __sanitizer_install_malloc_and_free_hooks(
      [](const volatile void*, std::size_t) { etch_allocation_count.fetch_add(1, std::memory_order_relaxed); },
      [](const volatile void*) {});
  static_cast<void>(installed);
#endif
  return etch_allocation_count.load(std::memory_order_relaxed);
}

/// Whether `malloc` is counted here: not with a static libc, nor where only operator new can be replaced.
inline bool allocation_counting_available() {
  void* (*const volatile allocate)(std::size_t) = std::malloc;  // volatile, or the pair below is optimised away
  const std::uint64_t before = allocations();
  std::free(allocate(1));
  return allocations() != before;
}

}  // namespace tools
}  // namespace ETCH_ABI
}  // namespace etch

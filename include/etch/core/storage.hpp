// Memory of a tensor: one 64-byte aligned block, shared by the handles that name it.
#pragma once

#include <etch/core/atomic.hpp>
#include <etch/core/error.hpp>

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <new>

#if defined(__linux__)
#include <sys/mman.h>
#endif
#if __has_include(<sys/single_threaded.h>)
#include <sys/single_threaded.h>
#define ETCH_ONE_THREAD __libc_single_threaded
#else
#define ETCH_ONE_THREAD 0
#endif

namespace etch {
inline namespace ETCH_ABI {

inline constexpr std::size_t alignment = 64;

constexpr std::size_t aligned(std::size_t bytes) { return (bytes + alignment - 1) / alignment * alignment; }

/// Large blocks are whole huge pages and ask for them: fewer address translations, fewer page faults.
inline constexpr std::size_t huge_page = std::size_t{2} << 20;
constexpr bool is_large(std::size_t bytes) { return bytes >= huge_page; }

#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer) || __has_feature(memory_sanitizer)
#define ETCH_SANITIZED 1
#endif
#endif
#if !defined(ETCH_SANITIZED) && (defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__))
#define ETCH_SANITIZED 1
#endif

namespace detail {
/// The large block that was freed last waits for the next of about its size: pages that the system hands out are cleared, one fault
/// after another, which takes longer than writing them. Before a block are its address in the heap and, before that, its bytes.
inline constexpr std::size_t most_kept = std::size_t{64} << 20;
inline Atomic<void*>& kept_block() {
  static Atomic<void*> block{nullptr};
  return block;
}
inline std::size_t bytes_of(void* block) { return reinterpret_cast<std::size_t*>(block)[-2]; }
inline void free_large(void* block) {
  if (block != nullptr) std::free(static_cast<void**>(block)[-1]);
}
inline void* take_kept(std::size_t bytes) {
  void* const p = kept_block().exchange(nullptr);
  if (p == nullptr || (bytes <= bytes_of(p) && bytes_of(p) / 2 <= bytes)) return p;
  free_large(p);
  return nullptr;
}
inline void keep(void* block) {
#if defined(ETCH_SANITIZED)  // it would miss that a block is used after its end
  free_large(block);
#else
  free_large(bytes_of(block) <= most_kept ? kept_block().exchange(block) : block);
#endif
}

/// Of each number of lines the small block that was freed last waits for the next: eager code frees a result of the size that it asks for
/// next, and the heap takes longer for both than a small operation.
inline constexpr std::size_t most_lines = 64;
constexpr bool is_small(std::size_t bytes) { return bytes <= most_lines * alignment; }
inline void* exchange_small([[maybe_unused]] std::size_t bytes, void* block) {
#if defined(ETCH_SANITIZED)
  return block;
#else
  static Atomic<void*> kept[most_lines + 1];
  Atomic<void*>& place = kept[aligned(bytes) / alignment];
  if (ETCH_ONE_THREAD == 0) return place.exchange(block);
  void* const before = place.load<__ATOMIC_RELAXED>();
  place.store<__ATOMIC_RELAXED>(block);
  return before;
#endif
}
}  // namespace detail
#undef ETCH_SANITIZED

/// A block that is zeroed, or about to be written; free it with `free_block` and the same size.
inline void* allocate_block(std::size_t bytes, bool zeroed = true) {
  if (!is_large(bytes)) {
    void* p = detail::is_small(bytes) ? detail::exchange_small(bytes, nullptr) : nullptr;
    if (p == nullptr) p = ::operator new(aligned(bytes), std::align_val_t{alignment});
    return zeroed ? std::memset(p, 0, bytes) : p;
  }
  if (!zeroed) {
    if (void* const p = detail::take_kept(bytes)) return p;
  }
  // the system hands out zeros, and calloc knows when it does: no page is touched before the first kernel
  const std::size_t whole = (bytes + huge_page - 1) / huge_page * huge_page;
  void* const all = zeroed ? std::calloc(whole + huge_page, 1) : std::malloc(whole + huge_page);
  if (all == nullptr) fail("tensor", "memory must suffice", Message{} << "got " << bytes << " bytes");
  char* const p = static_cast<char*>(all) + huge_page - reinterpret_cast<std::uintptr_t>(all) % huge_page;
  reinterpret_cast<void**>(p)[-1] = all;
  reinterpret_cast<std::size_t*>(p)[-2] = bytes;
#if defined(__linux__) && defined(MADV_HUGEPAGE)
  madvise(p, whole, MADV_HUGEPAGE);
#endif
  return p;
}
inline void free_block(void* p, std::size_t bytes) {
  if (is_large(bytes)) detail::keep(p);
  else ::operator delete(detail::is_small(bytes) ? detail::exchange_small(bytes, p) : p, std::align_val_t{alignment});
}
/// Where in its block a large tensor begins: streams that all begin at a huge page would share the sets of every cache.
inline std::size_t next_stagger() {
  static detail::Atomic<unsigned> count{0};
  return count.fetch_add(1) % 16 * 75 * alignment;
}

/// A shared block of memory, zeroed unless it is written at once; copying the handle shares it.
class Storage {
 public:
  constexpr Storage() = default;
  ETCH_NOINLINE explicit Storage(std::size_t bytes, bool zeroed = true) {
    const std::size_t begin = sizeof(Header) + (is_large(bytes) ? next_stagger() : 0), all = begin + aligned(bytes);
    void* const block = allocate_block(all, zeroed);
    header_ = new (block) Header{};
    header_->bytes = all;
    data_ = static_cast<char*>(block) + begin;
  }
  /// A handle of memory that the caller owns and keeps alive.
  static Storage over(void* memory) {
    Storage s;
    s.header_ = new (allocate_block(sizeof(Header))) Header{};
    s.header_->bytes = sizeof(Header);
    s.data_ = memory;
    return s;
  }
  constexpr Storage(const Storage& o) : header_(o.header_), data_(o.data_) {
    if (header_ != nullptr) header_->add(1);
  }
  constexpr Storage(Storage&& o) noexcept : header_(o.header_), data_(o.data_) {
    o.header_ = nullptr;
    o.data_ = nullptr;
  }
  constexpr Storage& operator=(Storage o) noexcept {
    Header* h = header_;
    header_ = o.header_;
    o.header_ = h;
    data_ = o.data_;
    return *this;
  }
  constexpr ~Storage() {
    if (header_ != nullptr && header_->add(-1) == 0) release(header_);
  }
  void* data() const { return data_; }
  explicit operator bool() const { return header_ != nullptr; }

 private:
  struct alignas(alignment) Header {
    detail::Atomic<int> owners{1};
    std::size_t bytes = 0;
    /// How many handles there are then. A program without threads needs no locked instruction for that: expressions copy handles.
    int add(int count) {
      if (ETCH_ONE_THREAD == 0) return owners.fetch_add(count) + count;
      const int sum = owners.load<__ATOMIC_RELAXED>() + count;
      owners.store<__ATOMIC_RELAXED>(sum);
      return sum;
    }
  };
  ETCH_NOINLINE static void release(Header* header) { free_block(header, header->bytes); }

  Header* header_ = nullptr;
  void* data_ = nullptr;
};

}  // namespace ETCH_ABI
}  // namespace etch

#undef ETCH_ONE_THREAD

// Memory of a tensor: one 64-byte aligned block, shared by the handles that name it.
#pragma once

#include <etch/core/error.hpp>

#include <atomic>
#include <cstddef>
#include <cstring>
#include <new>

namespace etch {
inline namespace ETCH_ABI {

inline constexpr std::size_t alignment = 64;

constexpr std::size_t aligned(std::size_t bytes) { return (bytes + alignment - 1) / alignment * alignment; }

/// A shared, zeroed block of memory; copying the handle shares it.
class Storage {
 public:
  constexpr Storage() = default;
  explicit Storage(std::size_t bytes) {
    void* p = ::operator new(sizeof(Header) + aligned(bytes), std::align_val_t{alignment});
    header_ = new (p) Header{};
    std::memset(data(), 0, aligned(bytes));
  }
  constexpr Storage(const Storage& o) : header_(o.header_) {
    if (header_ != nullptr) header_->owners.fetch_add(1, std::memory_order_relaxed);
  }
  constexpr Storage(Storage&& o) noexcept : header_(o.header_) { o.header_ = nullptr; }
  constexpr Storage& operator=(Storage o) noexcept {
    Header* h = header_;
    header_ = o.header_;
    o.header_ = h;
    return *this;
  }
  constexpr ~Storage() {
    if (header_ != nullptr && header_->owners.fetch_sub(1, std::memory_order_acq_rel) == 1)
      ::operator delete(header_, std::align_val_t{alignment});
  }
  void* data() const { return header_ == nullptr ? nullptr : reinterpret_cast<char*>(header_) + sizeof(Header); }
  explicit operator bool() const { return header_ != nullptr; }

 private:
  struct alignas(alignment) Header {
    std::atomic<int> owners{1};
  };
  Header* header_ = nullptr;
};

}  // namespace ETCH_ABI
}  // namespace etch

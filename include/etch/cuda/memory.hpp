// Memory where kernels run, shared by the handles that name it; page-locked memory here; copies between them.
#pragma once

#include <etch/core/storage.hpp>
#include <etch/cuda/current.hpp>
#include <etch/cuda/system.hpp>
#if ETCH_GPU
#include <etch/cuda/properties.hpp>
#include <etch/cuda/stream.hpp>
#endif

#include <memory>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

namespace etch {
inline namespace ETCH_ABI {
namespace device {
inline namespace ETCH_PLACE {

#if ETCH_GPU
/// Zeroed memory; `what` is named in the error, beside what was asked for and what there is.
inline void* allocate(std::size_t bytes, const char* what) {
  void* p = nullptr;
  const cudaError_t result = cudaMalloc(&p, bytes);
  if (result == cudaErrorMemoryAllocation) {
    (void)cudaGetLastError();
    const MemoryFigures m = memory();
    fail("cuda", "there must be memory enough on the GPU", Message{} << what << " asked for " << bytes << " bytes; " << m.free << " of " << m.total << " are free");
  }
  check(result, "cudaMalloc", Message{} << what << ", " << bytes << " bytes");
  check(cudaMemsetAsync(p, 0, bytes, current_stream()), "cudaMemsetAsync", Message{} << what);
  return p;
}
inline void release(void* p, std::size_t) { (void)cudaFree(p); }
inline void copy_in(void* to, const void* from, std::size_t bytes) {
  check(cudaMemcpyAsync(to, from, bytes, cudaMemcpyHostToDevice, current_stream()), "cudaMemcpyAsync", Message{} << bytes << " bytes to the GPU");
}
inline void copy_across(void* to, const void* from, std::size_t bytes) {
  check(cudaMemcpyAsync(to, from, bytes, cudaMemcpyDeviceToDevice, current_stream()), "cudaMemcpyAsync", Message{} << bytes << " bytes on the GPU");
}
inline void zero(void* p, std::size_t bytes) { check(cudaMemsetAsync(p, 0, bytes, current_stream()), "cudaMemsetAsync", Message{} << bytes << " bytes"); }
/// Waits: the bytes are there when it returns.
inline void copy_out(void* to, const void* from, std::size_t bytes) {
  check(cudaMemcpyAsync(to, from, bytes, cudaMemcpyDeviceToHost, current_stream()), "cudaMemcpyAsync", Message{} << bytes << " bytes from the GPU");
  synchronize();
}
/// A program that may have found something wrong since it was last asked. Whoever reads numbers here asks all those of its thread and GPU.
class Suspect {
 public:
  Suspect() = default;
  Suspect(const Suspect&) = delete;
  Suspect& operator=(const Suspect&) = delete;
  /// Throws what was found, once.
  virtual void settle() = 0;
  static void settle_all() {
    while (Suspect* const s = next()) s->settle();
  }

 protected:
  ~Suspect() { clear(); }
  /// It has run: it must be asked.
  void suspect() {
    const std::lock_guard<std::mutex> lock(guard());
    if (!waits_) all().push_back(this);
    waits_ = true;
    thread_ = std::this_thread::get_id();
    device_ = current_device();
  }
  /// It is being asked.
  void clear() {
    if (!waits_) return;
    const std::lock_guard<std::mutex> lock(guard());
    std::erase(all(), this);
    waits_ = false;
  }

 private:
  static std::mutex& guard() {
    static std::mutex m;
    return m;
  }
  static std::vector<Suspect*>& all() {
    static auto* const list = new std::vector<Suspect*>;
    return *list;
  }
  static Suspect* next() {
    const std::lock_guard<std::mutex> lock(guard());
    for (Suspect* s : all())
      if (s->thread_ == std::this_thread::get_id() && s->device_ == current_device()) return s;
    return nullptr;
  }
  bool waits_ = false;
  std::thread::id thread_;
  int device_ = 0;
};
/// Numbers for the host, and what programs have found wrong on their way.
inline void read(void* to, const void* from, std::size_t bytes) {
  copy_out(to, from, bytes);
  Suspect::settle_all();
}
inline void* allocate_pinned(std::size_t bytes) {
  void* p = nullptr;
  if (bytes > 0) check(cudaMallocHost(&p, bytes), "cudaMallocHost", Message{} << bytes << " bytes");
  return p;
}
inline void release_pinned(void* p, std::size_t) { (void)cudaFreeHost(p); }
#else
inline void* allocate(std::size_t bytes, const char*) { return allocate_block(bytes); }
inline void release(void* p, std::size_t bytes) { free_block(p, bytes); }
inline void copy_in(void* to, const void* from, std::size_t bytes) { std::memcpy(to, from, bytes); }
inline void copy_across(void* to, const void* from, std::size_t bytes) { std::memmove(to, from, bytes); }
inline void copy_out(void* to, const void* from, std::size_t bytes) { std::memcpy(to, from, bytes); }
class Suspect {  // whoever runs a program has asked it when that returns
 protected:
  void suspect() {}
  void clear() {}
};
inline void read(void* to, const void* from, std::size_t bytes) { copy_out(to, from, bytes); }
inline void zero(void* p, std::size_t bytes) { std::memset(p, 0, bytes); }
inline void* allocate_pinned(std::size_t bytes) { return allocate_block(bytes); }
inline void release_pinned(void* p, std::size_t bytes) { free_block(p, bytes); }
inline void synchronize() {}
#endif

/// What libraries want of the memory they work in, as cudaMalloc gives it.
inline constexpr std::size_t library_alignment = 256;
constexpr std::size_t aligned_for_libraries(std::size_t bytes) { return (bytes + library_alignment - 1) / library_alignment * library_alignment; }

/// A shared, zeroed block where kernels run; copying the handle shares it.
class Block {
 public:
  Block() = default;
  Block(std::size_t bytes, const char* what) : bytes_(aligned(bytes == 0 ? 1 : bytes)), data_(allocate(bytes_, what), [n = bytes_](void* p) { release(p, n); }) {}
  char* data() const { return static_cast<char*>(data_.get()); }
  std::size_t bytes() const { return bytes_; }
  explicit operator bool() const { return data_ != nullptr; }

 private:
  std::size_t bytes_ = 0;
  std::shared_ptr<void> data_;
};

/// Page-locked memory of the host, from which copies to a GPU run beside other work.
template <class T>
class Pinned {
 public:
  explicit Pinned(std::size_t count) : count_(count), data_(static_cast<T*>(allocate_pinned(count * sizeof(T)))) {}
  Pinned(const Pinned&) = delete;
  Pinned& operator=(const Pinned&) = delete;
  ~Pinned() { release_pinned(data_, count_ * sizeof(T)); }
  T* data() const { return data_; }
  std::size_t size() const { return count_; }
  T& operator[](std::size_t i) const { return data_[i]; }

 private:
  std::size_t count_;
  T* data_;
};

/// A number of the device as it is when the stream arrives here, on its way to page-locked memory: `get()` waits for it alone.
template <class T>
class Later {
  struct Slot {
    Pinned<T> value{1};
#if ETCH_GPU
    Event there;
#endif
  };
  /// Slots are kept: a GPU may stop for page-locked memory that is asked for.
  static std::vector<std::unique_ptr<Slot>>& kept() {
    thread_local std::vector<std::unique_ptr<Slot>> slots;
    return slots;
  }

 public:
  Later(const void* from, [[maybe_unused]] const char* what) {
    if (kept().empty()) kept().emplace_back(new Slot);
    slot_ = std::move(kept().back());
    kept().pop_back();
#if ETCH_GPU
    check(cudaMemcpyAsync(slot_->value.data(), from, sizeof(T), cudaMemcpyDeviceToHost, current_stream()), "cudaMemcpyAsync", Message{} << what);
    slot_->there.record(current_stream());
#else
    copy_out(slot_->value.data(), from, sizeof(T));
#endif
  }
  Later(Later&&) = default;
  Later& operator=(Later&&) = delete;
  ~Later() {
    if (slot_ != nullptr) kept().push_back(std::move(slot_));
  }
  /// Whether `get()` would not wait.
  bool ready() const {
#if ETCH_GPU
    return slot_->there.is_done();
#else
    return true;
#endif
  }
  T get() const {
#if ETCH_GPU
    slot_->there.wait();
#endif
    return slot_->value[0];
  }

 private:
  std::unique_ptr<Slot> slot_;
};

}  // namespace ETCH_PLACE
}  // namespace device
}  // namespace ETCH_ABI
}  // namespace etch

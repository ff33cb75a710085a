// A thread pool: parallel_for hands numbered chunks of work to threads that spin some 300 us, then sleep.
#pragma once

#include <etch/core/atomic.hpp>

#include <cstdint>
#include <cstdlib>
#if defined(__unix__) || defined(__APPLE__)
#define ETCH_HAS_PTHREADS 1
#include <pthread.h>
#include <unistd.h>
#if defined(__linux__)
#include <sched.h>
#include <sys/syscall.h>
#endif
#else
#define ETCH_HAS_PTHREADS 0
#endif

namespace etch {
inline namespace ETCH_ABI {
namespace cpu {

/// One chunk of work: `chunk` in [0, chunks), `thread` in [0, num_threads()); must not throw.
using ChunkFunction = void (*)(void* context, int chunk, int thread);

namespace detail {

inline constexpr int max_threads = 256;

/// Index of the calling thread in the pool; -1 outside of any parallel_for.
inline thread_local int thread_index = -1;

inline void pause() {
#if defined(__x86_64__) || defined(__i386__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  __asm__ volatile("yield");
#endif
}

/// CPUs this process may run on.
ETCH_COLD inline int processors() {
#if defined(__linux__)
  cpu_set_t mask;
  return sched_getaffinity(0, sizeof mask, &mask) == 0 ? CPU_COUNT(&mask) : 1;
#elif ETCH_HAS_PTHREADS
  return static_cast<int>(sysconf(_SC_NPROCESSORS_ONLN));
#else
  return 1;
#endif
}
/// As many threads as there are; ETCH_NUM_THREADS overrides.
ETCH_COLD inline int default_threads() {
  const char* text = std::getenv("ETCH_NUM_THREADS");
  const int asked = text == nullptr ? 0 : std::atoi(text), count = asked > 0 ? asked : processors();
  return count < 1 ? 1 : count > max_threads ? max_threads : count;
}

/// A count that threads can wait for to change.
class Signal : public etch::detail::Atomic<int> {
 public:
  using Atomic::Atomic;
  /// Returns once the value is no longer `old`.
  void wait(int old) {
    __atomic_fetch_add(&waiters_, 1, __ATOMIC_SEQ_CST);
    while (load() == old) {
#if defined(__linux__)
      syscall(SYS_futex, &value_, futex_wait, old, nullptr, nullptr, 0);
#elif ETCH_HAS_PTHREADS
      usleep(50);
#endif
    }
    __atomic_fetch_sub(&waiters_, 1, __ATOMIC_SEQ_CST);
  }
  /// To be called after a change. A waiter is counted before it looks at the value, so none is missed.
  void notify_all() {
#if defined(__linux__)
    if (__atomic_fetch_add(&waiters_, 0, __ATOMIC_SEQ_CST) > 0) syscall(SYS_futex, &value_, futex_wake, 0x7fffffff, nullptr, nullptr, 0);
#endif
  }

 private:
  static constexpr int futex_wait = 128, futex_wake = 129;  // of this process alone (FUTEX_PRIVATE_FLAG)
  int waiters_ = 0;
};

/// The workers and the one job they share. Each thread has a range of neighbouring chunks: of kernels that follow each other it
/// gets the same rows, which its own cache still holds. Who is done takes the chunk of another's that is furthest from its turn. A claim is one
/// compare-and-swap on a range, so a worker that wakes late can neither disturb the next job nor hold this one up.
class Pool {
 public:
  Pool() : threads_(default_threads()) {}
  Pool(const Pool&) = delete;
  Pool& operator=(const Pool&) = delete;
  ~Pool() { stop(); }

  int threads() const { return threads_.load<__ATOMIC_RELAXED>(); }

  ETCH_COLD void set_threads(int count) {
    while (busy_.exchange(true)) pause();
    stop();
    threads_.store<__ATOMIC_RELAXED>(count < 1 ? 1 : count > max_threads ? max_threads : count);
    busy_.store(false);
  }

  /// False where the pool is serving another thread: the caller then does its work alone.
  ETCH_NOINLINE bool run(int chunks, ChunkFunction function, void* context, bool backwards) {
    if (busy_.exchange(true)) return false;
    if (workers_ == 0) start();
    function_ = function;
    context_ = context;
    backwards_.store<__ATOMIC_RELAXED>(backwards);
    unfinished_.store<__ATOMIC_RELAXED>(chunks);
    const auto part = [&](int t) { return static_cast<std::uint64_t>(static_cast<std::int64_t>(chunks) * t / (workers_ + 1)); };
    for (int t = 0; t <= workers_; ++t) range_[t].chunks.store(part(t) << 32 | part(t + 1));
    wake();
    thread_index = 0;
    while (work(0)) {
    }
    thread_index = -1;
    for (int left, spins = 0; (left = unfinished_.load()) != 0;) {
      if (++spins < spins_)
        pause();
      else
        unfinished_.wait(left);
    }
    busy_.store(false);
    return true;
  }

 private:
  // Some 300 us: longer than what one thread does between two kernels, since to wake one takes 20 to 50. Of more threads than processors whoever waits lets the others run.
  static constexpr int spin_limit = 1 << 15, crowded_limit = 1 << 8;

  /// Claims and runs one chunk, of the thread's own range if any is left; false where no range has one.
  bool work(int thread) {
    const bool backwards = backwards_.load<__ATOMIC_RELAXED>();  // who wakes late may see another job's: it finds the same chunks
    int chunk = take(range_[thread].chunks, !backwards);
    for (int t = 0; chunk < 0 && t < threads(); ++t)
      if (t != thread) chunk = take(range_[t].chunks, backwards);
    if (chunk < 0) return false;
    function_(context_, chunk, thread);
    if (unfinished_.fetch_add(-1) == 1) unfinished_.notify_all();
    return true;
  }
  /// The first or last chunk of a range (its begin, its end); -1 where it is empty.
  static int take(etch::detail::Atomic<std::uint64_t>& range, bool first) {
    std::uint64_t chunks = range.load();
    for (;;) {
      const auto begin = static_cast<std::uint32_t>(chunks >> 32), end = static_cast<std::uint32_t>(chunks);
      if (begin == end) return -1;
      if (range.compare_exchange(chunks, first ? chunks + (std::uint64_t{1} << 32) : chunks - 1)) return static_cast<int>(first ? begin : end - 1);
    }
  }

  void wake() {
    epoch_.fetch_add(1);
    epoch_.notify_all();
  }

  void serve(int thread) {
    thread_index = thread;
    while (!stopping_.load<__ATOMIC_RELAXED>()) {
      const int epoch = epoch_.load();
      while (work(thread)) {
      }
      for (int spins = 0; epoch_.load() == epoch;) {
        if (++spins < spins_)
          pause();
        else
          epoch_.wait(epoch);
      }
    }
  }

#if ETCH_HAS_PTHREADS
  struct Worker {
    Pool* pool = nullptr;
    pthread_t handle{};
  };

  ETCH_COLD void start() {
    const int wanted = threads() - 1;
    spins_ = wanted < processors() ? spin_limit : crowded_limit;
    for (; workers_ < wanted; ++workers_) {
      worker_[workers_].pool = this;
      const auto entry = [](void* argument) -> void* {
        Worker* self = static_cast<Worker*>(argument);
        self->pool->serve(static_cast<int>(self - self->pool->worker_) + 1);
        return nullptr;
      };
      if (pthread_create(&worker_[workers_].handle, nullptr, entry, &worker_[workers_]) != 0) break;
    }
  }

  ETCH_COLD void stop() {
    stopping_.store<__ATOMIC_RELAXED>(true);
    wake();
    while (workers_ > 0) pthread_join(worker_[--workers_].handle, nullptr);
    stopping_.store<__ATOMIC_RELAXED>(false);
  }

  Worker worker_[max_threads - 1];
#else
  void start() {}
  void stop() {}
#endif

  struct alignas(64) Range {
    etch::detail::Atomic<std::uint64_t> chunks{0};
  };
  Range range_[max_threads];
  // What workers read in a loop, what they count down, and what only callers touch: a cache line each.
  alignas(64) Signal epoch_{0};
  etch::detail::Atomic<bool> stopping_{false};
  ChunkFunction function_ = nullptr;
  void* context_ = nullptr;
  etch::detail::Atomic<bool> backwards_{false};
  int spins_ = spin_limit;
  alignas(64) Signal unfinished_{0};
  alignas(64) etch::detail::Atomic<bool> busy_{false};
  etch::detail::Atomic<int> threads_;
  int workers_ = 0;
};

inline Pool& pool() {
  static Pool instance;
  return instance;
}

/// While it lives, every parallel_for of the calling thread runs on that thread, if `alone`.
class Alone {
 public:
  explicit Alone(bool alone) : outer_(thread_index) {
    if (alone && outer_ < 0) thread_index = 0;
  }
  Alone(const Alone&) = delete;
  Alone& operator=(const Alone&) = delete;
  ~Alone() { thread_index = outer_; }

 private:
  int outer_;
};

}  // namespace detail

/// Threads that take part in parallel_for, the caller included.
inline int num_threads() { return detail::pool().threads(); }

/// Sets the number of threads, within [1, 256]; waits for a running parallel_for and must not be called inside one.
inline void set_num_threads(int count) { detail::pool().set_threads(count); }

/// Runs function(context, chunk, thread) for every chunk in [0, chunks), on all threads, and returns when all are done; each thread its last one first
/// if `backwards`.
/// What a chunk computes must not depend on `thread`. Inside a chunk, a further parallel_for runs on its own thread.
ETCH_SHARED void parallel_for(int chunks, ChunkFunction function, void* context, bool backwards = false) {
  const bool alone = chunks <= 1 || detail::thread_index >= 0 || num_threads() == 1;
  if (!alone && detail::pool().run(chunks, function, context, backwards)) return;
  const int thread = detail::thread_index < 0 ? 0 : detail::thread_index;
  for (int i = 0; i < chunks; ++i) function(context, backwards ? chunks - 1 - i : i, thread);
}

}  // namespace cpu

/// Threads that programs run on: `ETCH_NUM_THREADS`, or as many as there are CPUs.
inline int get_num_threads() { return cpu::num_threads(); }
inline void set_num_threads(int count) { cpu::set_num_threads(count); }

}  // namespace ETCH_ABI
}  // namespace etch

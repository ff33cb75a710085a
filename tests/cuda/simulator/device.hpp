// A GPU that is simulated: a process of its own, forked before main(), runs what is launched, one thread after another.
//
//   memory      one mapping of both processes, closed to the host but for copies: what the host reads or writes itself ends in a fault; kernels
//               do not see what the host has allocated since, so an address of the host's in a kernel's arguments ends in a fault, too
//   threads     fibers of the device's process; at a barrier the next one runs, in another order each time, so that a barrier that is
//               missing gives wrong numbers
//   poison      what is allocated, and a block's shared memory, begins as NaN
//
// With -DETCH_SIMULATED_HERE the device is this process, its memory all memory, and streams wait for nothing: the tests of the CPU, whose tensors lie
// here, then run through a GPU's kernels.
//
// What it cannot show: how fast anything is, lanes of a warp in step, the order of memory without barriers, what real drivers refuse.
#pragma once

#include <cuda_runtime.h>

#include <cerrno>
#include <csetjmp>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ucontext.h>
#include <vector>

#include <csignal>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#undef __shared__
#undef __launch_bounds__
#undef __grid_constant__
#define __shared__ static  // of the block that runs: there is one at a time where a kernel has such variables
#define __launch_bounds__(...)
#define __grid_constant__
/// Code of kernels is compiled, for this compute capability.
#define ETCH_GPU_CODE 900
#define ETCH_DYNAMIC_SHARED(name) char* const name = simulator::threads().shared()

inline uint3 threadIdx, blockIdx;
inline dim3 blockDim, gridDim;

namespace simulator {

/// What the device's process is asked to do: f(arguments).
struct Command {
  void (*f)(const Command&, const void* arguments);
  dim3 grid, block;
  std::size_t shared, bytes;
  bool together;  ///< whether all blocks run at once
};

[[noreturn]] inline void stop(const char* why) {
  std::fprintf(stderr, "simulated GPU: %s\n", why);
  std::_Exit(3);
}

/// The threads of the blocks that run.
class Threads {
  static constexpr std::size_t stack_bytes = 256 << 10, shared_room = 256 << 10;
  enum class State { ready, in_block, in_grid, done };
  struct Fiber {
    ucontext_t start;
    std::jmp_buf at;
    State state = State::ready;
    unsigned block = 0, thread = 0;
    bool is_started = false;
  };
  std::vector<Fiber*> fiber_;
  std::vector<char*> shared_;
  std::jmp_buf scheduler_;
  Fiber* running_ = nullptr;
  void (*body_)(const void*) = nullptr;
  const void* arguments_ = nullptr;
  dim3 grid_, block_;
  unsigned turn_ = 0;

  void enter(Fiber& f) {
    running_ = &f;
    const unsigned b = f.block, t = f.thread;
    blockIdx = uint3{b % grid_.x, b / grid_.x % grid_.y, b / (grid_.x * grid_.y)};
    threadIdx = uint3{t % block_.x, t / block_.x % block_.y, t / (block_.x * block_.y)};
    if (_setjmp(scheduler_) == 0) {
      if (f.is_started) _longjmp(f.at, 1);
      f.is_started = true;
      setcontext(&f.start);
    }
    running_ = nullptr;
  }
  static void start();
  void leave(State s) {
    Fiber& f = *running_;
    f.state = s;
    if (_setjmp(f.at) == 0) _longjmp(scheduler_, 1);
  }
  static void prepare(ucontext_t* c, void* stack) {
    getcontext(c);
    c->uc_stack.ss_sp = stack;
    c->uc_stack.ss_size = stack_bytes;
    c->uc_link = nullptr;
    makecontext(c, &Threads::start, 0);
  }
  void make(std::size_t count) {
    while (fiber_.size() < count) {
      void* const stack = mmap(nullptr, stack_bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
      if (stack == MAP_FAILED) stop("no memory for a thread's stack");
      fiber_.push_back(new Fiber);
      prepare(&fiber_.back()->start, stack);
    }
  }
  /// Blocks [first, first + count) at once.
  void run_blocks(unsigned first, unsigned count, unsigned each) {
    const unsigned n = count * each;
    make(n);
    for (unsigned b = 0; b < count; ++b) {
      if (shared_.size() <= b) shared_.push_back(static_cast<char*>(std::aligned_alloc(1024, shared_room)));
      std::memset(shared_[b], 0xff, shared_room);
    }
    first_ = first;
    for (unsigned i = 0; i < n; ++i) {
      fiber_[i]->block = first + i / each, fiber_[i]->thread = i % each;
      fiber_[i]->state = State::ready;
    }
    for (unsigned done = 0; done < n;) {
      // any order: an odd step through a power of two that holds all threads
      unsigned room = 1;
      while (room < n) room *= 2;
      const unsigned step = 2 * (turn_ * 2654435761U >> 16) + 1, offset = turn_ * 40503U;
      ++turn_;
      for (unsigned k = 0; k < room; ++k) {
        const unsigned i = (k * step + offset) & (room - 1);
        if (i >= n || fiber_[i]->state != State::ready) continue;
        enter(*fiber_[i]);
        done += fiber_[i]->state == State::done ? 1U : 0U;
      }
      unsigned in_grid = 0;
      for (unsigned b = 0; b < count; ++b) {
        unsigned waiting = 0, ended = 0;
        for (unsigned t = 0; t < each; ++t) {
          const State s = fiber_[b * each + t]->state;
          waiting += s == State::in_block ? 1U : 0U;
          in_grid += s == State::in_grid ? 1U : 0U;
          ended += s == State::done ? 1U : 0U;
        }
        if (waiting == 0) continue;
        if (waiting != each) stop("a barrier that not all threads of a block reach");
        for (unsigned t = 0; t < each; ++t) fiber_[b * each + t]->state = State::ready;
      }
      if (in_grid == n) {
        for (unsigned i = 0; i < n; ++i) fiber_[i]->state = State::ready;
      } else if (in_grid > 0) {
        bool moves = false;
        for (unsigned i = 0; i < n; ++i) moves = moves || fiber_[i]->state == State::ready;
        if (!moves) stop("a barrier that not all blocks reach");
      }
    }
  }
  unsigned first_ = 0;

 public:
  void run(const Command& c, void (*body)(const void*), const void* arguments) {
    body_ = body, arguments_ = arguments, grid_ = c.grid, block_ = c.block;
    gridDim = c.grid, blockDim = c.block;
    const unsigned blocks = c.grid.x * c.grid.y * c.grid.z, each = c.block.x * c.block.y * c.block.z, at_once = c.together ? blocks : 1;
    for (unsigned b = 0; b < blocks; b += at_once) run_blocks(b, at_once, each);
  }
  void meet_block() { leave(State::in_block); }
  void meet_grid() { leave(State::in_grid); }
  char* shared() const { return shared_[running_->block - first_]; }
};
inline Threads& threads() {
  static auto* const all = new Threads;
  return *all;
}
inline void Threads::start() {
  for (;;) {
    Threads& all = threads();
    all.body_(all.arguments_);
    all.leave(State::done);
  }
}

#if defined(ETCH_SIMULATED_HERE)
inline constexpr bool is_apart = false;
#else
inline constexpr bool is_apart = true;
#endif

/// The device's process, and the memory that it has.
class Device {
 public:
  static constexpr std::size_t bytes = std::size_t{4} << 30;

  Device() {
    memory_ = static_cast<char*>(mmap(nullptr, bytes, is_apart ? PROT_NONE : PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0));
    int ends[2]{};
    if (memory_ != MAP_FAILED && !is_apart) return;
    if (memory_ == MAP_FAILED || socketpair(AF_UNIX, SOCK_STREAM, 0, ends) != 0) stop("no memory, or no socket");
    const pid_t host = getpid();
    if (const pid_t child = fork(); child == 0) {
      prctl(PR_SET_PDEATHSIG, SIGKILL);
      if (getppid() != host) std::_Exit(0);
      close(ends[0]);
      mprotect(memory_, bytes, PROT_READ | PROT_WRITE);
      serve(ends[1]);
    } else if (child < 0) {
      stop("no process");
    }
    close(ends[1]);
    socket_ = ends[0];
  }
  char* memory() const { return memory_; }
  /// Runs it there; whether the device is still alive.
  bool run(const Command& c, const void* arguments) {
    if constexpr (!is_apart) return c.f(c, arguments), true;
    char done = 0;
    return give(socket_, &c, sizeof c) && give(socket_, arguments, c.bytes) && take(socket_, &done, 1);
  }
  /// What the host copies to and from the device's memory.
  void copy(void* to, const void* from, std::size_t n) {
    if (is_apart) mprotect(memory_, bytes, PROT_READ | PROT_WRITE);
    std::memcpy(to, from, n);
    if (is_apart) mprotect(memory_, bytes, PROT_NONE);
  }

 private:
  static bool give(int socket, const void* from, std::size_t n) {
    for (const char* p = static_cast<const char*>(from); n > 0;) {
      const ssize_t k = send(socket, p, n, MSG_NOSIGNAL);
      if (k < 0 && errno == EINTR) continue;
      if (k <= 0) return false;
      p += k, n -= static_cast<std::size_t>(k);
    }
    return true;
  }
  static bool take(int socket, void* to, std::size_t n) {
    for (char* p = static_cast<char*>(to); n > 0;) {
      const ssize_t k = recv(socket, p, n, 0);
      if (k < 0 && errno == EINTR) continue;
      if (k <= 0) return false;
      p += k, n -= static_cast<std::size_t>(k);
    }
    return true;
  }
  [[noreturn]] static void serve(int socket) {
    alignas(64) static char arguments[1 << 15];
    for (Command c; take(socket, &c, sizeof c) && c.bytes <= sizeof arguments && take(socket, arguments, c.bytes);) {
      c.f(c, arguments);
      const char done = 1;
      if (!give(socket, &done, 1)) break;
    }
    std::_Exit(0);
  }
  char* memory_ = nullptr;
  int socket_ = -1;
};
inline Device& device() {
  static auto* const d = new Device;
  return *d;
}
inline const bool forked_before_main = (device(), true);

}  // namespace simulator

inline void __syncthreads() { simulator::threads().meet_block(); }
template <class T>
T atomicCAS(T* at, T expected, T value) {
  const T old = *at;
  if (old == expected) *at = value;
  return old;
}

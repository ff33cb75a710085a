// The calls of CUDA's runtime that etch makes, over a simulated GPU. Streams do nothing until somebody waits for them: a copy from memory
// that was written again too early copies the wrong bytes.
#pragma once

#include "device.hpp"

#include <algorithm>
#include <chrono>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <type_traits>
#include <utility>

namespace simulator {

/// What a stream has to do. `kind` tells what a graph may change in place: the arguments, no more.
struct Work {
  std::function<bool()> run;  ///< false: the device is lost
  const void* kind = nullptr;
};
struct Stream {
  std::deque<Work> waiting;
  std::uint64_t given = 0, done = 0;
  std::vector<Work>* capture = nullptr;
};
struct Event {
  std::shared_ptr<Stream> stream;
  std::uint64_t at = 0;
  std::shared_ptr<std::chrono::steady_clock::time_point> when;
};
struct Graph {
  std::vector<Work> work;
};

inline std::recursive_mutex& guard() {
  static auto* const m = new std::recursive_mutex;
  return *m;
}
using Lock = std::lock_guard<std::recursive_mutex>;
inline cudaError_t& last_error() {
  thread_local cudaError_t e = cudaSuccess;
  return e;
}
inline bool& is_lost() {
  static bool lost = false;
  return lost;
}
inline cudaError_t result(cudaError_t e) {
  if (is_lost()) e = cudaErrorIllegalAddress;
  if (e != cudaSuccess) last_error() = e;
  return e;
}
inline int& chosen() {
  thread_local int number = 0;
  return number;
}

inline std::map<cudaStream_t, std::shared_ptr<Stream>>& streams() {
  static auto* const all = new std::map<cudaStream_t, std::shared_ptr<Stream>>;
  return *all;
}
inline std::shared_ptr<Stream> stream_of(cudaStream_t s) {
  if (s == cudaStreamPerThread) {
    thread_local const auto own = std::make_shared<Stream>();
    return own;
  }
  auto& entry = streams()[s];
  if (entry == nullptr) entry = std::make_shared<Stream>();
  return entry;
}
/// Whether some stream is being captured.
inline bool is_capturing() {
  for (const auto& [name, s] : streams())
    if (s->capture != nullptr) return true;
  return stream_of(cudaStreamPerThread)->capture != nullptr;
}
/// Does what a stream was given up to a point.
inline void drain(Stream& s, std::uint64_t until) {
  while (s.done < until && !s.waiting.empty()) {
    const Work w = std::move(s.waiting.front());
    s.waiting.pop_front();
    ++s.done;
    if (!is_lost() && !w.run()) is_lost() = true;
  }
}
inline void enqueue(cudaStream_t to, Work w) {
  const Lock lock(guard());
  Stream& s = *stream_of(to);
  if (s.capture != nullptr) return s.capture->push_back(std::move(w));
  s.waiting.push_back(std::move(w));
  ++s.given;
  if (!is_apart) drain(s, s.given);
}
/// Arguments for the device's process, as bytes.
template <class A>
Work command_of(Command c, const A& arguments, void (*f)(const Command&, const void*), const void* kind = nullptr) {
  static_assert(sizeof(A) < 32764, "the arguments of a kernel");
  c.f = f;
  c.bytes = sizeof(A);
  struct Bytes {
    alignas(64) char of[sizeof(A)];
  };
  const auto bytes = std::make_shared<Bytes>();
  std::memcpy(bytes->of, static_cast<const void*>(&arguments), sizeof(A));
  return {[c, bytes] { return device().run(c, bytes->of); }, kind != nullptr ? kind : reinterpret_cast<const void*>(f)};
}

/// Blocks of the device's memory, and pages of the host's that are locked.
struct Blocks {
  std::map<std::size_t, std::size_t> used;  ///< bytes by offset
  std::map<const char*, std::size_t> pinned;
  std::size_t free = Device::bytes;
};
inline Blocks& blocks() {
  static auto* const b = new Blocks;
  return *b;
}
inline bool is_pinned(const void* p) {
  const auto* const c = static_cast<const char*>(p);
  auto i = blocks().pinned.upper_bound(c);
  return i != blocks().pinned.begin() && (--i, c < i->first + i->second);
}
/// Whether these bytes lie in one block.
inline bool is_on_device(const void* p, std::size_t n) {
  const auto* const c = static_cast<const char*>(p);
  if (c < device().memory() || c >= device().memory() + Device::bytes) return false;
  const auto at = static_cast<std::size_t>(c - device().memory());
  auto i = blocks().used.upper_bound(at);
  return i != blocks().used.begin() && (--i, at + n <= i->first + i->second);
}
inline std::map<const void*, int>& shared_limits() {
  static auto* const m = new std::map<const void*, int>;
  return *m;
}

inline constexpr int most_shared = 227 << 10, devices = 16;  // all of them the same one

template <class... P>
struct Launch;
template <>
struct Launch<> {
  template <class F, class... A>
  static void call(const F& f, const Launch&, const A&... a) { f(a...); }
};
template <class P, class... Rest>
struct Launch<P, Rest...> {
  std::remove_cv_t<P> first;
  Launch<Rest...> rest;
  template <class F, class... A>
  static void call(const F& f, const Launch& l, const A&... a) { Launch<Rest...>::call(f, l.rest, a..., l.first); }
};
inline Launch<> packed() { return {}; }
template <class P, class... Rest>
Launch<P, Rest...> packed(const P& first, const Rest&... rest) {
  return {first, packed(rest...)};
}

}  // namespace simulator

// ---- kernels ----
#define cudaLaunchKernelEx launch_simulated  // the header's own goes through pointers without types
template <class... P, class... A>
cudaError_t launch_simulated(const cudaLaunchConfig_t* config, void (*kernel)(P...), const A&... arguments) {
  using namespace simulator;
  const Lock lock(guard());
  const dim3 g = config->gridDim, b = config->blockDim;
  if (g.x == 0 || g.y == 0 || g.z == 0 || g.x > 0x7fffffffU || g.y > 65535 || g.z > 65535 || b.x * b.y * b.z == 0 || b.x * b.y * b.z > 1024) return result(cudaErrorInvalidConfiguration);
  const auto limit = shared_limits().find(reinterpret_cast<const void*>(kernel));
  if (config->dynamicSmemBytes > static_cast<std::size_t>(limit == shared_limits().end() ? 48 << 10 : limit->second)) return result(cudaErrorInvalidValue);
  Command c{nullptr, g, b, config->dynamicSmemBytes, 0, false};
  for (unsigned i = 0; i < config->numAttrs; ++i) {
    const cudaLaunchAttribute& a = config->attrs[i];
    if (a.id == cudaLaunchAttributeCooperative) c.together = a.val.cooperative != 0;
    if (a.id == cudaLaunchAttributeClusterDimension) {
      const unsigned n = a.val.clusterDim.x * a.val.clusterDim.y * a.val.clusterDim.z;
      if (n == 0 || n > 8 || g.x % a.val.clusterDim.x != 0 || g.y % a.val.clusterDim.y != 0 || g.z % a.val.clusterDim.z != 0) return result(cudaErrorInvalidClusterSize);
      c.together = n > 1;
      if (c.together && n != g.x * g.y * g.z) return result(cudaErrorNotSupported);
    }
  }
  struct All {
    void (*kernel)(P...);
    Launch<std::remove_cv_t<P>...> arguments;
  };
  const All all{kernel, packed<std::remove_cv_t<P>...>(arguments...)};
  enqueue(config->stream, command_of(c, all, [](const Command& command, const void* p) {
            threads().run(command, [](const void* q) { Launch<std::remove_cv_t<P>...>::call(static_cast<const All*>(q)->kernel, static_cast<const All*>(q)->arguments); }, p);
          }, reinterpret_cast<const void*>(kernel)));
  return result(cudaSuccess);
}
template <class... P>
cudaError_t cudaFuncSetAttribute(void (*kernel)(P...), cudaFuncAttribute, int value) {
  const simulator::Lock lock(simulator::guard());
  if (value < 0 || value > simulator::most_shared) return simulator::result(cudaErrorInvalidValue);
  simulator::shared_limits()[reinterpret_cast<const void*>(kernel)] = value;
  return simulator::result(cudaSuccess);
}
template <class... P>
cudaError_t cudaFuncGetAttributes(cudaFuncAttributes* to, void (*)(P...)) {
  *to = {};
  to->ptxVersion = to->binaryVersion = ETCH_GPU_CODE / 10;
  return simulator::result(cudaSuccess);
}

extern "C" {
// ---- errors ----
inline cudaError_t cudaGetLastError() { return std::exchange(simulator::last_error(), cudaSuccess); }
inline cudaError_t cudaPeekAtLastError() { return simulator::last_error(); }
inline const char* cudaGetErrorString(cudaError_t e) {
  switch (e) {
    case cudaSuccess: return "no error";
    case cudaErrorInvalidValue: return "invalid argument";
    case cudaErrorMemoryAllocation: return "out of memory";
    case cudaErrorInvalidDevice: return "invalid device ordinal";
    case cudaErrorNotReady: return "device not ready";
    case cudaErrorIllegalAddress: return "an illegal memory access was encountered";
    case cudaErrorInvalidConfiguration: return "invalid configuration argument";
    default: return "an error";
  }
}

// ---- devices ----
inline cudaError_t cudaGetDeviceCount(int* n) { return *n = simulator::devices, simulator::result(cudaSuccess); }
inline cudaError_t cudaGetDevice(int* n) { return *n = simulator::chosen(), simulator::result(cudaSuccess); }
inline cudaError_t cudaSetDevice(int n) {
  if (n < 0 || n >= simulator::devices) return simulator::result(cudaErrorInvalidDevice);
  return simulator::chosen() = n, simulator::result(cudaSuccess);
}
inline cudaError_t cudaGetDeviceProperties(cudaDeviceProp* p, int n) {
  if (n < 0 || n >= simulator::devices) return simulator::result(cudaErrorInvalidDevice);
  *p = {};
  std::strcpy(p->name, "simulated GPU");
  p->major = ETCH_GPU_CODE / 100, p->minor = ETCH_GPU_CODE / 10 % 10;
  p->multiProcessorCount = 4;
  p->totalGlobalMem = simulator::Device::bytes;
  p->sharedMemPerBlockOptin = simulator::most_shared;
  p->l2CacheSize = 1 << 20;
  return simulator::result(cudaSuccess);
}
inline cudaError_t cudaDeviceGetAttribute(int* value, cudaDeviceAttr attribute, int) {
  if (attribute != cudaDevAttrMaxSharedMemoryPerBlockOptin) return simulator::result(cudaErrorInvalidValue);
  return *value = simulator::most_shared, simulator::result(cudaSuccess);
}

// ---- memory ----
inline cudaError_t cudaMemGetInfo(std::size_t* free, std::size_t* total) {
  const simulator::Lock lock(simulator::guard());
  return *free = simulator::blocks().free, *total = simulator::Device::bytes, simulator::result(cudaSuccess);
}
inline cudaError_t cudaMalloc(void** p, std::size_t bytes) {
  using namespace simulator;
  const Lock lock(guard());
  if (is_capturing()) return result(cudaErrorStreamCaptureUnsupported);
  Blocks& b = blocks();
  const std::size_t n = (bytes + 511) / 256 * 256;  // and something between blocks
  std::size_t at = 0;
  for (const auto& [begin, size] : b.used) {
    if (at + n <= begin) break;
    at = begin + (size + 511) / 256 * 256;
  }
  if (bytes > Device::bytes || at + n > Device::bytes) return result(cudaErrorMemoryAllocation);
  b.used[at] = bytes;
  b.free -= n;
  *p = device().memory() + at;
  struct Poison {
    char* to;
    std::size_t bytes;
  };
  enqueue(cudaStreamPerThread, command_of({}, Poison{device().memory() + at, std::min(bytes, std::size_t{16} << 20)}, [](const Command&, const void* a) {
            const Poison& poison = *static_cast<const Poison*>(a);
            std::memset(poison.to, 0xff, poison.bytes);
          }));
  Stream& s = *stream_of(cudaStreamPerThread);
  drain(s, s.given);
  return result(cudaSuccess);
}
inline cudaError_t cudaFree(void* p) {
  using namespace simulator;
  const Lock lock(guard());
  if (p == nullptr) return result(cudaSuccess);
  if (is_capturing()) return result(cudaErrorStreamCaptureUnsupported);
  for (auto& [name, s] : streams()) drain(*s, s->given);  // waits for the device
  Stream& own = *stream_of(cudaStreamPerThread);
  drain(own, own.given);
  const auto i = blocks().used.find(static_cast<std::size_t>(static_cast<char*>(p) - device().memory()));
  if (i == blocks().used.end()) return result(cudaErrorInvalidValue);
  blocks().free += (i->second + 511) / 256 * 256;
  blocks().used.erase(i);
  return result(cudaSuccess);
}
inline cudaError_t cudaMallocHost(void** p, std::size_t bytes) {
  const simulator::Lock lock(simulator::guard());
  if (bytes == 0) return simulator::result(cudaErrorInvalidValue);
  if (simulator::is_capturing()) return simulator::result(cudaErrorStreamCaptureUnsupported);
  *p = std::aligned_alloc(4096, (bytes + 4095) / 4096 * 4096);
  if (*p == nullptr) return simulator::result(cudaErrorMemoryAllocation);
  simulator::blocks().pinned[static_cast<char*>(*p)] = bytes;
  return simulator::result(cudaSuccess);
}
inline cudaError_t cudaFreeHost(void* p) {
  using namespace simulator;
  const Lock lock(guard());
  if (p == nullptr) return result(cudaSuccess);
  if (is_capturing()) return result(cudaErrorStreamCaptureUnsupported);
  for (auto& [name, s] : streams()) drain(*s, s->given);
  Stream& own = *stream_of(cudaStreamPerThread);
  drain(own, own.given);
  if (blocks().pinned.erase(static_cast<char*>(p)) == 0) return result(cudaErrorInvalidValue);
  std::free(p);
  return result(cudaSuccess);
}
inline cudaError_t cudaMemsetAsync(void* p, int value, std::size_t bytes, cudaStream_t stream) {
  using namespace simulator;
  const Lock lock(guard());
  if (is_apart && !is_on_device(p, bytes)) return result(cudaErrorInvalidValue);
  struct Set {
    void* to;
    int value;
    std::size_t bytes;
  };
  enqueue(stream, command_of({}, Set{p, value, bytes}, [](const Command&, const void* a) {
            const Set& s = *static_cast<const Set*>(a);
            std::memset(s.to, s.value, s.bytes);
          }));
  return result(cudaSuccess);
}
inline cudaError_t cudaMemcpyAsync(void* to, const void* from, std::size_t bytes, cudaMemcpyKind kind, cudaStream_t stream) {
  using namespace simulator;
  const Lock lock(guard());
  if (bytes == 0) return result(cudaSuccess);
  const bool to_device = kind != cudaMemcpyDeviceToHost, from_device = kind != cudaMemcpyHostToDevice;
  if (is_apart && (is_on_device(to, bytes) != to_device || is_on_device(from, bytes) != from_device)) return result(cudaErrorInvalidValue);
  if (to_device && from_device) {
    struct Copy {
      void* to;
      const void* from;
      std::size_t bytes;
    };
    enqueue(stream, command_of({}, Copy{to, from, bytes}, [](const Command&, const void* a) {
              const Copy& c = *static_cast<const Copy*>(a);
              std::memcpy(c.to, c.from, c.bytes);
            }));
    return result(cudaSuccess);
  }
  static const char names[2]{};
  Stream& s = *stream_of(stream);
  if (to_device && !is_pinned(from)) {  // copied now, since the call may return before the device has it
    if (s.capture != nullptr) return result(cudaErrorStreamCaptureUnsupported);
    const auto staged = std::make_shared<std::vector<char>>(static_cast<const char*>(from), static_cast<const char*>(from) + bytes);
    enqueue(stream, {[=] { return device().copy(to, staged->data(), bytes), true; }, names});
  } else {
    enqueue(stream, {[=] { return device().copy(to, from, bytes), true; }, names + (to_device ? 0 : 1)});
    if (!to_device && !is_pinned(to)) {
      if (s.capture != nullptr) return result(cudaErrorStreamCaptureUnsupported);
      drain(s, s.given);
    }
  }
  return result(cudaSuccess);
}

// ---- streams and events ----
inline cudaError_t cudaStreamCreateWithFlags(cudaStream_t* s, unsigned) {
  const simulator::Lock lock(simulator::guard());
  static std::uintptr_t next = 4096;
  *s = reinterpret_cast<cudaStream_t>(next += 16);
  (void)simulator::stream_of(*s);
  return simulator::result(cudaSuccess);
}
inline cudaError_t cudaStreamDestroy(cudaStream_t s) {
  const simulator::Lock lock(simulator::guard());
  const auto own = simulator::stream_of(s);
  simulator::drain(*own, own->given);
  simulator::streams().erase(s);
  return simulator::result(cudaSuccess);
}
inline cudaError_t cudaStreamSynchronize(cudaStream_t stream) {
  const simulator::Lock lock(simulator::guard());
  const auto s = simulator::stream_of(stream);
  if (s->capture != nullptr) return simulator::result(cudaErrorStreamCaptureUnsupported);
  simulator::drain(*s, s->given);
  return simulator::result(cudaSuccess);
}
inline cudaError_t cudaEventCreate(cudaEvent_t* e) { return *e = reinterpret_cast<cudaEvent_t>(new simulator::Event), simulator::result(cudaSuccess); }
inline cudaError_t cudaEventDestroy(cudaEvent_t e) { return delete reinterpret_cast<simulator::Event*>(e), simulator::result(cudaSuccess); }
inline cudaError_t cudaEventRecord(cudaEvent_t event, cudaStream_t stream) {
  const simulator::Lock lock(simulator::guard());
  auto& e = *reinterpret_cast<simulator::Event*>(event);
  e.stream = simulator::stream_of(stream);
  if (e.stream->capture != nullptr) return simulator::result(cudaErrorStreamCaptureUnsupported);
  e.when = std::make_shared<std::chrono::steady_clock::time_point>();
  simulator::enqueue(stream, {[when = e.when] { return *when = std::chrono::steady_clock::now(), true; }, nullptr});
  e.at = e.stream->given;
  return simulator::result(cudaSuccess);
}
inline cudaError_t cudaEventSynchronize(cudaEvent_t event) {
  const simulator::Lock lock(simulator::guard());
  if (auto& e = *reinterpret_cast<simulator::Event*>(event); e.stream != nullptr) simulator::drain(*e.stream, e.at);
  return simulator::result(cudaSuccess);
}
inline cudaError_t cudaEventQuery(cudaEvent_t event) {
  const simulator::Lock lock(simulator::guard());
  auto& e = *reinterpret_cast<simulator::Event*>(event);
  if (e.stream == nullptr || e.stream->done >= e.at) return simulator::result(cudaSuccess);
  simulator::drain(*e.stream, e.stream->done + 1);  // time passes
  return simulator::result(cudaErrorNotReady);
}
inline cudaError_t cudaEventElapsedTime(float* ms, cudaEvent_t first, cudaEvent_t second) {
  const simulator::Lock lock(simulator::guard());
  const auto &a = *reinterpret_cast<simulator::Event*>(first), &b = *reinterpret_cast<simulator::Event*>(second);
  if (a.stream == nullptr || b.stream == nullptr || a.stream->done < a.at || b.stream->done < b.at) return simulator::result(cudaErrorNotReady);
  *ms = std::chrono::duration<float, std::milli>(*b.when - *a.when).count();
  return simulator::result(cudaSuccess);
}
inline cudaError_t cudaStreamWaitEvent(cudaStream_t stream, cudaEvent_t event, unsigned) {
  const simulator::Lock lock(simulator::guard());
  const auto& e = *reinterpret_cast<simulator::Event*>(event);
  if (e.stream != nullptr) simulator::enqueue(stream, {[other = e.stream, at = e.at] { return simulator::drain(*other, at), true; }, nullptr});
  return simulator::result(cudaSuccess);
}

// ---- graphs ----
inline cudaError_t cudaStreamBeginCapture(cudaStream_t stream, cudaStreamCaptureMode) {
  const simulator::Lock lock(simulator::guard());
  const auto s = simulator::stream_of(stream);
  if (s->capture != nullptr) return simulator::result(cudaErrorIllegalState);
  s->capture = new std::vector<simulator::Work>;
  return simulator::result(cudaSuccess);
}
inline cudaError_t cudaStreamEndCapture(cudaStream_t stream, cudaGraph_t* graph) {
  const simulator::Lock lock(simulator::guard());
  const auto s = simulator::stream_of(stream);
  if (s->capture == nullptr) return simulator::result(cudaErrorIllegalState);
  *graph = reinterpret_cast<cudaGraph_t>(new simulator::Graph{std::move(*s->capture)});
  delete std::exchange(s->capture, nullptr);
  return simulator::result(cudaSuccess);
}
inline cudaError_t cudaGraphInstantiate(cudaGraphExec_t* made, cudaGraph_t graph, unsigned long long) {
  *made = reinterpret_cast<cudaGraphExec_t>(new simulator::Graph(*reinterpret_cast<simulator::Graph*>(graph)));
  return simulator::result(cudaSuccess);
}
inline cudaError_t cudaGraphExecUpdate(cudaGraphExec_t made, cudaGraph_t graph, cudaGraphExecUpdateResultInfo*) {
  const simulator::Lock lock(simulator::guard());
  auto &to = *reinterpret_cast<simulator::Graph*>(made), &from = *reinterpret_cast<simulator::Graph*>(graph);
  bool same = to.work.size() == from.work.size();
  for (std::size_t i = 0; same && i < to.work.size(); ++i) same = to.work[i].kind == from.work[i].kind;
  if (!same) return simulator::result(cudaErrorGraphExecUpdateFailure);
  to.work = from.work;
  return simulator::result(cudaSuccess);
}
inline cudaError_t cudaGraphLaunch(cudaGraphExec_t made, cudaStream_t stream) {
  for (const simulator::Work& w : reinterpret_cast<simulator::Graph*>(made)->work) simulator::enqueue(stream, w);
  return simulator::result(cudaSuccess);
}
inline cudaError_t cudaGraphDestroy(cudaGraph_t graph) { return delete reinterpret_cast<simulator::Graph*>(graph), simulator::result(cudaSuccess); }
inline cudaError_t cudaGraphExecDestroy(cudaGraphExec_t made) { return delete reinterpret_cast<simulator::Graph*>(made), simulator::result(cudaSuccess); }
}  // extern "C"

// Streams, in which work is done in order, and events, which mark a point in one.
#pragma once

#include <etch/cuda/error.hpp>

namespace etch {
inline namespace ETCH_ABI {
namespace device {

class Stream;

/// A point in a stream, and the time between two of them.
class Event {
 public:
  Event() { check(cudaEventCreate(&event_), "cudaEventCreate"); }
  Event(const Event&) = delete;
  Event& operator=(const Event&) = delete;
  ~Event() { (void)cudaEventDestroy(event_); }
  void record(cudaStream_t stream) { check(cudaEventRecord(event_, stream), "cudaEventRecord"); }
  /// Returns when everything before it is done.
  void wait() const { check(cudaEventSynchronize(event_), "cudaEventSynchronize"); }
  /// Whether it is, without waiting.
  bool is_done() const {
    const cudaError_t result = cudaEventQuery(event_);
    if (result == cudaErrorNotReady) return (void)cudaGetLastError(), false;
    check(result, "cudaEventQuery");
    return true;
  }
  float milliseconds_since(const Event& start) const {
    float ms = 0;
    check(cudaEventElapsedTime(&ms, start.event_, event_), "cudaEventElapsedTime");
    return ms;
  }
  cudaEvent_t get() const { return event_; }

 private:
  cudaEvent_t event_ = nullptr;
};

/// A stream of its own; work of different streams may overlap.
class Stream {
 public:
  Stream() { check(cudaStreamCreateWithFlags(&stream_, cudaStreamNonBlocking), "cudaStreamCreateWithFlags"); }
  Stream(const Stream&) = delete;
  Stream& operator=(const Stream&) = delete;
  ~Stream() { (void)cudaStreamDestroy(stream_); }
  void synchronize() const { check(cudaStreamSynchronize(stream_), "cudaStreamSynchronize"); }
  /// Later work of this stream begins after the event.
  void wait(const Event& event) { check(cudaStreamWaitEvent(stream_, event.get(), 0), "cudaStreamWaitEvent"); }
  cudaStream_t get() const { return stream_; }

 private:
  cudaStream_t stream_ = nullptr;
};

/// The stream that this thread's programs and copies use: the thread's own unless a StreamGuard says otherwise.
inline cudaStream_t& current_stream() {
  thread_local cudaStream_t stream = cudaStreamPerThread;
  return stream;
}
/// Makes a stream this thread's until the end of the scope.
class StreamGuard {
 public:
  explicit StreamGuard(const Stream& s) : before_(current_stream()) { current_stream() = s.get(); }
  StreamGuard(const StreamGuard&) = delete;
  StreamGuard& operator=(const StreamGuard&) = delete;
  ~StreamGuard() { current_stream() = before_; }

 private:
  cudaStream_t before_;
};
/// Returns when this thread's stream has done all it was given.
inline void synchronize() { check(cudaStreamSynchronize(current_stream()), "cudaStreamSynchronize"); }

}  // namespace device
}  // namespace ETCH_ABI
}  // namespace etch

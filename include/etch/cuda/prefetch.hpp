// Batches on their way to a GPU while it computes: page-locked memory here, a stream of their own, the same tensors there for every batch.
//
//   device::Prefetch<X, Y> batches;
//   batches.put(x, y);
//   for (...) {
//     const auto& [xg, yg] = batches.take();
//     step.launch(xg, yg);
//     batches.put(x, y);          the next one, copied while this one is computed
//   }
#pragma once

#include <etch/cuda/tensor.hpp>

namespace etch {
inline namespace ETCH_ABI {
namespace device {
inline namespace ETCH_PLACE {

/// One tensor's way: page-locked, then on the GPU where it waits, then where programs read it.
template <class X>
struct Prefetched;
template <class T, auto... D>
struct Prefetched<Tensor<T, D...>> {
  Pinned<T> here{static_cast<std::size_t>(capacity_of<D...>)};
  GpuTensor<T, D...> waiting;

  void put(const Tensor<T, D...>& x) {
    const auto bytes = static_cast<std::size_t>(x.numel()) * sizeof(T);
    std::memcpy(here.data(), x.data(), bytes);
    waiting.resize(x.sizes());
    copy_in(waiting.data(), here.data(), bytes);
  }
};

/// Copies batches of tensors `X...`, each while what was given before is computed.
template <class... X>
class Prefetch {
 public:
  using Batch = Values<typename etch::detail::on_gpu_of<X>::type...>;

  /// Begins to copy a batch; the tensors may be written again when this returns. A batch that was not taken is replaced.
  void put(const X&... x) {
#if ETCH_GPU
    copied_.wait();
    stream_.wait(taken_);
    const StreamGuard guard(stream_);
#endif
    put_all(std::index_sequence_for<X...>{}, x...);
    has_batch_ = true;
#if ETCH_GPU
    copied_.record(stream_.get());
#endif
  }
  /// The batch, in tensors that are the same for all batches and keep it until the next call; this thread's stream waits for it, the thread does not.
  const Batch& take() {
    if (!has_batch_) fail("cuda", "a batch must be put before it is taken");
#if ETCH_GPU
    check(cudaStreamWaitEvent(current_stream(), copied_.get(), 0), "cudaStreamWaitEvent");
#endif
    take_all(std::index_sequence_for<X...>{});
    has_batch_ = false;
#if ETCH_GPU
    taken_.record(current_stream());
#endif
    return batch_;
  }

 private:
  template <std::size_t... I>
  void put_all(std::index_sequence<I...>, const X&... x) {
    (etch::detail::held<I>(on_its_way_).put(x), ...);
  }
  template <std::size_t... I>
  void take_all(std::index_sequence<I...>) {
    ((batch_.template get<I>() = etch::detail::held<I>(on_its_way_).waiting), ...);
  }

  Pack<Prefetched<X>...> on_its_way_;
  Batch batch_;
  bool has_batch_ = false;
#if ETCH_GPU
  Stream stream_;
  Event copied_, taken_;
#endif
};

}  // namespace ETCH_PLACE
}  // namespace device
}  // namespace ETCH_ABI
}  // namespace etch

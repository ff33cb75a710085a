// Convolutions and gradients of their weights through cuDNN, with -DETCH_CUDNN=1 and -lcudnn; the implicit product otherwise, and for what
// convolution_of and weight_gradient_of do not find.
#pragma once

#include <etch/cuda/convolution.hpp>
#include <etch/cuda/machine.hpp>

#ifndef ETCH_CUDNN
#define ETCH_CUDNN 0
#endif
#if ETCH_CUDNN && !__has_include(<cudnn.h>)
#error "etch: cuda: ETCH_CUDNN needs cudnn.h"
#endif
#if ETCH_CUDNN
#include <cudnn.h>

#include <map>
#endif

namespace etch {
inline namespace ETCH_ABI {
namespace device {
#if ETCH_CUDNN
inline void check(cudnnStatus_t result, const char* call, const Message& about = {}) {
  if (result != CUDNN_STATUS_SUCCESS) fail("cuda", "a call must succeed", Message{} << call << (about.c_str()[0] != '\0' ? " for " : "") << about.c_str() << ": " << cudnnGetErrorString(result));
}
#endif
inline namespace ETCH_PLACE {

/// Whether convolutions may be cuDNN's, and the bytes it may work in.
inline constexpr bool has_cudnn = ETCH_CUDNN != 0;
inline constexpr std::size_t cudnn_workspace = has_cudnn ? std::size_t{32} << 20 : 0;

#if ETCH_CUDNN
/// cuDNN for this thread and its GPU.
inline cudnnHandle_t dnn() {
  struct Owner {
    cudnnHandle_t handle = nullptr;
    Owner() { check(cudnnCreate(&handle), "cudnnCreate"); }
    ~Owner() { (void)cudnnDestroy(handle); }
  };
  thread_local std::unique_ptr<Owner> owner[max_devices];
  auto& o = owner[current_device()];
  if (o == nullptr) o.reset(new Owner);
  return o->handle;
}

/// A description of cuDNN's, destroyed at the end.
template <class H, cudnnStatus_t (*Create)(H*), cudnnStatus_t (*Destroy)(H)>
struct DnnDescribed {
  H handle = nullptr;
  DnnDescribed() { check(Create(&handle), "a description of cuDNN"); }
  DnnDescribed(const DnnDescribed&) = delete;
  DnnDescribed& operator=(const DnnDescribed&) = delete;
  ~DnnDescribed() { (void)Destroy(handle); }
};
using DnnTensor = DnnDescribed<cudnnTensorDescriptor_t, cudnnCreateTensorDescriptor, cudnnDestroyTensorDescriptor>;
using DnnFilter = DnnDescribed<cudnnFilterDescriptor_t, cudnnCreateFilterDescriptor, cudnnDestroyFilterDescriptor>;
using DnnConvolution = DnnDescribed<cudnnConvolutionDescriptor_t, cudnnCreateConvolutionDescriptor, cudnnDestroyConvolutionDescriptor>;

/// A convolution as cuDNN is told of it, in at least two axes of places; `fits`: in its numbers.
template <class T>
struct DnnProblem {
  DnnTensor x, y;
  DnnFilter w;
  DnnConvolution convolution;
  bool fits = true;

  DnnProblem(const Convolution& c, const Message& about) {
    const int axes = c.spatial < 2 ? 2 : c.spatial, before = axes - c.spatial;
    int size[5], kernel[5], result[5], x_stride[5], y_stride[5], pad[3]{}, stride[3]{}, dilation[3]{};
    const auto put = [&](int& to, index_t n) {
      fits = fits && n >= 0 && n < (index_t{1} << 31);
      to = static_cast<int>(n);
    };
    put(size[0], c.items), put(size[1], c.channels), put(kernel[0], c.results), put(kernel[1], c.channels), put(result[0], c.items), put(result[1], c.results);
    for (int k = 0; k < 2; ++k) put(x_stride[k], c.x_stride[k]), put(y_stride[k], c.y_stride[k]);
    for (int i = 0; i < axes; ++i) {
      const int k = i - before;
      const bool is_there = k >= 0;  // else an axis of one place
      put(size[i + 2], is_there ? c.size[k] : 1), put(kernel[i + 2], is_there ? c.kernel[k] : 1), put(result[i + 2], is_there ? c.result[k] : 1);
      put(x_stride[i + 2], is_there ? c.x_stride[k + 2] : c.x_stride[1]), put(y_stride[i + 2], is_there ? c.y_stride[k + 2] : c.y_stride[1]);
      put(pad[i], is_there ? c.pad[k] : 0), put(stride[i], is_there ? c.stride[k] : 1), put(dilation[i], is_there ? c.dilation[k] : 1);
    }
    if (!fits) return;
    constexpr cudnnDataType_t type = std::is_same_v<T, double> ? CUDNN_DATA_DOUBLE : CUDNN_DATA_FLOAT;
    check(cudnnSetTensorNdDescriptor(x.handle, type, axes + 2, size, x_stride), "cudnnSetTensorNdDescriptor", about);
    check(cudnnSetTensorNdDescriptor(y.handle, type, axes + 2, result, y_stride), "cudnnSetTensorNdDescriptor", about);
    check(cudnnSetFilterNdDescriptor(w.handle, type, CUDNN_TENSOR_NCHW, axes + 2, kernel), "cudnnSetFilterNdDescriptor", about);
    check(cudnnSetConvolutionNdDescriptor(convolution.handle, axes, pad, stride, dilation, CUDNN_CROSS_CORRELATION, type), "cudnnSetConvolutionNdDescriptor", about);
    check(cudnnSetConvolutionMathType(convolution.handle, CUDNN_FMA_MATH), "cudnnSetConvolutionMathType", about);  // no TF32
  }
};

/// cuDNN's algorithm for a convolution or for its weight's gradient, asked for once: the quickest that gives the same bits each time and
/// works in so many bytes.
template <class Algorithm>
struct DnnChoice {
  bool known = false;
  Algorithm algorithm{};
  std::size_t bytes = 0;
};
template <class T, class Found, class Ask>
auto& dnn_choice(const Convolution& c, Ask ask) {
  using Choice = DnnChoice<decltype(Found::algo)>;
  thread_local std::map<Convolution, Choice> choices[max_devices];
  const auto [place, is_new] = choices[current_device()].try_emplace(c);
  Choice& choice = place->second;
  if (!is_new) return choice;
  constexpr int most = 16;
  Found found[most];
  int count = 0;
  if (ask(most, &count, found) != CUDNN_STATUS_SUCCESS) count = 0;
  for (int i = 0; i < count && !choice.known; ++i)
    if (found[i].status == CUDNN_STATUS_SUCCESS && found[i].determinism == CUDNN_DETERMINISTIC && found[i].memory <= cudnn_workspace) choice = {true, found[i].algo, found[i].memory};
  return choice;
}

/// Launches what has been found, y = the convolution of x with w or w' of x and y'; whether cuDNN knows it within its workspace.
template <class T>
bool dnn_convolution(const Convolution& c, const cpu::Machine& machine, T* to, char* workspace) {
  const Message about = Message{} << "a convolution of " << c.items << " items, " << c.channels << " to " << c.results << " channels, " << c.spatial << " axes";
  const DnnProblem<T> p(c, about);
  if (!p.fits) return false;
  const cudnnHandle_t handle = dnn();
  check(cudnnSetStream(handle, current_stream()), "cudnnSetStream", about);
  const T one = 1, zero = 0;
  const void* const x = machine.pointer(c.x);
  if (c.w >= 0) {
    const auto& choice = dnn_choice<T, cudnnConvolutionFwdAlgoPerf_t>(c, [&](int most, int* count, auto* found) { return cudnnGetConvolutionForwardAlgorithm_v7(handle, p.x.handle, p.w.handle, p.convolution.handle, p.y.handle, most, count, found); });
    if (!choice.known) return false;
    check(cudnnConvolutionForward(handle, &one, p.x.handle, x, p.w.handle, machine.pointer(c.w), p.convolution.handle, choice.algorithm, workspace, choice.bytes, &zero, p.y.handle, to), "cudnnConvolutionForward", about);
  } else {
    const auto& choice = dnn_choice<T, cudnnConvolutionBwdFilterAlgoPerf_t>(c, [&](int most, int* count, auto* found) { return cudnnGetConvolutionBackwardFilterAlgorithm_v7(handle, p.x.handle, p.y.handle, p.convolution.handle, p.w.handle, most, count, found); });
    if (!choice.known) return false;
    check(cudnnConvolutionBackwardFilter(handle, &one, p.x.handle, x, p.y.handle, machine.pointer(c.y), p.convolution.handle, choice.algorithm, workspace, choice.bytes, &zero, p.w.handle, to), "cudnnConvolutionBackwardFilter", about);
  }
  return true;
}
#endif

/// Computes a step's product over windows to `to`, where cuDNN does; whether it did. An epilogue is what follows.
template <class T>
bool run_cudnn([[maybe_unused]] const cpu::detail::WindowDot<T>& dot, [[maybe_unused]] T* to, [[maybe_unused]] char* workspace) {
#if ETCH_CUDNN
  if constexpr (std::is_same_v<T, float> || std::is_same_v<T, double>) {
    for (const Convolution& c : {convolution_of(dot), weight_gradient_of(dot)})
      if (c.spatial > 0) return dnn_convolution<T>(c, dot.machine, to, workspace);
  }
#endif
  return false;
}

}  // namespace ETCH_PLACE
}  // namespace device
}  // namespace ETCH_ABI
}  // namespace etch

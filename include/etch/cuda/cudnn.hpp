// Convolutions through cuDNN, with -DETCH_CUDNN=1 and -lcudnn; the implicit product otherwise, and for what convolution_of does not find.
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

/// cuDNN's choice for a convolution; the numbers it wants, of at least two axes of places.
struct DnnChoice {
  bool known = false;
  cudnnConvolutionFwdAlgo_t algorithm{};
  std::size_t bytes = 0;
};

/// y = the convolution of x with w; whether cuDNN knows it within its workspace.
template <class T>
bool dnn_convolution(const Convolution& c, const void* x, const void* w, void* y, char* workspace) {
  const Message about = Message{} << "a convolution of " << c.items << " items, " << c.channels << " to " << c.results << " channels, " << c.spatial << " axes";
  const int axes = c.spatial < 2 ? 2 : c.spatial, before = axes - c.spatial;
  int size[5], kernel[5], result[5], x_stride[5], y_stride[5], pad[3]{}, stride[3]{}, dilation[3]{};
  const auto fits = [](index_t n) { return n >= 0 && n < (index_t{1} << 31); };
  bool all_fit = true;
  const auto put = [&](int& to, index_t n) {
    all_fit = all_fit && fits(n);
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
  if (!all_fit) return false;
  constexpr cudnnDataType_t type = std::is_same_v<T, double> ? CUDNN_DATA_DOUBLE : CUDNN_DATA_FLOAT;
  const DnnTensor from, to;
  const DnnFilter filter;
  const DnnConvolution convolution;
  check(cudnnSetStream(dnn(), current_stream()), "cudnnSetStream", about);
  check(cudnnSetTensorNdDescriptor(from.handle, type, axes + 2, size, x_stride), "cudnnSetTensorNdDescriptor", about);
  check(cudnnSetTensorNdDescriptor(to.handle, type, axes + 2, result, y_stride), "cudnnSetTensorNdDescriptor", about);
  check(cudnnSetFilterNdDescriptor(filter.handle, type, CUDNN_TENSOR_NCHW, axes + 2, kernel), "cudnnSetFilterNdDescriptor", about);
  check(cudnnSetConvolutionNdDescriptor(convolution.handle, axes, pad, stride, dilation, CUDNN_CROSS_CORRELATION, type), "cudnnSetConvolutionNdDescriptor", about);
  check(cudnnSetConvolutionMathType(convolution.handle, CUDNN_FMA_MATH), "cudnnSetConvolutionMathType", about);  // no TF32
  thread_local std::map<std::pair<Convolution, int>, DnnChoice> choices[max_devices];
  const auto [place, is_new] = choices[current_device()].try_emplace({c, static_cast<int>(type)});
  DnnChoice& choice = place->second;
  if (is_new) {
    cudnnConvolutionFwdAlgoPerf_t found[CUDNN_CONVOLUTION_FWD_ALGO_COUNT];
    int count = 0;
    const cudnnStatus_t asked = cudnnGetConvolutionForwardAlgorithm_v7(dnn(), from.handle, filter.handle, convolution.handle, to.handle, CUDNN_CONVOLUTION_FWD_ALGO_COUNT, &count, found);
    if (CUDNN_STATUS_SUCCESS != asked) count = 0;
    for (int i = 0; i < count && !choice.known; ++i)
      if (found[i].status == CUDNN_STATUS_SUCCESS && found[i].memory <= cudnn_workspace) choice = {true, found[i].algo, found[i].memory};
  }
  if (!choice.known) return false;
  const T one = 1, zero = 0;
  check(cudnnConvolutionForward(dnn(), &one, from.handle, x, filter.handle, w, convolution.handle, choice.algorithm, workspace, choice.bytes, &zero, to.handle, y), "cudnnConvolutionForward", about);
  return true;
}
#endif

/// Computes a step's product over windows to `to`, where cuDNN does; whether it did. An epilogue is what follows.
template <class T>
bool run_cudnn([[maybe_unused]] const cpu::detail::WindowDot<T>& dot, [[maybe_unused]] T* to, [[maybe_unused]] char* workspace) {
#if ETCH_CUDNN
  if constexpr (std::is_same_v<T, float> || std::is_same_v<T, double>) {
    const Convolution c = convolution_of(dot);
    if (c.spatial > 0) return dnn_convolution<T>(c, dot.machine.pointer(c.x), dot.machine.pointer(c.w), to, workspace);
  }
#endif
  return false;
}

}  // namespace ETCH_PLACE
}  // namespace device
}  // namespace ETCH_ABI
}  // namespace etch

// Tensors on a GPU: the device is in the type, so that what would mix devices does not compile.
//
//   auto xg = x.to(gpu);   GpuTensor y = relu(xg) * 2;   Tensor back = y.to(Cpu{});
#pragma once

#include <etch/cuda/memory.hpp>
#include <etch/expr/tensor.hpp>
#include <etch/expr/values.hpp>
#include <etch/model/make.hpp>

namespace etch {
inline namespace ETCH_ABI {

template <class T, auto... D>
class GpuTensor;

/// The GPU this thread uses, as a place in types.
struct Gpu {
  using is_device = void;
  template <class T, auto... D>
  GpuTensor<T, D...> copy(const Tensor<T, D...>& x) const;
  template <class M>
  Model<M, Gpu> copy(const Model<M>& model) const;
};
inline constexpr Gpu gpu{};

/// Such a tensor's place in an expression.
template <class T, auto... D>
struct GpuLeaf {
  using tracer = typename TensorLeaf<T, D...>::tracer;
  static constexpr int nodes = 0, places = on_gpu;
  device::Block block;
  void* data = nullptr;
  int sizes[sizeof...(D) == 0 ? 1 : sizeof...(D)]{};

  static constexpr tracer trace(detail::Builder& b) { return TensorLeaf<T, D...>::trace(b); }
  static constexpr tracer lower(detail::Builder& b) { return TensorLeaf<T, D...>::lower(b); }
  void bind(Bindings& to) const { to.bind(data, sizes); }
};

/// One element on a GPU: reading waits for it and copies one number, and so does writing. Fine for a few; a program does many.
template <class T>
class GpuElement {
 public:
  GpuElement(const device::Block& block, T* at) : block_(block), at_(at) {}
  GpuElement(const GpuElement&) = default;
  operator T() const {
    T value{};
    device::read(&value, at_, sizeof value);
    return value;
  }
  const GpuElement& operator=(T value) const {
    device::copy_in(at_, &value, sizeof value);
    device::synchronize();  // the copy reads a number of this call
    return *this;
  }
  const GpuElement& operator=(const GpuElement& o) const { return *this = static_cast<T>(o); }
  const GpuElement& operator+=(T x) const { return *this = static_cast<T>(static_cast<T>(*this) + x); }
  const GpuElement& operator-=(T x) const { return *this = static_cast<T>(static_cast<T>(*this) - x); }
  const GpuElement& operator*=(T x) const { return *this = static_cast<T>(static_cast<T>(*this) * x); }
  const GpuElement& operator/=(T x) const { return *this = static_cast<T>(static_cast<T>(*this) / x); }

 private:
  device::Block block_;
  T* at_;
};

/// A dense row-major tensor on a GPU; copies are deep, and assignment writes through the existing memory, as everywhere.
template <class T, auto... D>
class GpuTensor {
 public:
  using host = Tensor<T, D...>;
  using value_type = T;
  using tracer = typename host::tracer;
  static constexpr int rank = host::rank, bounded = host::bounded;
  static constexpr Dims dims(int source = 0) { return host::dims(source); }

  GpuTensor() : block_(bytes, "a tensor") { resize_to_bounds(); }
  explicit GpuTensor(const host& x) : GpuTensor() { copy_(x); }
  GpuTensor(const GpuTensor& o) : GpuTensor() { *this = o; }
  GpuTensor(GpuTensor&&) noexcept = default;
  /// Evaluates an expression into new memory.
  template <Operand E>
  GpuTensor(const E& e) : GpuTensor() {
    *this = e;
  }
  GpuTensor& operator=(const GpuTensor& o) {
    if (this == &o) return *this;
    resize(o.sizes_);
    device::copy_across(block_.data(), o.block_.data(), static_cast<std::size_t>(numel()) * sizeof(T));
    return *this;
  }
  GpuTensor& operator=(GpuTensor&& o) { return *this = static_cast<const GpuTensor&>(o); }
  template <Operand E>
  GpuTensor& operator=(const E& e);  // cuda/assign.hpp

  /// Takes over numbers from the CPU without allocating.
  GpuTensor& copy_(const host& x) {
    resize(x.sizes());
    device::copy_in(block_.data(), x.data(), static_cast<std::size_t>(x.numel()) * sizeof(T));
    return *this;
  }
  /// A copy on the CPU; waits for what is being computed.
  host to(Cpu) const {
    host r;
    r.resize(sizes_);
    device::read(r.data(), block_.data(), static_cast<std::size_t>(numel()) * sizeof(T));
    return r;
  }
  host cpu() const { return to(Cpu{}); }
  GpuTensor to(Gpu) const { return *this; }
  /// The only element.
  T item() const { return cpu().item(); }
  /// One element, by a full index; negative indices count from the end.
  template <class... I>
    requires(sizeof...(I) == sizeof...(D) && (std::is_integral_v<I> && ...))
  GpuElement<T> operator()(I... i) {
    const std::int64_t index[] = {static_cast<std::int64_t>(i)..., 0};
    return {block_, data() + detail::element_offset<rank>(sizes_, index)};
  }
  template <class... I>
    requires(sizeof...(I) == sizeof...(D) && (std::is_integral_v<I> && ...))
  T operator()(I... i) const {
    return const_cast<GpuTensor&>(*this)(i...);
  }
  /// A part, as of a tensor on the CPU: without index tensors a view, which reads, and writes, this tensor's memory.
  template <class... I>
    requires detail::partial_index<sizeof...(D), I...>
  auto operator()(const I&... i) {
    return detail::item_of_tensor(*this, i...);
  }
  template <class... I>
    requires detail::partial_index<sizeof...(D), I...>
  auto operator()(const I&... i) const -> std::add_const_t<decltype(detail::item_of_tensor(*this, i...))> {
    return detail::item_of_tensor(*this, i...);
  }

  T* data() const { return reinterpret_cast<T*>(block_.data()); }
  int size(int i) const { return sizes_[i < 0 ? i + rank : i]; }
  const int* sizes() const { return sizes_; }
  std::int64_t numel() const {
    std::int64_t n = 1;
    for (int i = 0; i < rank; ++i) n *= sizes_[i];
    return n;
  }
  GpuLeaf<T, D...> leaf() const {
    GpuLeaf<T, D...> l{block_, block_.data(), {}};
    for (int i = 0; i < rank; ++i) l.sizes[i] = sizes_[i];
    return l;
  }
  void resize(const int* sizes) {
    for (int i = 0; i < rank; ++i) sizes_[i] = sizes[i];
  }

 private:
  static constexpr std::size_t bytes = static_cast<std::size_t>(capacity_of<D...>) * sizeof(T);
  void resize_to_bounds() {
    constexpr Dims d = dims_of<D...>();
    for (int i = 0; i < rank; ++i) sizes_[i] = d[i].size;
  }
  device::Block block_;
  int sizes_[rank == 0 ? 1 : rank]{};
};

template <class F, class Args, class T, auto... D>
GpuTensor(const Lazy<F, Args, T, D...>&) -> GpuTensor<T, D...>;
template <class T, auto... D>
GpuTensor(const Tensor<T, D...>&) -> GpuTensor<T, D...>;
GpuTensor(const Poison&) -> GpuTensor<float>;

/// A model's place in an expression.
template <class M>
struct GpuModelLeaf {
  using tracer = detail::ModelTracer<M>;
  static constexpr int nodes = 0, places = on_gpu;
  device::Block block;
  static constexpr tracer trace(detail::Builder& b) { return detail::ModelLeaf<M>::trace(b); }
  void bind(Bindings& to) const { to.bind(block.data()); }
};

/// A shared handle of a model's block on a GPU. Copying the handle shares the parameters.
template <class M>
class Model<M, Gpu> {
 public:
  using module_type = M;
  static constexpr std::size_t bytes = sizeof(M);

  explicit Model(device::Block block) : block_(static_cast<device::Block&&>(block)) {}
  /// A copy on the CPU; waits for what is being computed.
  Model<M> to(Cpu) const {
    Model<M> r{Storage(sizeof(M))};
    device::read(r.data(), block_.data(), sizeof(M));
    return r;
  }
  Model<M> cpu() const { return to(Cpu{}); }
  Model to(Gpu) const { return *this; }
  /// Takes over the parameters of a model on the CPU without allocating.
  void copy_(const Model<M>& model) { device::copy_in(block_.data(), model.data(), sizeof(M)); }
  Model clone() const {
    Model other{device::Block(sizeof(M), "a model")};
    device::copy_across(other.data(), data(), sizeof(M));
    return other;
  }
  void* data() const { return block_.data(); }
  /// The model applied to tensors on the GPU, in eval mode: one lazy node.
  template <Operand... X>
  auto operator()(const X&... x) const {
    return apply<detail::call_model_fn<M>>(*this, x...);
  }
  GpuModelLeaf<M> leaf() const { return {block_}; }

 private:
  device::Block block_;
};

template <class T, auto... D>
GpuTensor<T, D...> Gpu::copy(const Tensor<T, D...>& x) const {
  return GpuTensor<T, D...>(x);
}
template <class M>
Model<M, Gpu> Gpu::copy(const Model<M>& model) const {
  Model<M, Gpu> r{device::Block(sizeof(M), "a model")};
  r.copy_(model);
  return r;
}

namespace detail {
template <class X>
inline constexpr bool is_gpu_tensor = false;
template <class T, auto... D>
inline constexpr bool is_gpu_tensor<GpuTensor<T, D...>> = true;

/// Results on the CPU as results on a GPU.
template <class R>
struct on_gpu_of;
template <class T, auto... D>
struct on_gpu_of<Tensor<T, D...>> {
  using type = GpuTensor<T, D...>;
};
template <class... X>
struct on_gpu_of<Values<X...>> {
  using type = Values<typename on_gpu_of<X>::type...>;
};
template <class V, class G>
struct on_gpu_of<ValueAndGradient<V, G>> {
  using type = ValueAndGradient<typename on_gpu_of<V>::type, typename on_gpu_of<G>::type>;
};
}  // namespace detail

}  // namespace ETCH_ABI
}  // namespace etch

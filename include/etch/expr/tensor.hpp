// Tensor: numbers in row-major order on the heap, with the shape in the type.
#pragma once

#include <etch/core/storage.hpp>
#include <etch/expr/pick.hpp>

#include <initializer_list>

namespace etch {
inline namespace ETCH_ABI {

template <class T, auto... D>
class Tensor;

/// A tensor's place in an expression: a handle that shares its memory, so that an expression may outlive the tensor.
template <class T, auto... D>
struct TensorLeaf {
  using tracer = Tracer<T, D...>;
  static constexpr int nodes = 0;
  Storage storage;
  void* data = nullptr;
  int sizes[sizeof...(D) == 0 ? 1 : sizeof...(D)]{};

  static constexpr tracer trace(detail::Builder& b) {
    const auto s = b.shape_of(dims_of<D...>());
    const int slot = b.add_slot(detail::SlotKind::tensor, dtype_of<T>, s);
    return {&b, b.input(slot, 0, dtype_of<T>, s)};
  }
  static constexpr tracer lower(detail::Builder& b) {
    static_assert(sizeof...(D) > 100, "etch: trace: a tensor was captured by a traced function; pass it as an argument");
    return {&b, b.constant(0, dtype_of<T>, b.shape_of(dims_of<D...>()))};  // so that the mistake is one error
  }
  void bind(Bindings& to) const { to.bind(data, sizes); }
};

namespace detail {
template <class T, int Rank>
struct nested {
  using type = std::initializer_list<typename nested<T, Rank - 1>::type>;
};
template <class T>
struct nested<T, 0> {
  using type = T;
};

template <class T, int Rank>
struct Filler {
  static void fill(T*& to, const int* sizes, const typename nested<T, Rank>::type& from) {
    if (static_cast<int>(from.size()) != sizes[0])
      fail("tensor", "every row must hold as many values as its dimension", Message{} << "expected " << sizes[0] << ", got " << static_cast<long>(from.size()));
    for (const auto& row : from) Filler<T, Rank - 1>::fill(to, sizes + 1, row);
  }
};
template <class T>
struct Filler<T, 0> {
  static void fill(T*& to, const int*, const T& value) { *to++ = value; }
};

/// Where an element lies in row-major order; negative indices count from the end.
template <int Rank>
ETCH_INLINE std::int64_t element_offset(const int* sizes, const std::int64_t* index) {
  std::int64_t at = 0;
  for (int k = 0; k < Rank; ++k) {
    const std::int64_t j = index[k] < 0 ? index[k] + sizes[k] : index[k];
#if ETCH_CHECKS
    if (j < 0 || j >= sizes[k]) fail("index", "an index must lie within its dimension", Message{} << "got " << index[k] << " for size " << sizes[k] << " of axis " << k);
#endif
    at = at * sizes[k] + j;
  }
  return at;
}

template <auto D>
constexpr bool is_bounded() {
  if constexpr (std::is_integral_v<decltype(D)>) return false;
  else return decltype(D)::bounded;
}
}  // namespace detail

/// A dense row-major tensor, 64-byte aligned, zero at first; copies are deep, moves are cheap, and assignment writes
/// through the existing memory. Sizes are `int`s, named dims or bounded dims; bounded ones are given to the constructor.
template <class T, auto... D>
  requires canonical<D...>
class Tensor<T, D...> {
 public:
  using value_type = T;
  using tracer = Tracer<T, D...>;
  static constexpr int rank = sizeof...(D);
  static constexpr int bounded = (0 + ... + (detail::is_bounded<D>() ? 1 : 0));
  static constexpr Dims dims(int source = 0) { return dims_of<D...>(source); }
  static_assert(detail::no_negative_size(dims_of<D...>()), "etch: tensor: sizes must not be negative");

  Tensor() : storage_(static_cast<std::size_t>(capacity_of<D...>) * sizeof(T)) { set_sizes(nullptr, 0); }
  /// The actual sizes of the bounded dims, in order.
  template <class... Size>
    requires(sizeof...(Size) == static_cast<std::size_t>(bounded) && bounded > 0 && (std::is_integral_v<Size> && ...))
  explicit Tensor(Size... size) : storage_(static_cast<std::size_t>(capacity_of<D...>) * sizeof(T)) {
    const int given[] = {static_cast<int>(size)...};
    set_sizes(given, bounded);
  }
  Tensor(const typename detail::nested<T, rank>::type& rows)
    requires(rank > 0 && bounded == 0)
      : Tensor() {
    T* to = data();
    detail::Filler<T, rank>::fill(to, sizes_, rows);
  }
  explicit Tensor(T value)
    requires(rank == 0)
      : Tensor() {
    *data() = value;
  }
  Tensor(const Tensor& o) : Tensor(Uninitialised{}, o.sizes_) { std::memcpy(static_cast<void*>(data()), o.data(), static_cast<std::size_t>(numel()) * sizeof(T)); }
  Tensor(Tensor&& o) noexcept = default;
  /// Evaluates an expression into new memory.
  template <Operand E>
  Tensor(const E& e);  // run/assign.hpp
  Tensor& operator=(const Tensor& o) {
    if (this == &o) return *this;
    resize(o.sizes_);
    std::memmove(static_cast<void*>(data()), o.data(), static_cast<std::size_t>(numel()) * sizeof(T));
    return *this;
  }
  Tensor& operator=(Tensor&& o) { return *this = static_cast<const Tensor&>(o); }
  /// Evaluates an expression into this tensor's memory; the expression may read this tensor.
  template <Operand E>
  Tensor& operator=(const E& e);  // run/assign.hpp
  ~Tensor() = default;

  T* data() { return static_cast<T*>(storage_.data()); }
  const T* data() const { return static_cast<const T*>(storage_.data()); }
  /// The actual size of axis `i`.
  int size(int i) const { return sizes_[i < 0 ? i + rank : i]; }
  const int* sizes() const { return sizes_; }
  std::int64_t numel() const {
    std::int64_t n = 1;
    for (int i = 0; i < rank; ++i) n *= sizes_[i];
    return n;
  }
  /// The only element.
  T item() const {
    static_assert(capacity_of<D...> == 1, "etch: item: the tensor must hold one element");
    return *data();
  }
  /// One element, by a full index; negative indices count from the end.
  template <class... I>
    requires(sizeof...(I) == sizeof...(D) && (std::is_integral_v<I> && ...))
  T& operator()(I... i) {
    return data()[offset(i...)];
  }
  template <class... I>
    requires(sizeof...(I) == sizeof...(D) && (std::is_integral_v<I> && ...))
  const T& operator()(I... i) const {
    return data()[offset(i...)];
  }
  /// A part, as Python's `x[...]`: numbers fix an axis, `every`, `Slice<...>`, `ellipsis` and `newaxis` keep or add axes,
  /// tensors of integers gather. Without such tensors it is a view: it reads, and writes, this tensor's memory.
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
  /// A copy on another device: `x.to(gpu)`, of <etch/cuda.hpp>.
  template <class Device>
    requires requires { typename Device::is_device; }
  auto to(const Device& device) const {
    return device.copy(*this);
  }
  TensorLeaf<T, D...> leaf() const {
    TensorLeaf<T, D...> l{storage_, storage_.data(), {}};
    for (int i = 0; i < rank; ++i) l.sizes[i] = sizes_[i];
    return l;
  }
  /// A tensor every element of which is written next: what it holds until then is not known.
  static Tensor unwritten()
    requires(bounded == 0)
  {
    Tensor r(Storage(static_cast<std::size_t>(capacity_of<D...>) * sizeof(T), false));
    r.set_sizes(nullptr, 0);
    return r;
  }
  /// A tensor over memory that the caller owns; see `from_blob`.
  static Tensor over(T* memory, const int* sizes = nullptr) {
    Tensor r(Storage::over(memory));
    r.set_sizes(sizes, sizes == nullptr ? 0 : bounded);
    return r;
  }
  /// Changes the actual sizes of bounded dims; memory stays, since it was planned for the bound.
  void resize(const int* sizes) {
    for (int i = 0; i < rank; ++i) sizes_[i] = sizes[i];
  }

 private:
  struct Uninitialised {};
  explicit Tensor(Storage&& s) : storage_(static_cast<Storage&&>(s)) {}
  Tensor(Uninitialised, const int* sizes) : storage_(static_cast<std::size_t>(capacity_of<D...>) * sizeof(T), bounded != 0) { resize(sizes); }
  void set_sizes(const int* given, int count) {
    constexpr Dims d = dims_of<D...>();
    int next = 0;
    for (int i = 0; i < rank; ++i) {
      sizes_[i] = d[i].size;
      if (!d[i].bounded || count == 0) continue;
      if (given[next] < 0 || given[next] > d[i].size)
        fail("tensor", "a bounded size must be at least 0 and at most its bound", Message{} << "got " << given[next] << ", bound " << d[i].size);
      sizes_[i] = given[next++];
    }
  }
  template <class... I>
  std::int64_t offset(I... i) const {
    const std::int64_t index[] = {static_cast<std::int64_t>(i)..., 0};
    return detail::element_offset<rank>(sizes_, index);
  }

  Storage storage_;
  int sizes_[rank == 0 ? 1 : rank]{};
};

namespace detail {
template <auto D>
constexpr auto canonical_dim() {
  static_assert(std::is_integral_v<decltype(D)> || std::is_class_v<decltype(D)>, "etch: tensor: sizes must be integers, named or bounded dims");
  if constexpr (std::is_class_v<decltype(D)>) return D;
  else if constexpr (std::is_integral_v<decltype(D)>) return static_cast<int>(D);
  else return 0;
}
}  // namespace detail

/// Sizes of any integer type name the same tensor.
template <class T, auto... D>
  requires(!canonical<D...>)
class Tensor<T, D...> : public Tensor<T, detail::canonical_dim<D>()...> {
 public:
  using Base = Tensor<T, detail::canonical_dim<D>()...>;
  using Base::Base;
  using Base::operator=;
};

namespace detail {
/// The tensor a tracer stands for; only its type is used.
template <class T, auto... D>
Tensor<T, D...> tensor_like(Tracer<T, D...>);
}  // namespace detail

/// A tensor over dense memory that the caller owns and keeps alive: reading and writing it reads and writes that memory. Sizes of
/// bounded dims follow. Copies of it are tensors of their own, as all copies.
template <class T, auto... D, class... Size>
  requires(canonical<D...> && sizeof...(Size) == static_cast<std::size_t>(Tensor<T, D...>::bounded))
Tensor<T, D...> from_blob(T* memory, Size... size) {
  const int sizes[] = {static_cast<int>(size)..., 0};
  return Tensor<T, D...>::over(memory, sizeof...(Size) == 0 ? nullptr : sizes);
}

template <class F, class Args, class T, auto... D>
Tensor(const Lazy<F, Args, T, D...>&) -> Tensor<T, D...>;
Tensor(const Poison&) -> Tensor<float>;

}  // namespace ETCH_ABI
}  // namespace etch

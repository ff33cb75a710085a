// All parameters of a model as one vector, and back: what an optimizer from elsewhere wants.
//
//   Tensor v = nn::utils::parameters_to_vector(model);   nn::utils::vector_to_parameters(v * 0.5f, model);
#pragma once

#include <etch/model/make.hpp>
#include <etch/run/assign.hpp>

#include <cstring>

namespace etch {
inline namespace ETCH_ABI {
namespace detail {

/// How many numbers a model learns, and of which type.
template <class M>
struct learnt_numbers {
  static constexpr DType dtype() {
    for (const TensorInfo& t : layout<M>.tensor)
      if (t.role == Role::parameter) return t.dtype;
    return DType::float32;
  }
  static constexpr int make() {
    int n = 0;
    for (int i = 0; i < layout<M>.tensors; ++i) {
      const TensorInfo& t = layout<M>.tensor[i];
      if (t.role != Role::parameter) continue;
      if (t.dtype != dtype()) return -1;
      n += t.count;
    }
    return n;
  }
  static constexpr int count = make();
  static constexpr bool one_dtype = count >= 0;
  static_assert(one_dtype, "etch: parameters_to_vector: all parameters must have one dtype");
  using value_type = type_of<dtype()>;
  using vector = Tensor<value_type, (one_dtype ? count : 0)>;
};
/// f(where it stands in the model, where in the vector, bytes), for each parameter.
template <class M, class F>
void each_learnt(F f) {
  std::size_t at = 0;
  for (int i = 0; i < layout<M>.tensors; ++i) {
    const TensorInfo& t = layout<M>.tensor[i];
    if (t.role != Role::parameter) continue;
    const std::size_t bytes = static_cast<std::size_t>(t.count) * size_of(t.dtype);
    f(t.offset, at, bytes);
    at += bytes;
  }
}
}  // namespace detail

namespace nn::utils {

/// The numbers of all parameters, one tensor after another; of a gradient too, which is an object of the model's type.
template <class M>
  requires etch::detail::Module<M>
auto parameters_to_vector(const M& module) {
  typename etch::detail::learnt_numbers<M>::vector v;
  etch::detail::each_learnt<M>([&](std::size_t from, std::size_t to, std::size_t bytes) { std::memcpy(reinterpret_cast<char*>(v.data()) + to, reinterpret_cast<const char*>(&module) + from, bytes); });
  return v;
}
template <class M>
auto parameters_to_vector(const Model<M>& model) {
  return parameters_to_vector(*model);
}
/// Writes the numbers of a vector (or of an expression) into all parameters, in the same order.
template <class M, Operand V>
void vector_to_parameters(const V& vector, const Model<M>& model) {
  const typename etch::detail::learnt_numbers<M>::vector v = vector;
  etch::detail::each_learnt<M>([&](std::size_t to, std::size_t from, std::size_t bytes) { std::memcpy(static_cast<char*>(model.data()) + to, reinterpret_cast<const char*>(v.data()) + from, bytes); });
}

}  // namespace nn::utils
}  // namespace ETCH_ABI
}  // namespace etch

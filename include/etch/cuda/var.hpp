// GpuVar: a variable whose value and gradient lie on a GPU. `GpuVar<float, 3, 2> w = x.to(gpu);   backward(sum(w * w));   w.grad();`
#pragma once

#include <etch/cuda/program.hpp>
#include <etch/run/var.hpp>

namespace etch {
inline namespace ETCH_ABI {

/// Such a variable's place in an expression.
template <class T, auto... D>
struct GpuVarLeaf {
  using tracer = Tracer<T, D...>;
  static constexpr int nodes = 0, places = on_gpu;
  GpuLeaf<T, D...> value;
  device::Block gradient;
  Storage collector;

  static constexpr tracer trace(detail::Builder& b) { return VarLeaf<T, D...>::trace(b); }
  constexpr tracer lower(detail::Builder& b) const { return GpuLeaf<T, D...>::lower(b); }
  void bind(Bindings& to) const {
    value.bind(to);
    to.gradient[to.count - 1] = collector.data();
  }
};

/// A tensor on a GPU that collects a gradient there.
template <class T, auto... D>
class GpuVar : public GpuTensor<T, D...>, public detail::Collects<GpuTensor<T, D...>> {
  static_assert(!std::is_integral_v<T>, "etch: Var: only floating values have a gradient");

 public:
  using Base = GpuTensor<T, D...>;
  GpuVar() = default;
  GpuVar(const Base& value) : Base(value) {}
  explicit GpuVar(const Tensor<T, D...>& value) : Base(value) {}
  template <Operand E>
  GpuVar(const E& e) : Base(e) {}
  GpuVar(const GpuVar&) = default;
  GpuVar& operator=(const GpuVar& o) {
    Base::operator=(o);
    return *this;
  }
  using Base::operator=;
  GpuVar& requires_grad_(bool collects = true) {
    detail::Collects<Base>::requires_grad_(collects);
    return *this;
  }
  GpuVarLeaf<T, D...> leaf() const { return {Base::leaf(), this->grad().leaf().block, this->collector_handle()}; }
};

}  // namespace ETCH_ABI
}  // namespace etch

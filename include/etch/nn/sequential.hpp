// Sequential: modules of any types, applied one after another; members "0", "1", ...
#pragma once

#include <etch/model/module.hpp>

namespace etch {
inline namespace ETCH_ABI {
namespace nn {

namespace detail {
template <std::size_t I, class M>
struct SequentialItem {
  M module;
};
template <class X>
struct Flow {
  X value;
  template <class M>
  friend constexpr auto operator|(Flow x, const M& m) {
    return Flow<decltype(m(x.value))>{m(x.value)};
  }
};
template <class I, class... M>
struct SequentialItems;
template <std::size_t... I, class... M>
struct SequentialItems<std::index_sequence<I...>, M...> : SequentialItem<I, M>... {
  static constexpr const char* etch_names = "#";
  constexpr void etch_members(auto&& f) const { (f(static_cast<const SequentialItem<I, M>&>(*this).module), ...); }
  constexpr void etch_members(auto&& f) { (f(static_cast<SequentialItem<I, M>&>(*this).module), ...); }
  constexpr auto forward(auto x) const {
    return (Flow<decltype(x)>{x} | ... | static_cast<const SequentialItem<I, M>&>(*this).module).value;
  }
  constexpr auto operator()(const auto& x) const { return forward(x); }
};
template <std::size_t I, class M>
constexpr M& item_of(SequentialItem<I, M>& s) {
  return s.module;
}
template <std::size_t I, class M>
constexpr const M& item_of(const SequentialItem<I, M>& s) {
  return s.module;
}
}  // namespace detail

/// torch.nn.Sequential: `Sequential<Linear<4, 64>, Tanh, Linear<64, 2>>`.
template <class... M>
struct Sequential : detail::SequentialItems<std::index_sequence_for<M...>, M...> {
  /// Member I: `get<0>().weight`.
  template <std::size_t I>
  constexpr auto& get() {
    return detail::item_of<I>(*this);
  }
  template <std::size_t I>
  constexpr const auto& get() const {
    return detail::item_of<I>(*this);
  }
};

}  // namespace nn
}  // namespace ETCH_ABI
}  // namespace etch

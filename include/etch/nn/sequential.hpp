// Modules of any types in one: Sequential applies them one after another; ModuleList and ModuleDict only hold them.
//
//   Sequential and ModuleList: members "0", "1", ..., get<0>()      ModuleDict: members by name, get<"left">()
#pragma once

#include <etch/core/text.hpp>
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
template <class F, class X>
struct Folded {
  const F& f;
  X value;
  template <class M>
  friend constexpr auto operator|(const Folded& x, const M& m) {
    return Folded<F, decltype(x.f(x.value, m))>{x.f, x.f(x.value, m)};
  }
};
template <class I, class... M>
struct SequentialItems;
template <std::size_t... I, class... M>
struct SequentialItems<std::index_sequence<I...>, M...> : SequentialItem<I, M>... {
  static constexpr const char* etch_names = "#";
  constexpr void etch_members(auto&& f) const { (f(static_cast<const SequentialItem<I, M>&>(*this).module), ...); }
  constexpr void etch_members(auto&& f) { (f(static_cast<SequentialItem<I, M>&>(*this).module), ...); }
  constexpr auto through(auto x) const {
    return (Flow<decltype(x)>{x} | ... | static_cast<const SequentialItem<I, M>&>(*this).module).value;
  }
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

namespace detail {
/// Members by number.
template <class... M>
struct Items : SequentialItems<std::index_sequence_for<M...>, M...> {
  static constexpr int size() { return sizeof...(M); }
  /// Member I: `get<0>().weight`.
  template <std::size_t I>
  constexpr auto& get() {
    return item_of<I>(*this);
  }
  template <std::size_t I>
  constexpr const auto& get() const {
    return item_of<I>(*this);
  }
};
}  // namespace detail

/// torch.nn.Sequential: `Sequential<Linear<4, 64>, Tanh, Linear<64, 2>>`.
template <class... M>
struct Sequential : detail::Items<M...> {
  constexpr auto forward(auto x) const { return this->through(x); }
  constexpr auto operator()(const auto& x) const { return forward(x); }
};

/// torch.nn.ModuleList: modules that are not applied by themselves, `ModuleList<Linear<4, 8>, Linear<8, 2>>`; equal ones by a number
/// that is not known to the compiler are a `Repeat`.
template <class... M>
struct ModuleList : detail::Items<M...> {
  /// f(x, module) for each in turn, x what the last returned.
  template <class F>
  constexpr auto fold(auto x, const F& f) const {
    return [&]<std::size_t... I>(std::index_sequence<I...>) { return (detail::Folded<F, decltype(x)>{f, x} | ... | this->template get<I>()).value; }(std::index_sequence_for<M...>{});
  }
};
/// torch.nn.ParameterList: `ParameterList<Param<float, 3>, Param<float, 2, 2>>`.
template <class... P>
using ParameterList = ModuleList<P...>;

/// A module (or a parameter) and its name in a ModuleDict.
template <Text Name, class M>
struct Entry {
  static constexpr Text name = Name;
  using module_type = M;
};
namespace detail {
/// Names with commas between them.
template <class... E>
struct JoinedNames {
  char at[(1 + ... + (E::name.size + 2))]{};
  constexpr JoinedNames() {
    int n = 0;
    (add(E::name, n), ...);
  }
  template <int N>
  constexpr void add(const Text<N>& name, int& n) {
    if (n > 0) at[n++] = ',', at[n++] = ' ';
    for (int i = 0; i + 1 < N; ++i) at[n++] = name.at[i];
  }
};
template <class... E>
inline constexpr JoinedNames<E...> joined_names{};
/// Whether two names are the same.
template <int A, int B>
constexpr bool same_name(const Text<A>& a, const Text<B>& b) {
  if (A != B) return false;
  for (int i = 0; i < A; ++i)
    if (a.at[i] != b.at[i]) return false;
  return true;
}
}  // namespace detail
/// torch.nn.ModuleDict: `ModuleDict<Entry<"left", Linear<4, 8>>, Entry<"right", Linear<4, 8>>>`, `get<"left">()`.
template <class... E>
struct ModuleDict : detail::SequentialItems<std::index_sequence_for<E...>, typename E::module_type...> {
  static constexpr const char* etch_names = detail::joined_names<E...>.at;
  template <Text Name>
  static constexpr int find() {
    int at = -1, i = 0;
    ((at = detail::same_name(Name, E::name) ? i : at, ++i), ...);
    return at;
  }
  template <Text Name>
  constexpr auto& get() {
    static_assert(find<Name>() >= 0, "etch: ModuleDict: there must be a module of this name");
    return detail::item_of<static_cast<std::size_t>(find<Name>() < 0 ? 0 : find<Name>())>(*this);
  }
  template <Text Name>
  constexpr const auto& get() const {
    static_assert(find<Name>() >= 0, "etch: ModuleDict: there must be a module of this name");
    return detail::item_of<static_cast<std::size_t>(find<Name>() < 0 ? 0 : find<Name>())>(*this);
  }
};
/// torch.nn.ParameterDict: `ParameterDict<Entry<"scale", Param<float, 3>>>`.
template <class... E>
using ParameterDict = ModuleDict<E...>;

}  // namespace nn
}  // namespace ETCH_ABI
}  // namespace etch

// The names of a model's tensors, as PyTorch's state_dict has them: "fc1.weight", "head.0.bias".
#pragma once

#include <etch/model/module.hpp>

namespace etch {
inline namespace ETCH_ABI {
namespace detail {

/// A dotted name that grows and shrinks at its end; what does not fit is cut.
class DottedName {
 public:
  constexpr const char* c_str() const { return text_; }
  constexpr int size() const { return size_; }
  constexpr void cut(int size) { text_[size_ = size] = '\0'; }
  constexpr void add(char c) {
    if (size_ + 1 < capacity) text_[size_++] = c;
    text_[size_] = '\0';
  }
  constexpr void add_number(int n) {
    if (n >= 10) add_number(n / 10);
    add(static_cast<char>('0' + n % 10));
  }

 private:
  static constexpr int capacity = 512;
  char text_[capacity] = {};
  int size_ = 0;
};

/// Reads the next of ETCH_MODULE's names from `list`. One with "#" names all members, numbered from 0, and is not used up.
ETCH_COLD constexpr const char* read_name(const char* list, int number, DottedName& to) {
  bool numbered = false;
  const char* at = list;
  for (; *at != '\0' && *at != ','; ++at) {
    numbered = numbered || *at == '#';
    if (*at == '#') to.add_number(number);
    else if (*at != '~') to.add(*at);
  }
  if (numbered) return list;
  while (*at == ',' || *at == ' ') ++at;
  return at;
}

/// A name that begins with "~" is no part of the path: what follows is put behind the tensors' names, as in weight_ih_l0_reverse.
template <class M, class F>
ETCH_COLD constexpr void each_named_tensor(M& model, F& f, DottedName& name, DottedName& suffix) {
  const char* rest = std::remove_cvref_t<M>::etch_names;
  const int base = name.size(), after = suffix.size();
  int count = 0;
  auto visit = [&](auto& member) {
    const bool behind = *rest == '~';
    rest = read_name(rest, count++, behind ? suffix : name);
    if constexpr (is_module_tensor<std::remove_cvref_t<decltype(member)>>) {
      for (const char* c = suffix.c_str(); *c != '\0'; ++c) name.add(*c);
      f(name.c_str(), member);
    } else {
      if (!behind) name.add('.');
      each_named_tensor(member, f, name, suffix);
    }
    name.cut(base);
    suffix.cut(after);
  };
  model.etch_members(visit);
}

}  // namespace detail

/// f(name, tensor) for every parameter and buffer of a model, in the order of its members and of `layout<M>`.
template <class M, class F>
constexpr void each_named_tensor(M& model, F f) {
  detail::DottedName name, suffix;
  detail::each_named_tensor(model, f, name, suffix);
}

}  // namespace ETCH_ABI
}  // namespace etch

// The names of a model's tensors, as PyTorch's state_dict has them: "fc1.weight", "head.0.bias".
#pragma once

#include <etch/model/module.hpp>

namespace etch {
inline namespace ETCH_ABI {
namespace detail {

/// A dotted name that grows and shrinks at its end; what does not fit is cut.
class DottedName {
 public:
  const char* c_str() const { return text_; }
  int size() const { return size_; }
  void cut(int size) { text_[size_ = size] = '\0'; }
  void add(char c) {
    if (size_ + 1 < capacity) text_[size_++] = c;
    text_[size_] = '\0';
  }
  void add_number(int n) {
    if (n >= 10) add_number(n / 10);
    add(static_cast<char>('0' + n % 10));
  }

 private:
  static constexpr int capacity = 512;
  char text_[capacity] = {};
  int size_ = 0;
};

template <class M, class F>
void each_named_tensor(M& model, F& f, DottedName& name) {
  const char* rest = std::remove_cvref_t<M>::etch_names;
  const bool numbered = rest[0] == '#' && rest[1] == '\0';
  const int base = name.size();
  int count = 0;
  auto visit = [&](auto& member) {
    if (numbered) {
      name.add_number(count++);
    } else {
      for (; *rest != '\0' && *rest != ','; ++rest) name.add(*rest);
      while (*rest == ',' || *rest == ' ') ++rest;
    }
    if constexpr (is_module_tensor<std::remove_cvref_t<decltype(member)>>) {
      f(name.c_str(), member);
    } else {
      name.add('.');
      each_named_tensor(member, f, name);
    }
    name.cut(base);
  };
  model.etch_members(visit);
}

}  // namespace detail

/// f(name, tensor) for every parameter and buffer of a model, in the order of its members and of `layout<M>`.
template <class M, class F>
void each_named_tensor(M& model, F f) {
  detail::DottedName name;
  detail::each_named_tensor(model, f, name);
}

}  // namespace ETCH_ABI
}  // namespace etch

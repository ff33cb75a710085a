// Training runs that PyTorch wrote down (tools/parity.py), to be repeated: initial and final parameters, batches,
// losses.
#pragma once

#include <etch/etch.hpp>
#include <etch/io/state_dict.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <deque>
#include <string>
#include <vector>

inline constexpr int parity_steps = 20;

/// A file whose every entry is asked for: tensors of models under a prefix, and lists of numbers.
class ParityFile {
 public:
  template <class M>
  etch::Model<M> model(const std::string& prefix, std::vector<std::string> only = {}) {
    auto m = etch::make<M>();
    for (etch::StateEntry& e : etch::state_dict(m)) {
      if (!only.empty() && std::find(only.begin(), only.end(), e.name) == only.end()) continue;
      e.name = prefix + e.name;
      entries_.push_back(e);
    }
    return m;
  }
  template <class T>
  const std::vector<T>& list(const std::string& name, std::vector<int> shape, std::vector<T>& to) {
    etch::StateEntry e{name, etch::dtype_of<T>, static_cast<int>(shape.size()), {}, nullptr};
    std::size_t n = 1;
    for (std::size_t i = 0; i < shape.size(); ++i) n *= static_cast<std::size_t>(e.shape[i] = shape[i]);
    to.resize(n);
    e.data = to.data();
    entries_.push_back(e);
    return to;
  }
  void read(const char* path) const {
    std::vector<etch::io::Entry> all;
    for (const etch::StateEntry& e : entries_) all.push_back(e.entry());
    etch::io::read_safetensors(path, all);
  }

 private:
  std::deque<etch::StateEntry> entries_;
};

/// Batch `i` of a list of equal batches.
template <class X, class T>
X batch_of(const std::vector<T>& all, int i) {
  X x;
  const auto n = static_cast<std::size_t>(x.numel());
  std::copy_n(all.data() + static_cast<std::size_t>(i) * n, n, x.data());
  return x;
}

/// Losses within 2e-5 of PyTorch's, relative.
inline void check_loss(double found, double expected) {
  CHECK(std::fabs(found - expected) <= 2e-5 * std::fabs(expected));
}

/// Every parameter that `expected` holds within 1e-4; `only` names those of them that were kept.
template <class M>
void check_parameters(const etch::Model<M>& found, const etch::Model<M>& expected, std::vector<std::string> only = {}) {
  const etch::StateDict a = etch::state_dict(found), b = etch::state_dict(expected);
  for (std::size_t i = 0; i < a.size(); ++i) {
    if (!only.empty() && std::find(only.begin(), only.end(), a[i].name) == only.end()) continue;
    std::int64_t n = 1;
    for (int k = 0; k < a[i].rank; ++k) n *= a[i].shape[k];
    double worst = 0;
    for (std::int64_t k = 0; k < n; ++k)
      worst = std::fmax(worst,
                        std::fabs(static_cast<const float*>(a[i].data)[k] - static_cast<const float*>(b[i].data)[k]));
    CHECK_MESSAGE(worst <= 1e-4, a[i].name);
  }
}

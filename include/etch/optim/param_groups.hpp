// Parameter groups: each group of a model's parameters has an optimizer, or options, of its own.
//
//   param_groups(AdamW{.lr = 1e-3},                                                    // group 0: what no other takes
//                group("head", AdamW{.lr = 1e-2}),                                     // by name: head.weight, head.bias
//                group([](const Parameter& p) { return p.rank < 2; }, AdamW{.weight_decay = 0}))
//
// Neighbours of one group are one range of the block, and an optimizer passes over its ranges once.
#pragma once

#include <etch/model/names.hpp>
#include <etch/run/update.hpp>

namespace etch {
inline namespace ETCH_ABI {
namespace optim {

/// A parameter, as a group's condition sees it.
struct Parameter {
  const char* name;
  int rank;
  const int* size;
  bool begins_with(const char* text) const { return std::strncmp(name, text, std::strlen(text)) == 0; }
  bool ends_with(const char* text) const {
    const std::size_t n = std::strlen(name), m = std::strlen(text);
    return n >= m && std::strcmp(name + n - m, text) == 0;
  }
};

/// Parameters, and the optimizer that takes them.
template <class O>
struct Group {
  O optimizer;
  const char* prefix = nullptr;
  bool (*takes)(const Parameter&) = nullptr;

  bool has(const Parameter& p) const {
    if (takes != nullptr) return takes(p);
    const std::size_t n = std::strlen(prefix);
    return std::strncmp(p.name, prefix, n) == 0 && (p.name[n] == '.' || p.name[n] == '\0');
  }
};
/// The parameter of this name, or those of the module of this name.
template <class O>
constexpr Group<O> group(const char* prefix, const O& optimizer) {
  return {optimizer, prefix, nullptr};
}
/// The parameters for which a captureless function is true.
template <class F, class O>
  requires requires(F f, const Parameter& p) { static_cast<bool (*)(const Parameter&)>(f); }
constexpr Group<O> group(F f, const O& optimizer) {
  return {optimizer, nullptr, f};
}

namespace detail {
template <class M, class Groups, class Place>
class GroupUpdate;
}

/// Optimizers of groups: 0 is what no other group takes, and of several that take a parameter the first has it.
template <class... O>
struct ParamGroups {
  static constexpr int count = sizeof...(O);
  Pack<Group<O>...> groups;

  template <class M, class Place>
  using engine = detail::GroupUpdate<M, ParamGroups, Place>;

  /// The optimizer of a group, to change its numbers.
  template <int I>
  auto& get() {
    return etch::detail::held<static_cast<std::size_t>(I)>(groups).optimizer;
  }
  /// The same, where all groups have one type of optimizer.
  auto& operator[](int i) {
    std::remove_reference_t<decltype(get<0>())>* found = &get<0>();
    each([&](int k, auto& group) {
      if (k == i) found = &group.optimizer;
    });
    return *found;
  }
  /// f(number, group)
  template <class F>
  void each(F f) {
    [&]<std::size_t... I>(std::index_sequence<I...>) { (f(static_cast<int>(I), etch::detail::held<I>(groups)), ...); }(std::index_sequence_for<O...>{});
  }
  void check() {
    each([](int, auto& group) { group.optimizer.check(); });
  }
};
/// A model's groups, for `train_step(model, loss, param_groups(...))`.
template <class O, class... Rest>
constexpr ParamGroups<O, Rest...> param_groups(const O& others, const Group<Rest>&... groups) {
  return {Pack<Group<O>, Group<Rest>...>{{{Group<O>{others, nullptr, nullptr}}, {groups}...}}};
}

namespace detail {

/// An optimizer of one pointwise pass, on ranges of a model's block.
template <class M, class Optimizer, class Place>
class RangePart {
  static_assert(requires { Optimizer::state_names; } && !requires { Optimizer::max_norm; },
                "etch: param_groups: LBFGS and clip_grad_norm take the whole model; nn::utils::clip_grad_norm_ clips between backward and update");
  using T = type_of<etch::detail::parameter_dtype<M>()>;
  static constexpr int tensors = layout<M>.tensors, states = Optimizer::states, size = static_cast<int>(sizeof(M) / sizeof(T));
  using Program = etch::detail::UpdateProgramAt<Place, Optimizer, T, etch::detail::RangeSize<size>{}>;

 public:
  static constexpr std::int64_t arena_bytes = Program::Code::arena_bytes;

  void own(const bool* mine) {
    std::size_t bytes = 0;
    bool open = false;
    for (int i = 0; i < tensors; ++i) {
      const TensorInfo& t = layout<M>.tensor[i];
      if (!mine[i]) {
        open = false;
        continue;
      }
      if (!open) range_[ranges_++] = {t.offset, t.offset, bytes, i};
      open = true;
      Range& r = range_[ranges_ - 1];
      r.end = t.offset + static_cast<std::size_t>(t.count) * sizeof(T);
      r.last = i;
      bytes = r.state + aligned(r.end - r.begin);
    }
    for (int k = 0; k < states && bytes > 0; ++k) state_[k] = Place::allocate(bytes, "the state of an optimizer");
  }
  void operator()(Optimizer& optimizer, std::int64_t step, void* block, void* gradient) {
    double prepared[Optimizer::scalars]{};
    optimizer.prepare(step, prepared);
    for (int i = 0; i < ranges_; ++i) {
      const Range& r = range_[i];
      void* state[states > 0 ? states : 1]{};
      for (int k = 0; k < states; ++k) state[k] = memory(k) + r.state;
      const int elements = static_cast<int>((r.end - r.begin) / sizeof(T));
      program_.run(static_cast<char*>(block) + r.begin, static_cast<char*>(gradient) + r.begin, state, prepared, &elements);
    }
  }
  /// f(tensor of the layout, name of the state, rank, sizes, memory).
  template <class F>
  void each_state(const Optimizer& optimizer, F f) {
    for (int i = 0; i < ranges_; ++i)
      for (int t = range_[i].first; t <= range_[i].last; ++t)
        for (int k = 0; k < states; ++k) {
          const TensorInfo& info = layout<M>.tensor[t];
          if (etch::detail::keeps_state(optimizer, k))
            f(t, Optimizer::state_names[k], info.rank, info.size, memory(k) + range_[i].state + (info.offset - range_[i].begin));
        }
  }

 private:
  char* memory(int k) const { return static_cast<char*>(static_cast<void*>(state_[k].data())); }
  struct Range {
    std::size_t begin, end, state;  // bytes of the block; where its states begin
    int first, last = 0;            // tensors
  };
  Program program_;
  Range range_[tensors > 0 ? tensors : 1]{};
  int ranges_ = 0;
  typename Place::Memory state_[states > 0 ? states : 1];
};

template <class M, class Optimizer, class Place>
class TensorPart;
template <class M, class Optimizer, class Place>
struct PartOf {
  using type = RangePart<M, Optimizer, Place>;
};
template <class M, class Optimizer, class Place>
  requires requires { Optimizer::accepts(2); }
struct PartOf<M, Optimizer, Place> {
  using type = TensorPart<M, Optimizer, Place>;
};

/// The update of a model in groups.
template <class M, class... O, class Place>
class GroupUpdate<M, ParamGroups<O...>, Place> {
  using Groups = ParamGroups<O...>;
  static constexpr int tensors = layout<M>.tensors;

 public:
  static constexpr std::int64_t arena_bytes = (PartOf<M, O, Place>::type::arena_bytes + ...);

  template <class Parameters>
  GroupUpdate(Groups& groups, const Parameters& parameters) {
    int at = 0;
    Storage blank;  // names and shapes are those of any such model
    const M* model = nullptr;
    if constexpr (std::is_same_v<Parameters, M>) model = &parameters;
    else model = static_cast<const M*>((blank = Storage(sizeof(M))).data());
    each_named_tensor(*model, [&](const char* name, const auto&) {
      const TensorInfo& info = layout<M>.tensor[at];
      int& mine = group_[at++];
      mine = info.role == Role::parameter ? 0 : -1;
      const Parameter parameter{name, info.rank, info.size};
      groups.each([&](int k, auto& group) {
        if (k > 0 && mine == 0 && group.has(parameter)) mine = k;
      });
    });
    groups.each([&](int k, auto& group) {
      bool mine[tensors > 0 ? tensors : 1]{}, any = false;
      for (int i = 0; i < tensors; ++i) any |= mine[i] = group_[i] == k;
      if (!any && k > 0) fail("param_groups", "a group must have a parameter", Message{} << "got none for group " << k << (group.prefix != nullptr ? ", " : "") << (group.prefix != nullptr ? group.prefix : ""));
    });
    parts(groups, [&](int k, auto&, auto& part) {
      bool mine[tensors > 0 ? tensors : 1]{};
      for (int i = 0; i < tensors; ++i) mine[i] = group_[i] == k;
      part.own(mine);
    });
  }
  void operator()(Groups& groups, std::int64_t step, void* block, void* gradient) {
    parts(groups, [&](int, auto& optimizer, auto& part) { part(optimizer, step, block, gradient); });
  }
  template <class F>
  void each_state(Groups& groups, F f) {
    parts(groups, [&](int, auto& optimizer, auto& part) { part.each_state(optimizer, f); });
  }
  /// f(tensor of the layout, its optimizer)
  template <class F>
  void each_options(Groups& groups, F f) {
    groups.each([&](int k, auto& group) {
      for (int i = 0; i < tensors; ++i)
        if (group_[i] == k) f(i, group.optimizer);
    });
  }

 private:
  template <class F>
  void parts(Groups& groups, F f) {
    [&]<std::size_t... I>(std::index_sequence<I...>) {
      (f(static_cast<int>(I), groups.template get<static_cast<int>(I)>(), etch::detail::held<I>(parts_)), ...);
    }(std::index_sequence_for<O...>{});
  }
  int group_[tensors > 0 ? tensors : 1]{};
  Pack<typename PartOf<M, O, Place>::type...> parts_;
};

}  // namespace detail
}  // namespace optim
}  // namespace ETCH_ABI
}  // namespace etch

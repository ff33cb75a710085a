// A model's tensors by name, as PyTorch's state_dict, and files of them: save and load of models and training states.
//
//   struct Mlp { nn::Linear<2, 3> fc1; nn::Sequential<...> head; ... }  ->  fc1.weight  fc1.bias  head.0.weight  ...
//
// A training state is the model under its own names, each state of the optimizer as another model under
// "optimizer.0.", "optimizer.1.", ..., and the number of steps in the file's metadata.
#pragma once

#include <etch/io/safetensors.hpp>
#include <etch/model/make.hpp>
#include <etch/run/train_step.hpp>

#include <charconv>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

namespace etch {
inline namespace ETCH_ABI {

/// One tensor of a model: its name, and its memory inside the model's block.
struct StateEntry {
  std::string name;
  DType dtype = DType::float32;
  int rank = 0;
  std::int64_t shape[max_rank] = {};
  void* data = nullptr;

  io::Entry entry() const { return {name, dtype, shape, rank, data}; }
};
using StateDict = std::vector<StateEntry>;

namespace io {
namespace detail {

/// The next of ETCH_MODULE's member names, in order. One with "#" names all members, which it numbers from 0. One that begins
/// with "~" is no part of the path: what follows is put behind the tensors' names, as in weight_ih_l0_reverse.
class MemberNames {
 public:
  explicit MemberNames(std::string_view list) : rest_(list) {}

  std::string next() {
    std::string name(rest_.substr(0, rest_.find(',')));
    if (const std::size_t number = name.find('#'); number != name.npos) return name.replace(number, 1, std::to_string(count_++));
    const std::size_t end = rest_.find(',');
    rest_.remove_prefix(end == rest_.npos ? rest_.size() : rest_.find_first_not_of(' ', end + 1));
    return name;
  }

 private:
  std::string_view rest_;
  int count_ = 0;
};

/// Names that begin so are the optimizer's.
inline constexpr std::string_view optimizer_prefix = "optimizer.";
inline constexpr std::string_view steps_key = "etch.steps";

template <Role R, class T, auto... D>
StateEntry state_entry(std::string name, ModuleTensor<R, T, D...>& tensor) {
  StateEntry entry{std::move(name), dtype_of<T>, ModuleTensor<R, T, D...>::rank, {}, tensor.data()};
  for (int i = 0; i < entry.rank; ++i) entry.shape[i] = tensor.size(i);
  return entry;
}

template <class M>
void append_state(StateDict& to, const std::string& prefix, const std::string& suffix, M& model) {
  MemberNames names(M::etch_names);
  auto visit = [&](auto& member) {
    const std::string name = names.next();
    if constexpr (etch::detail::is_module_tensor<std::remove_cvref_t<decltype(member)>>)
      to.push_back(state_entry(prefix + name + suffix, member));
    else if (name.starts_with('~'))
      append_state(to, prefix, suffix + name.substr(1), member);
    else
      append_state(to, prefix + name + '.', suffix, member);
  };
  model.etch_members(visit);
}

inline std::vector<Entry> entries_of(const StateDict& state) {
  std::vector<Entry> entries;
  for (const StateEntry& tensor : state) entries.push_back(tensor.entry());
  return entries;
}

/// The number of steps that a training state was saved after, -1 for a file that is none.
inline std::int64_t steps_of(const SafetensorsFile& file) {
  const std::string_view text = file.metadata(steps_key);
  std::int64_t steps = -1;
  const auto end = std::from_chars(text.data(), text.data() + text.size(), steps);
  if (end.ptr != text.data() + text.size() || (!text.empty() && steps < 0))
    fail("load", "metadata etch.steps must be a number of steps", Message{} << "found " << printable(text).c_str());
  return steps;
}

/// The model's part of a file: all of it, or all of a training state but what is the optimizer's.
inline void read_model(const SafetensorsFile& file, const StateDict& model) {
  file.read(entries_of(model), steps_of(file) >= 0 ? optimizer_prefix : std::string_view());
}

template <class M, class F, class Optimizer, class... In>
StateDict training_state(TrainStep<M, F, Optimizer, In...>& step) {
  StateDict state;
  append_state(state, "", "", *step.model());
  for (int i = 0; i < Optimizer::states; ++i)
    append_state(state, std::string(optimizer_prefix) + std::to_string(i) + '.', "", step.state(i));
  return state;
}

}  // namespace detail
}  // namespace io

/// The tensors of a model, parameters and buffers, in the order of its members; they point into the model.
template <class M>
StateDict state_dict(const Model<M>& model) {
  StateDict state;
  io::detail::append_state(state, "", "", *model);
  return state;
}

/// Writes a model to a safetensors file, in one step: a killed save leaves the old file whole.
template <class M>
void save(const Model<M>& model, const std::string& path, std::span<const io::Metadata> metadata = {}) {
  io::write_safetensors(path.c_str(), io::detail::entries_of(state_dict(model)), metadata);
}

/// Reads a model from a file that holds its tensors and no others, or a training state of it. Errors: a name that is
/// missing or extra, another shape or dtype, a damaged file; the model is then as it was.
template <class M>
void load(const Model<M>& model, const std::string& path) {
  io::detail::read_model(io::SafetensorsFile(path.c_str()), state_dict(model));
}

/// Writes a training state: model, optimizer states, number of steps.
template <class M, class F, class Optimizer, class... In>
void save(TrainStep<M, F, Optimizer, In...>& step, const std::string& path,
          std::span<const io::Metadata> metadata = {}) {
  std::vector<io::Metadata> all(metadata.begin(), metadata.end());
  const std::string steps = std::to_string(step.steps());
  all.push_back({io::detail::steps_key, steps});
  io::write_safetensors(path.c_str(), io::detail::entries_of(io::detail::training_state(step)), all);
}

/// Reads a training state: the next step is the one that would have followed the save, bit for bit, if the optimizer's
/// numbers (learning rate, ...), which the file does not hold, are the same. Errors as those of a model's load.
template <class M, class F, class Optimizer, class... In>
void load(TrainStep<M, F, Optimizer, In...>& step, const std::string& path) {
  const io::SafetensorsFile file(path.c_str());
  const std::int64_t steps = io::detail::steps_of(file);
  if (steps < 0)
    fail("load", "file must hold a training state", Message{} << "found no etch.steps in " << path.c_str());
  file.read(io::detail::entries_of(io::detail::training_state(step)));
  step.set_steps(steps);
}

}  // namespace ETCH_ABI
}  // namespace etch

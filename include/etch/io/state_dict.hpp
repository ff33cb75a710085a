// A model's tensors by name, as PyTorch's state_dict, and files of them: save and load of models.
//
//   struct Mlp { nn::Linear<2, 3> fc1; nn::Sequential<...> head; ... }  ->  fc1.weight  fc1.bias  head.0.weight  ...
#pragma once

#include <etch/io/safetensors.hpp>
#include <etch/model/make.hpp>
#include <etch/model/names.hpp>

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

/// Names that begin so are the optimizer's.
inline constexpr std::string_view optimizer_prefix = "optimizer.", groups_prefix = "optimizer.param_groups.";
inline constexpr std::string_view steps_key = "etch.steps";

template <Role R, class T, auto... D>
ETCH_COLD StateEntry state_entry(std::string name, ModuleTensor<R, T, D...>& tensor) {
  StateEntry entry{std::move(name), dtype_of<T>, ModuleTensor<R, T, D...>::rank, {}, tensor.data()};
  for (int i = 0; i < entry.rank; ++i) entry.shape[i] = tensor.size(i);
  return entry;
}

template <class M>
ETCH_COLD void append_state(StateDict& to, const std::string& prefix, M& model) {
  each_named_tensor(model, [&](const char* name, auto& tensor) { to.push_back(state_entry(prefix + name, tensor)); });
}

ETCH_COLD inline std::vector<Entry> entries_of(const StateDict& state) {
  std::vector<Entry> entries;
  for (const StateEntry& tensor : state) entries.push_back(tensor.entry());
  return entries;
}

/// The number of steps that a training state was saved after, -1 for a file that is none.
ETCH_COLD inline std::int64_t steps_of(const SafetensorsFile& file) {
  const std::string_view text = file.metadata(steps_key);
  std::int64_t steps = -1;
  const auto end = std::from_chars(text.data(), text.data() + text.size(), steps);
  if (end.ptr != text.data() + text.size() || (!text.empty() && steps < 0))
    fail("load", "metadata etch.steps must be a number of steps", Message{} << "found " << printable(text).c_str());
  return steps;
}

/// Whether a file holds more than a model: etch's training state, or an optimizer's options.
ETCH_COLD inline bool holds_training_state(const SafetensorsFile& file) {
  if (steps_of(file) >= 0) return true;
  for (const StoredTensor& tensor : file.tensors())
    if (tensor.name.starts_with(groups_prefix)) return true;
  return false;
}

/// The names of a model's tensors in this file: what weight_norm calls its parts since PyTorch 2.0, or weight_g and weight_v as before.
ETCH_COLD inline void take_older_names(const SafetensorsFile& file, StateDict& model) {
  constexpr std::string_view names[][2] = {{"parametrizations.weight.original0", "weight_g"}, {"parametrizations.weight.original1", "weight_v"}};
  for (StateEntry& entry : model)
    for (const auto& [now, before] : names) {
      if (!std::string_view(entry.name).ends_with(now) || file.find(entry.name) != nullptr) continue;
      std::string older = entry.name.substr(0, entry.name.size() - now.size()).append(before);
      if (file.find(older) != nullptr) entry.name = std::move(older);
    }
}

/// The model's part of a file: all of it, or all of a training state but what is the optimizer's.
ETCH_COLD inline void read_model(const SafetensorsFile& file, StateDict model) {
  take_older_names(file, model);
  file.read(entries_of(model), holds_training_state(file) ? optimizer_prefix : std::string_view());
}

}  // namespace detail
}  // namespace io

/// The tensors of a model, parameters and buffers, in the order of its members; they point into the model.
template <class M>
ETCH_COLD StateDict state_dict(const Model<M>& model) {
  StateDict state;
  io::detail::append_state(state, "", *model);
  return state;
}

/// Writes a model to a safetensors file, in one step: a killed save leaves the old file whole.
template <class M>
ETCH_COLD void save(const Model<M>& model, const std::string& path, std::span<const io::Metadata> metadata = {}) {
  io::write_safetensors(path.c_str(), io::detail::entries_of(state_dict(model)), metadata);
}

/// Reads a model from a file that holds its tensors and no others, or a training state of it. Errors: a name that is
/// missing or extra, another shape or dtype, a damaged file; the model is then as it was.
template <class M>
ETCH_COLD void load(const Model<M>& model, const std::string& path) {
  io::detail::read_model(io::SafetensorsFile(path.c_str()), state_dict(model));
}

}  // namespace ETCH_ABI
}  // namespace etch

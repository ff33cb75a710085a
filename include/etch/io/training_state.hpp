// Training states in files: model, optimizer and steps under the names that PyTorch's flattened optimizer state has.
//
//   fc1.weight                          the model, under its own names
//   optimizer.state.fc1.weight.exp_avg  optimizer.state.fc1.weight.step     what the optimizer keeps of a parameter
//   optimizer.param_groups.fc1.weight.lr                                    the options of the parameter's group
//
// In Python the last two are get_optimizer_state_dict(..., options=StateDictOptions(flatten_optimizer_state_dict=True)).
#pragma once

#include <etch/io/state_dict.hpp>
#include <etch/optim/scheduler.hpp>
#include <etch/optim/swa.hpp>
#include <etch/run/train_step.hpp>

#include <deque>

namespace etch {
inline namespace ETCH_ABI {
namespace io {
namespace detail {

inline StateEntry number_entry(std::string name, DType dtype, void* data, int count = 0) {
  StateEntry e{std::move(name), dtype, count > 0 ? 1 : 0, {}, data};
  e.shape[0] = count;
  return e;
}
inline StateEntry option_entry(std::string name, double& v) { return number_entry(std::move(name), DType::float64, &v); }
inline StateEntry option_entry(std::string name, float& v) { return number_entry(std::move(name), DType::float32, &v); }
inline StateEntry option_entry(std::string name, int& v) { return number_entry(std::move(name), DType::int32, &v); }
inline StateEntry option_entry(std::string name, bool& v) { return number_entry(std::move(name), DType::boolean, &v); }
inline StateEntry option_entry(std::string name, std::int64_t& v) { return number_entry(std::move(name), DType::int64, &v); }
template <int N>
StateEntry option_entry(std::string name, double (&v)[N]) {
  return number_entry(std::move(name), DType::float64, v, N);
}

/// A training state's parts as entries: what a file must hold, and the numbers that it may leave out.
struct TrainingState {
  StateDict tensors;        // model and optimizer
  StateDict numbers;        // options and steps
  std::deque<float> steps;  // of each parameter, as PyTorch counts them
};

/// Takes a number and does nothing.
struct Ignore {
  template <class T>
  void operator()(const char*, T&) const {}
};

/// With these options, which say what the optimizer keeps, after these steps.
template <class M, class F, class Optimizer, class... In>
TrainingState training_state(TrainStep<M, F, Optimizer, In...>& step, Optimizer& options, std::int64_t steps) {
  TrainingState all;
  append_state(all.tensors, "", *step.model());
  std::vector<std::string> name;
  for (const StateEntry& e : all.tensors) name.push_back(e.name);
  const auto at = [&](int t) -> const std::string& { return name[static_cast<std::size_t>(t)]; };
  const std::string state = std::string(optimizer_prefix) + "state.", group = std::string(groups_prefix);
  step.engine().each_state(options, [&](int t, const char* what, int rank, const int* size, void* data) {
    StateEntry e{state + at(t) + '.' + what, dtype_of<typename TrainStep<M, F, Optimizer, In...>::value_type>, rank, {}, data};
    for (int i = 0; i < rank; ++i) e.shape[i] = size[i];
    all.tensors.push_back(e);
  });
  step.engine().each_options(options, [&](int t, auto& optimizer) {
    using O = std::remove_cvref_t<decltype(optimizer)>;
    O::options(optimizer, [&](const char* what, auto& value) { all.numbers.push_back(option_entry(group + at(t) + '.' + what, value)); });
    if constexpr (requires { O::numbers(optimizer, Ignore{}); })
      O::numbers(optimizer, [&](const char* what, auto& value) { all.numbers.push_back(option_entry(state + at(t) + '.' + what, value)); });
    all.steps.push_back(static_cast<float>(steps));
    all.numbers.push_back(option_entry(state + at(t) + ".step", all.steps.back()));
  });
  return all;
}

template <class S>
StateDict schedule_state(optim::Scheduler<S>& scheduler) {
  StateDict state;
  scheduler.state([&](const char* what, auto& value) { state.push_back(option_entry(std::to_string(state.size()) + '.' + what, value)); });
  return state;
}
template <class M>
StateDict averaged_state(const optim::AveragedModel<M>& mean, std::int64_t& n) {
  StateDict state{option_entry("n_averaged", n)};
  append_state(state, "module.", *mean.module());
  return state;
}

}  // namespace detail
}  // namespace io

/// Writes a training state: the model, what the optimizer keeps, its options, and the number of steps.
template <class M, class F, class Optimizer, class... In>
void save(TrainStep<M, F, Optimizer, In...>& step, const std::string& path, std::span<const io::Metadata> metadata = {}) {
  io::detail::TrainingState state = io::detail::training_state(step, step.optimizer(), step.steps());
  std::vector<io::Metadata> all(metadata.begin(), metadata.end());
  const std::string steps = std::to_string(step.steps());
  all.push_back({io::detail::steps_key, steps});
  state.tensors.insert(state.tensors.end(), state.numbers.begin(), state.numbers.end());
  io::write_safetensors(path.c_str(), io::detail::entries_of(state.tensors), all);
}

/// Reads a training state, etch's or PyTorch's: the next step is the one that would have followed the save, bit for bit where etch wrote it.
/// Options that the file does not hold stay as they are. Errors as those of a model's load.
template <class M, class F, class Optimizer, class... In>
void load(TrainStep<M, F, Optimizer, In...>& step, const std::string& path) {
  const io::SafetensorsFile file(path.c_str());
  if (!io::detail::holds_training_state(file))
    fail("load", "file must hold a training state", Message{} << "found neither etch.steps nor optimizer.param_groups in " << path.c_str());
  Optimizer optimizer = step.optimizer();
  const io::detail::TrainingState numbers = io::detail::training_state(step, optimizer, 0);
  for (const StateEntry& e : numbers.numbers)
    if (file.find(e.name) != nullptr) file.read(e.entry());
  optimizer.check();
  file.read(io::detail::entries_of(io::detail::training_state(step, optimizer, 0).tensors), io::detail::optimizer_prefix);
  step.optimizer() = optimizer;
  std::int64_t steps = io::detail::steps_of(file);
  for (const float s : numbers.steps)
    if (steps < static_cast<std::int64_t>(s)) steps = static_cast<std::int64_t>(s);
  if (steps < 1 && io::detail::steps_of(file) < 0) steps = 1;  // PyTorch's SGD counts none, but has begun
  step.set_steps(steps);
}

/// Writes how far a schedule has come.
template <class S>
void save(optim::Scheduler<S>& scheduler, const std::string& path) {
  io::write_safetensors(path.c_str(), io::detail::entries_of(io::detail::schedule_state(scheduler)));
}
/// Goes on where such a schedule was saved; also sets the optimizer's rates.
template <class S>
void load(optim::Scheduler<S>& scheduler, const std::string& path) {
  io::read_safetensors(path.c_str(), io::detail::entries_of(io::detail::schedule_state(scheduler)));
}

/// Writes an averaged model with PyTorch's names: n_averaged, module.fc1.weight, ...
template <class M>
void save(const optim::AveragedModel<M>& mean, const std::string& path) {
  std::int64_t n = mean.n_averaged();
  io::write_safetensors(path.c_str(), io::detail::entries_of(io::detail::averaged_state(mean, n)));
}
template <class M>
void load(optim::AveragedModel<M>& mean, const std::string& path) {
  std::int64_t n = 0;
  io::read_safetensors(path.c_str(), io::detail::entries_of(io::detail::averaged_state(mean, n)));
  mean.set_n_averaged(n);
}

}  // namespace ETCH_ABI
}  // namespace etch

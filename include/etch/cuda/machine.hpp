// Runs a plan where kernels run: one block of memory, the tables of the CPU's machine as kernels read them, one launch a step.
//
//   host system   tables and arena lie here; steps are launched one after another
//   GPU           tables are copied before each run; what runs the second time as it did before is captured as a CUDA graph and replayed
#pragma once

#include <etch/cpu/gather.hpp>
#include <etch/cpu/loop.hpp>
#include <etch/cuda/small.hpp>

namespace etch {
inline namespace ETCH_ABI {
namespace device {
inline namespace ETCH_PLACE {

class Machine;

/// What launches a step, and the bytes it needs beside the arena.
struct StepKernel {
  void (*run)(Machine&, int step) = nullptr;
  Route route = Route::thrust;
  std::size_t (*workspace)(const cpu::Machine&, const Step&) = nullptr;
};
struct LoopProgram;
/// A program: the plan as the CPU's machine takes it, with the CPU's kernels where they are used, and what launches each step.
struct ProgramView {
  cpu::PlanView plan;
  const StepKernel* kernel;
  const LoopProgram* const* loop;  ///< one for each step, null where it is no loop
  SmallProgram small{};            ///< all of it as one kernel, where that is one
};
/// A loop's body, and how it is called.
struct LoopProgram {
  ProgramView body;
  cpu::LoopView shape;
};

class Machine final : public Suspect {
 public:
  /// `repeats`: how often it is bound in one run, a loop's body.
  explicit Machine(const ProgramView& program, index_t repeats = 1);
  Machine(const Machine&) = delete;
  Machine& operator=(const Machine&) = delete;
  ~Machine();

  /// Binds inputs and outputs, which lie where kernels run (numbers: here), and launches every step.
  void run(const Bindings& in, void* const* out, cpu::RandomState* random = nullptr);
  /// Throws what kernels have found wrong. On a GPU it waits for them.
  void settle();
  std::int64_t size(int code) const { return host_.size(code); }
  std::int64_t bytes() const { return small_ != nullptr ? small_->bytes() : static_cast<std::int64_t>(memory_.bytes()); }
  /// This as `own`, and `first`, where it is held, are one launch from now on.
  void join(Machine& first, const SmallProgram& own) {
    small_.reset(new SmallMachine(program_.plan, own));
    small_->join(*first.small_);
  }
  /// The next run waits for the program that it was joined to, if it was.
  void hold() {
    if (small_ != nullptr) small_->hold();
  }

  // ---- what launches ask ----
  cpu::Machine& host() { return host_; }
  const Step& step(int s) const { return program_.plan.step[s]; }
  /// The arguments of a step's fused loop, as kernels read them.
  FusedArgs args(int s) const {
    FusedArgs a = host_.args(s);
    a.extent = moved(a.extent);
    a.base = moved(a.base);
    a.stride = moved(a.stride);
    a.chunk = moved(a.chunk);
    a.root = moved(a.root);
    return a;
  }
  Extent extent(int s) const {
    const FusedArgs& a = host_.args(s);
    Extent e;
    for (int k = 0; k + 1 < a.dims; ++k) e.rows *= a.extent[k];
    e.columns = a.extent[a.dims - 1];
    e.parts = step(s).chunks;
    e.by_column = step(s).by_column;
    return e;
  }
  /// Where kernels find the pointer of an operand: the addresses of a call's inputs are in the tables, not in its launches.
  char* const* entry(int s, int access) const { return moved(host_.args(s).base + (access - step(s).access)); }
  Fault* fault() const { return reinterpret_cast<Fault*>(memory_.data() + fault_at_); }
  char* workspace() const { return memory_.data() + workspace_at_; }
  char* scratch() const { return memory_.data() + scratch_at_; }
  index_t scratch_bytes() const { return static_cast<index_t>(aligned(static_cast<std::size_t>(program_.plan.scratch_bytes))); }
  void start_accumulators(int s) const { accumulators(s, true); }
  void combine_accumulators(int s) const { accumulators(s, false); }
  /// How many rows of scratch there are: as many parts may run at once.
  static constexpr int scratch_parts = has_gpu_kernels ? 264 : 64;

 private:
  template <class T>
  T* moved(T* p) const {
    return reinterpret_cast<T*>(reinterpret_cast<std::uintptr_t>(p) + static_cast<std::uintptr_t>(tables_offset_));
  }
  std::size_t lay_out();
  void accumulators(int s, bool before) const;
  void* stage(index_t repeat, int slot, void* value, std::size_t bytes);
  bool turn(const Bindings& given, void* const* out, cpu::RandomState* random, index_t repeat, bool launches);
  void upload();

  ProgramView program_;
  index_t repeats_;
  int device_ = current_device();
  std::unique_ptr<SmallMachine> small_;
  cpu::Machine host_;
  std::size_t workspace_at_ = 0, scratch_at_ = 0, fault_at_ = 0, tables_at_ = 0, tables_room_ = 0;
  std::ptrdiff_t tables_offset_ = 0;
  Block memory_;
  std::unique_ptr<std::unique_ptr<Machine>[]> body_;  // of steps that are loops
#if ETCH_GPU
  Pinned<char> staged_;  // the tables and the numbers of the next run
  Event copied_;         // when they may be written again
  cudaGraphExec_t graph_ = nullptr;
  void* bound_[2 * max_slots]{};  // what the captured launches were given
  bool direct_ = false;           // whether some launch holds addresses itself
  bool is_new_ = true, is_captured_ = false;  // whether it has not run; whether the graph is the last run
#endif
  bool checks_ = false;  // whether some step can find something wrong
};

/// Values of one run beside the tables: 16 bytes for each slot.
inline constexpr std::size_t values_bytes = value_bytes * max_slots;

/// One block: the arena, then what steps need beside it.
inline std::size_t Machine::lay_out() {
  const cpu::PlanView& plan = program_.plan;
  std::size_t work = 0;
  for (int s = 0; s < plan.steps; ++s) {
    const auto need = program_.kernel[s].workspace;
    std::size_t w = need == nullptr ? 0 : need(host_, plan.step[s]);
    for (int c = 0; program_.loop[s] != nullptr && c < program_.loop[s]->shape.carried; ++c) w += 2 * static_cast<std::size_t>(program_.loop[s]->shape.carried_bytes[c]);
    work = w > work ? w : work;
  }
  std::size_t at = aligned_for_libraries(static_cast<std::size_t>(plan.arena_bytes));
  auto part = [&](std::size_t bytes) {
    const std::size_t begin = at;
    at += aligned(bytes);
    return begin;
  };
  workspace_at_ = part(work);
  scratch_at_ = part(static_cast<std::size_t>(scratch_bytes()) * scratch_parts);
  fault_at_ = part(sizeof(Fault));
#if ETCH_GPU
  // tables: pointers, strides and sizes of every access and step, as the CPU's machine lays them out, with room to spare
  const auto n = static_cast<std::size_t>(plan.accesses), steps = static_cast<std::size_t>(plan.steps);
  tables_room_ = values_bytes + 4096 + n * (24 + 16 * max_rank) + static_cast<std::size_t>(plan.combines) * 8 + steps * (8 * max_rank + sizeof(FusedArgs)) + static_cast<std::size_t>(plan.symbols) * sizeof(double);
  tables_room_ = aligned(tables_room_);
  tables_at_ = part(tables_room_ * static_cast<std::size_t>(repeats_));
#endif
  return at;
}

inline Machine::Machine(const ProgramView& program, index_t repeats)
    : program_(program),
      repeats_(repeats),
      small_(program.small.launch != nullptr ? new SmallMachine(program.plan, program.small) : nullptr),
      host_(program.plan, reinterpret_cast<char*>(&program_)),  // any arena but its own, until there is one
      memory_(small_ != nullptr ? 0 : lay_out(), "a program")
#if ETCH_GPU
      ,
      staged_(tables_room_ * static_cast<std::size_t>(repeats))
#endif
{
  host_.place_arena(memory_.data());
#if ETCH_GPU
  const cpu::Tables t = host_.tables();
  if (small_ == nullptr && t.bytes + values_bytes > tables_room_) fail("cuda", "the tables of a program must fit in their room", Message{} << "got " << t.bytes << " of " << tables_room_ << " bytes");
  for (int s = 0; s < program.plan.steps; ++s) direct_ = direct_ || program.kernel[s].route == Route::library;
#endif
  for (int s = 0; s < program.plan.steps; ++s) {
    const StepKind kind = program.plan.step[s].kind;
    checks_ = checks_ || kind == StepKind::checked || kind == StepKind::take || kind == StepKind::gather || kind == StepKind::scatter || kind == StepKind::scatter_add || kind == StepKind::loop;
    if (program.loop[s] == nullptr) continue;
    if (body_ == nullptr) body_.reset(new std::unique_ptr<Machine>[static_cast<std::size_t>(program.plan.steps)]);
    body_[static_cast<std::size_t>(s)].reset(new Machine(program.loop[s]->body, repeats * program.loop[s]->shape.iterations));
#if ETCH_GPU
    direct_ = direct_ || body_[static_cast<std::size_t>(s)]->direct_;
#endif
  }
}
inline Machine::~Machine() {
#if ETCH_GPU
  if (graph_ == nullptr) return;
  (void)cudaStreamSynchronize(current_stream());  // it may still run
  (void)cudaGraphExecDestroy(graph_);
#endif
}

inline void Machine::accumulators(int s, bool before) const {
  const Step& step = this->step(s);
  for (int i = 0; i < step.combines; ++i) {
    const Combine& c = program_.plan.combine[step.combine + i];
    const index_t count = host_.size(c.count), bytes = program_.plan.access[step.access + c.access].chunk;
    char* const* const part = entry(s, step.access + c.access);
    if (before) for_each(count * step.chunks, StartAccumulator{part, bytes, count, c.op, c.dtype});
    else if (step.chunks > 1) for_each(count, CombineParts{part, moved(host_.targets() + step.combine + i), bytes, step.chunks, c.op, c.dtype});
  }
}

/// A number of this run, where kernels can read it.
inline void* Machine::stage([[maybe_unused]] index_t repeat, [[maybe_unused]] int slot, void* value, [[maybe_unused]] std::size_t bytes) {
#if ETCH_GPU
  const std::size_t at = static_cast<std::size_t>(repeat) * tables_room_ + static_cast<std::size_t>(slot) * value_bytes;
  std::memcpy(staged_.data() + at, value, bytes);
  return memory_.data() + tables_at_ + at;
#else
  return value;
#endif
}

/// Binds once of so many times in a run, all loops in it too; tables are staged, or steps are launched. Whether sizes have changed.
inline bool Machine::turn(const Bindings& given, void* const* out, cpu::RandomState* random, index_t repeat, bool launches) {
  const cpu::PlanView& plan = program_.plan;
  Bindings in;
  for (int i = 0, next = 0; i < plan.slots; ++i) {
    const SlotKind kind = plan.slot[i].kind;
    if (kind == SlotKind::random) {
      in.bind(stage(repeat, i, random, sizeof *random));
      continue;
    }
    void* const data = given.data[next];
    in.bind(kind == SlotKind::scalar ? stage(repeat, i, data, size_of(plan.slot[i].dtype)) : data, given.sizes[next]);
    ++next;
  }
#if ETCH_GPU
  const cpu::Tables t = host_.tables();
  const std::size_t tables = static_cast<std::size_t>(repeat) * tables_room_ + values_bytes;
  tables_offset_ = memory_.data() + tables_at_ + tables - t.data;
  host_.place_tables(tables_offset_);
#endif
  bool changed = host_.prepare(in, out, random);
#if ETCH_GPU
  if (!launches) std::memcpy(staged_.data() + tables, t.data, t.bytes);
#endif
  for (int s = 0; s < plan.steps; ++s) {
    const StepKernel& kernel = program_.kernel[s];
    if (launches != has_gpu_kernels) ++tally().ran[static_cast<int>(kernel.route)][static_cast<int>(plan.step[s].kind)];
    if (const LoopProgram* const loop = program_.loop[s]) {
      Machine& body = *body_[static_cast<std::size_t>(s)];
      body.host_.take_sizes(host_);
      cpu::detail::for_each_iteration(host_, s, loop->shape, workspace(), [&](index_t i, const Bindings& inputs, void* const* results, cpu::RandomState* drawn) {
        changed = body.turn(inputs, results, drawn, repeat * loop->shape.iterations + i, launches) || changed;
      });
    } else if (launches) {
      const Range range(name_of(plan.step[s].kind));
      kernel.run(*this, s);
    }
  }
  return changed;
}

#if ETCH_GPU
/// What this thread's stream is given from here on becomes a graph, or nothing where an error is thrown.
class Capture {
 public:
  Capture() { check(cudaStreamBeginCapture(stream_, cudaStreamCaptureModeThreadLocal), "cudaStreamBeginCapture"); }
  Capture(const Capture&) = delete;
  Capture& operator=(const Capture&) = delete;
  ~Capture() {
    cudaGraph_t broken = nullptr;
    if (is_open_ && cudaStreamEndCapture(stream_, &broken) == cudaSuccess && broken != nullptr) (void)cudaGraphDestroy(broken);
    if (is_open_) (void)cudaGetLastError();
  }
  cudaGraph_t end() {
    cudaGraph_t graph = nullptr;
    is_open_ = false;
    check(cudaStreamEndCapture(stream_, &graph), "cudaStreamEndCapture");
    return graph;
  }

 private:
  cudaStream_t stream_ = current_stream();
  bool is_open_ = true;
};

/// The tables of all bindings of the next run.
inline void Machine::upload() {
  copy_in(memory_.data() + tables_at_, staged_.data(), tables_room_ * static_cast<std::size_t>(repeats_));
  for (int s = 0; s < program_.plan.steps; ++s)
    if (program_.loop[s] != nullptr) body_[static_cast<std::size_t>(s)]->upload();
}
#endif

inline void Machine::run(const Bindings& given, void* const* out, cpu::RandomState* random) {
  const cpu::PlanView& plan = program_.plan;
  if (const int now = current_device(); now != device_) fail("cuda", "a program must run on the GPU it was made on", Message{} << "got GPU " << now << ", made on GPU " << device_);
  if (plan.draws && random == nullptr) {
    random = &cpu::default_random();
    ++random->step;
  }
  if (checks_) suspect();
  if (small_ != nullptr) return small_->run(given, out, random);
#if ETCH_GPU
  copied_.wait();
  bool changed = turn(given, out, random, 0, false);
  upload();
  copied_.record(current_stream());
  if (direct_) {  // a launch of a library holds addresses
    int outputs = 0;
    for (int a = 0; a < plan.accesses; ++a)
      if (plan.access[a].root == Root::output && plan.access[a].index >= outputs) outputs = plan.access[a].index + 1;
    for (int i = 0; i < given.count + outputs && i < 2 * max_slots; ++i) {
      void* const p = i < given.count ? given.data[i] : out[i - given.count];
      changed = changed || bound_[i] != p;
      bound_[i] = p;
    }
  }
  if (is_new_ || changed) {  // step by step: libraries and modules load what a capture would not let them, and one run pays no graph
    is_new_ = is_captured_ = false;
    turn(given, out, random, 0, true);
    return;
  }
  if (!is_captured_) {
    Capture capture;
    turn(given, out, random, 0, true);
    const cudaGraph_t captured = capture.end();
    cudaGraphExecUpdateResultInfo updated{};
    cudaError_t made = cudaSuccess;
    if (graph_ == nullptr || cudaGraphExecUpdate(graph_, captured, &updated) != cudaSuccess) {  // other launches than before
      (void)cudaGetLastError();
      if (graph_ != nullptr) {
        synchronize();
        (void)cudaGraphExecDestroy(std::exchange(graph_, nullptr));
      }
      made = cudaGraphInstantiate(&graph_, captured, 0);
    }
    (void)cudaGraphDestroy(captured);
    check(made, "cudaGraphInstantiate", Message{} << plan.steps << " steps");
    is_captured_ = true;
  }
  check(cudaGraphLaunch(graph_, current_stream()), "cudaGraphLaunch", Message{} << plan.steps << " steps");
#else
  turn(given, out, random, 0, true);
  settle();
#endif
}

inline void Machine::settle() {
  clear();
  if (small_ != nullptr) return small_->settle();
  Fault f;
#if ETCH_GPU
  copy_out(&f, fault(), sizeof f);
#else
  f = *fault();
#endif
  if (f.step == 0) {
    for (int s = 0; s < program_.plan.steps; ++s)
      if (program_.loop[s] != nullptr) body_[static_cast<std::size_t>(s)]->settle();
    return;
  }
  const Fault none;
  copy_in(fault(), &none, sizeof none);
  synchronize();
  raise(f, this->step(f.step - 1));
}

#if !ETCH_GPU
/// A fused group, or the epilogue of a product that lies in `tile`, as one loop over elements, rows or parts.
template <std::uint64_t... Code>
void launch_group(Machine& machine, int s, const TileView& tile) {
  using G = Group<Code...>;
  Extent e = machine.extent(s);
  if constexpr (G::division == Division::elements) {
    for_each(e.rows * e.columns, ElementOf<Code...>{machine.args(s), e.columns, tile});
  } else if constexpr (G::division == Division::rows) {
    e.parts = static_cast<int>(e.rows < Machine::scratch_parts ? e.rows : Machine::scratch_parts);
    e.by_column = false;
    for_each(e.parts, PartOf<Code...>{machine.args(s), e, machine.scratch(), machine.scratch_bytes(), tile});
  } else {
    machine.start_accumulators(s);
    for_each(e.parts, PartOf<Code...>{machine.args(s), e, machine.scratch(), machine.scratch_bytes(), tile});
    machine.combine_accumulators(s);
  }
}
#endif

}  // namespace ETCH_PLACE
}  // namespace device
}  // namespace ETCH_ABI
}  // namespace etch

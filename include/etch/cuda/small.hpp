// Small programs, each one launch: which they are, their phases, and a training step that is two of them in one.
//
//   GPU           a kernel of one block of 256 threads, the arena in its shared memory where it fits; of up to 8 blocks where there is more
//                 to do: one cluster (compute capability 9), or a cooperative launch
//   host system   the same phases, each a loop over 32 threads of each block
#pragma once

#include <etch/cuda/nvtx.hpp>
#include <etch/cuda/phase.hpp>
#include <etch/cuda/tally.hpp>
#if ETCH_GPU
#include <etch/cuda/properties.hpp>

#include <cooperative_groups.h>
#endif

#include <algorithm>
#include <cstring>
#include <memory>
#include <new>

namespace etch {
inline namespace ETCH_ABI {
namespace device {
inline namespace ETCH_PLACE {

/// Whether small programs are one kernel; step by step otherwise. The same in all files of a program.
#ifndef ETCH_SMALL_PROGRAMS
#define ETCH_SMALL_PROGRAMS 1
#endif
inline constexpr bool small_programs = ETCH_SMALL_PROGRAMS != 0;
/// Blocks of a small program, what each computes before another one pays for barriers between them, and before several launches are faster.
/// Guesses from instruction counts; no GPU has been asked.
inline constexpr int small_blocks = 8;
inline constexpr std::int64_t block_flops = std::int64_t{1} << 20, small_flops = small_blocks * (std::int64_t{4} << 20);
inline constexpr int small_words = 512;  ///< of all groups: they are the kernel's name

/// Whether a plan may be one kernel: fixed sizes, products and fused groups, little work. `steps`: the fewest for which that pays.
template <class Plan>
constexpr bool is_small(const Plan& plan, int slots, int steps) {
  if (!small_programs || plan.symbols > 0 || plan.steps < steps || slots > max_values || plan.words > small_words) return false;
  std::int64_t flops = 0;
  for (int s = 0; s < plan.steps; ++s) {
    const Step& step = plan.step[s];
    const bool computes = step.kind == StepKind::fused || (step.kind == StepKind::dot && step.dims <= 4 && (step.dtype == DType::float32 || step.dtype == DType::float64));
    if (!computes && !(step.kind == StepKind::checked && step.dtype == DType::int64)) return false;
    flops += step.flops;
  }
  return flops <= small_flops;
}
template <class Plan>
constexpr int blocks_of(const Plan& plan) {
  std::int64_t flops = 0;
  for (int s = 0; s < plan.steps; ++s) flops += plan.step[s].flops;
  int blocks = 1;
  while (blocks < small_blocks && flops > blocks * block_flops) blocks *= 2;
  return blocks;
}
/// How the work of a group may be shared.
struct GroupShape {
  Division division = Division::elements;
  bool columns = false;   ///< accumulators: of each column by itself
  bool splits_row = false;  ///< accumulators: one row in parts
};
template <class G>
constexpr GroupShape shape_of_group() {
  bool only_accumulates = true;
  for (int k = 0; k < G::regs.instructions; ++k) {
    const auto word = [&](int i) { return static_cast<Word>(G::code[G::regs.position[i]] & 255); };
    if (word(k) == Word::finish) only_accumulates = only_accumulates && k + 1 < G::regs.instructions && word(k + 1) == Word::accumulate;
  }
  return {G::division, !G::has(Word::finish) && !G::row_accumulates, only_accumulates};
}
/// A small program as its machine takes it; the kernel may hold another one's groups, too.
struct SmallProgram {
  void (*launch)(BlockCall&) = nullptr;
  const int* group = nullptr;  ///< of each step, and its shape
  const GroupShape* shape = nullptr;
  int first_group = 0;         ///< of its groups among the kernel's
  int blocks = 1;              ///< of the kernel
};

/// The different groups of a plan.
template <class Plan>
struct GroupList {
  int group[Plan::steps > 0 ? Plan::steps : 1]{};  ///< of each step that has one
  int begin[Plan::steps > 0 ? Plan::steps : 1]{}, words[Plan::steps > 0 ? Plan::steps : 1]{};
  int count = 0;
};
template <class Plan>
constexpr GroupList<Plan> list_groups(const Plan& plan) {
  GroupList<Plan> r;
  for (int s = 0; s < plan.steps; ++s) {
    if (plan.step[s].words == 0) continue;
    int g = 0;
    while (g < r.count && r.begin[g] != plan.step[s].code) ++g;
    if (g == r.count) r.begin[r.count] = plan.step[s].code, r.words[r.count++] = plan.step[s].words;
    r.group[s] = g;
  }
  return r;
}
#if ETCH_GPU
inline constexpr int small_threads = 256;
template <std::uint64_t... Code>
__global__ void __launch_bounds__(small_threads, 1) block_kernel([[maybe_unused]] const __grid_constant__ BlockCall call) {
#if defined(ETCH_GPU_CODE)
  ETCH_DYNAMIC_SHARED(block_memory);
  const BlockThread<Code...> t{call, block_memory, static_cast<int>(blockIdx.x), static_cast<int>(threadIdx.x), static_cast<int>(blockDim.x)};
  t.arrive();
  __syncthreads();
  for (int p = 0; p < call.programs && (p == 0 || call.program[0].fault->step == 0); ++p)  // no update by a gradient that is wrong
    for (int q = 0; q < call.program[p].phases; ++q) {
      t.run(p, q);
      if (!call.program[p].phase[q].meets) continue;
      if (call.blocks == 1) __syncthreads();
#if ETCH_GPU_CODE >= 900
      else cooperative_groups::this_cluster().sync();
#else
      else cooperative_groups::this_grid().sync();
#endif
    }
#endif
}
template <std::uint64_t... Code>
void launch_block(BlockCall& call) {
  int most = 0;
  check(cudaDeviceGetAttribute(&most, cudaDevAttrMaxSharedMemoryPerBlockOptin, current_device()), "cudaDeviceGetAttribute", Message{} << "shared memory");
  call.has_room = call.blocks == 1;
  if (call.bytes() > most) call.has_room = false;
  const auto bytes = static_cast<int>(call.bytes());
  const Message about = Message{} << "a small program of " << call.blocks << " blocks with " << bytes << " bytes of shared memory";
  if (bytes > 48 << 10) check(cudaFuncSetAttribute(block_kernel<Code...>, cudaFuncAttributeMaxDynamicSharedMemorySize, bytes), "cudaFuncSetAttribute", about);
  thread_local int compiled_for[max_devices]{};
  int& version = compiled_for[current_device()];
  if (version == 0) {
    cudaFuncAttributes kernel{};
    check(cudaFuncGetAttributes(&kernel, block_kernel<Code...>), "cudaFuncGetAttributes", about);
    version = kernel.ptxVersion;
  }
  cudaLaunchAttribute together{};
  if (version >= 90) {
    together.id = cudaLaunchAttributeClusterDimension;
    together.val.clusterDim.x = static_cast<unsigned>(call.blocks);
    together.val.clusterDim.y = together.val.clusterDim.z = 1;
  } else {
    together.id = cudaLaunchAttributeCooperative;
    together.val.cooperative = 1;
  }
  cudaLaunchConfig_t config{};
  config.gridDim = dim3(static_cast<unsigned>(call.blocks));
  config.blockDim = dim3(small_threads);
  config.dynamicSmemBytes = static_cast<std::size_t>(bytes);
  config.stream = current_stream();
  config.attrs = &together;
  config.numAttrs = call.blocks > 1 ? 1U : 0U;
  check(cudaLaunchKernelEx(&config, block_kernel<Code...>, call), "cudaLaunchKernelEx", about);
}
#else
inline constexpr int small_threads = 32;
/// What this thread emulates: any number of threads up to 32, and of blocks up to the program's, gives the same bits.
struct Emulation {
  int threads = small_threads, blocks = small_blocks;
};
inline Emulation& emulation() {
  thread_local Emulation e;
  return e;
}
template <std::uint64_t... Code>
struct HostThread {
  const BlockCall* call;
  char* memory;  ///< of all blocks, one after another
  index_t bytes;
  int threads, program, phase;  ///< -1: they arrive
  void operator()(std::int64_t i) const {
    const auto block = static_cast<int>(i / threads);
    const BlockThread<Code...> t{*call, memory + block * bytes, block, static_cast<int>(i % threads), threads};
    if (phase < 0) t.arrive();
    else t.run(program, phase);
  }
};
template <std::uint64_t... Code>
void launch_block(BlockCall& call) {
  const int threads = emulation().threads;
  call.blocks = std::min(call.blocks, emulation().blocks);
  call.has_room = call.blocks == 1;
  const auto bytes = static_cast<index_t>(aligned(static_cast<std::size_t>(call.bytes())));
  const Block memory(static_cast<std::size_t>(call.blocks * bytes), "blocks");
  const auto run = [&](int p, int q) { for_each(call.blocks * threads, HostThread<Code...>{&call, memory.data(), bytes, threads, p, q}); };
  run(0, -1);
  for (int p = 0; p < call.programs && (p == 0 || call.program[0].fault->step == 0); ++p)
    for (int q = 0; q < call.program[p].phases; ++q) run(p, q);
}
#endif

/// The kernel of one program, or of two: [groups, (begin, count).., words..].
template <class... Base>
class SmallKernel {
  static constexpr int words = 1 + (0 + ... + (2 * list_groups(Base::plan).count + Base::plan.words));
  struct List {
    std::uint64_t of[static_cast<std::size_t>(words)];
  };
  static constexpr List list = [] {
    List r{};
    int at = 1 + (0 + ... + (2 * list_groups(Base::plan).count)), group = 0;
    const auto add = [&](const auto& plan) {
      const auto g = list_groups(plan);
      for (int i = 0; i < g.count; ++i, ++group) {
        r.of[1 + 2 * group] = static_cast<std::uint64_t>(at + g.begin[i]);
        r.of[2 + 2 * group] = static_cast<std::uint64_t>(g.words[i]);
      }
      for (int w = 0; w < plan.words; ++w) r.of[at++] = plan.word[w];
    };
    (add(Base::plan), ...);
    r.of[0] = static_cast<std::uint64_t>(group);
    return r;
  }();
  template <std::size_t... W>
  static constexpr auto launch_of(std::index_sequence<W...>) {
    return &launch_block<list.of[W]...>;
  }

 public:
  static constexpr void (*launch)(BlockCall&) = launch_of(std::make_index_sequence<static_cast<std::size_t>(words)>{});
};

/// Runs a small program: what `Machine` does for it.
class SmallMachine {
 public:
  SmallMachine(const cpu::PlanView& plan, const SmallProgram& program);
  SmallMachine(const SmallMachine&) = delete;
  SmallMachine& operator=(const SmallMachine&) = delete;

  void run(const Bindings& in, void* const* out, cpu::RandomState* random);
  /// The next run waits for the program that it was joined to.
  void hold() { holds_ = joined_; }
  /// `first`, where it waits, and this, of one kernel, are one launch from now on.
  void join(SmallMachine& first) {
    first_ = &first;
    first.joined_ = true;
  }
  /// Throws what has been found wrong. On a GPU it waits for it.
  void settle();
  std::int64_t bytes() const { return static_cast<std::int64_t>(memory_.bytes() + static_cast<std::size_t>(host_.bytes())); }

 private:
  static constexpr int most_parts = 32;                 // for each block
  static constexpr index_t most_part_bytes = 16 << 10;  // likewise
  struct Parts {
    int count = 1;
    bool by_column = false;
    index_t bytes = 0;  ///< of one
  };
  Extent extent(const Step& s) const;
  Parts parts(int s) const;
  std::size_t lay_out();
  int add_phases(Phase* to);
  void upload();
  void launch(SmallMachine* before);

  cpu::PlanView plan_;
  SmallProgram program_;
  cpu::Machine host_;
  std::size_t scratch_at_ = 0, product_at_ = 0, parts_at_ = 0, room_bytes_ = 0, values_at_ = 0, fault_at_ = 0, staged_at_ = 0, tables_at_ = 0, phases_at_ = 0;
  Block memory_;          // [what stands for the room][fault][staged: entries, tables, phases][values, which are addresses alone]
  Pinned<char> staged_;   // as it is copied there
  std::unique_ptr<char*[]> seen_;  // the entries, unpatched
  BlockProgram bound_;
  alignas(16) char value_[max_values * value_bytes]{};
  SmallMachine* first_ = nullptr;
  bool joined_ = false, holds_ = false, waits_ = false;
#if ETCH_GPU
  Event copied_;
#endif
};

inline Extent SmallMachine::extent(const Step& s) const {
  Extent e;
  for (int k = 0; k + 1 < s.loop_dims; ++k) e.rows *= host_.size(s.loop[k]);
  e.columns = host_.size(s.loop[s.loop_dims - 1]);
  return e;
}
/// Into how many parts a step with accumulators is cut, each with a partial result of its own; never dependent on threads.
inline SmallMachine::Parts SmallMachine::parts(int s) const {
  const Step& step = plan_.step[s];
  const GroupShape shape = program_.shape[s];
  Parts r;
  for (int i = 0; i < step.combines; ++i) {
    const Combine& c = plan_.combine[step.combine + i];
    r.bytes += static_cast<index_t>(aligned(static_cast<std::size_t>(host_.size(c.count)) * size_of(c.dtype)));
  }
  const Extent e = extent(step);
  r.by_column = !shape.columns && e.rows == 1 && shape.splits_row;
  const index_t most = most_parts * program_.blocks;
  index_t n = shape.columns ? e.rows / 64 : r.by_column ? e.columns / 16 : e.rows;
  n = n < 1 ? 1 : n > most ? most : n;
  while (n > 1 && n * r.bytes > most_part_bytes * program_.blocks) n /= 2;
  r.count = static_cast<int>(n);
  return r;
}

inline std::size_t SmallMachine::lay_out() {
  std::size_t product = 0, all_parts = 0, scratch_rows = 0;
  int phases = 0;
  for (int s = 0; s < plan_.steps; ++s) {
    const Step& step = plan_.step[s];
    phases += 2 + 2 * step.combines;
    if (step.words == 0) continue;
    const Extent e = extent(step);
    const Parts p = parts(s);
    if (step.kind == StepKind::dot) product = std::max(product, static_cast<std::size_t>(e.rows * e.columns) * size_of(step.dtype));
    if (p.count > 1) all_parts = std::max(all_parts, static_cast<std::size_t>(p.count * p.bytes));
    scratch_rows = std::max(scratch_rows, static_cast<std::size_t>(program_.shape[s].division == Division::rows ? e.rows : p.count));
  }
  scratch_rows = std::min(scratch_rows, static_cast<std::size_t>(small_threads * program_.blocks));
  std::size_t at = 0;
  const auto part = [&](std::size_t bytes) {
    const std::size_t begin = at;
    at += aligned(bytes);
    return begin;
  };
  part(static_cast<std::size_t>(plan_.arena_bytes));
  scratch_at_ = part(aligned(static_cast<std::size_t>(plan_.scratch_bytes)) * scratch_rows);
  product_at_ = part(product);
  parts_at_ = part(all_parts);
  room_bytes_ = at;
  fault_at_ = part(sizeof(Fault));
  staged_at_ = part(static_cast<std::size_t>(plan_.accesses + plan_.combines) * sizeof(char*));
  tables_at_ = part(host_.tables().bytes);
  phases_at_ = part(static_cast<std::size_t>(phases) * sizeof(Phase));
  values_at_ = part(max_values * value_bytes);
  return at;
}

inline SmallMachine::SmallMachine(const cpu::PlanView& plan, const SmallProgram& program)
    : plan_(plan), program_(program), host_(plan, reinterpret_cast<char*>(&plan_)), memory_(lay_out(), "a program"), staged_(values_at_ - staged_at_), seen_(new char*[static_cast<std::size_t>(plan.accesses + plan.combines)]{}) {
  host_.place_arena(memory_.data());
  bound_.entries = plan.accesses + plan.combines;
  bound_.entry = reinterpret_cast<char* const*>(memory_.data() + staged_at_);
  bound_.room = memory_.data();
  bound_.room_bytes = static_cast<index_t>(room_bytes_);
  bound_.scratch_at = static_cast<index_t>(scratch_at_);
  bound_.scratch_bytes = static_cast<index_t>(aligned(static_cast<std::size_t>(plan.scratch_bytes)));
  bound_.values = memory_.data() + values_at_;
  bound_.value_count = plan.slots;
  bound_.first_group = program.first_group;
  bound_.fault = reinterpret_cast<Fault*>(memory_.data() + fault_at_);
}

/// The phases of all steps; returns how many.
inline int SmallMachine::add_phases(Phase* const to) {
  const cpu::Tables t = host_.tables();
  const std::ptrdiff_t there = memory_.data() + tables_at_ - t.data;
  const auto moved = [&]<class T>(T* p) { return reinterpret_cast<T*>(reinterpret_cast<std::uintptr_t>(p) + static_cast<std::uintptr_t>(there)); };
  int n = 0;
  const auto add = [&](PhaseKind kind, int s) -> Phase& {
    Phase& f = *new (to + n++) Phase;
    f.kind = kind;
    f.dtype = plan_.step[s].dtype;
    f.step = s;
    f.group = program_.group[s];
    f.access = plan_.step[s].access;
    f.product_at = static_cast<index_t>(product_at_);
    return f;
  };
  for (int s = 0; s < plan_.steps; ++s) {
    const Step& step = plan_.step[s];
    if (step.kind == StepKind::checked) {
      Phase& f = add(PhaseKind::demand, s);
      f.rule = static_cast<Demand>(step.arg >> 48 & 255);
      f.wraps = f.rule == Demand::index && (step.arg >> 8 & 1) != 0;
      f.size = host_.size(step.dim[step.dims - 1]);
      f.walk.rank = step.dims - 1;
      f.count = 1;
      for (int k = 0; k < f.walk.rank; ++k) {
        f.count *= f.walk.size[k] = host_.size(step.dim[k]);
        f.walk.stride[0][k] = host_.stride(step.access, k);
      }
      continue;
    }
    if (step.kind == StepKind::dot) {
      Phase& f = add(PhaseKind::product, s);
      const int axes = step.dims - 3, first = step.access + step.accesses - (step.words != 0 ? 2 : 3);
      f.batches = axes > 0 ? host_.size(step.dim[0]) : 1;
      f.m = host_.size(step.dim[axes]), f.n = host_.size(step.dim[axes + 1]), f.k = host_.size(step.dim[axes + 2]);
      for (int o = 0; o < (step.words != 0 ? 2 : 3); ++o) {
        f.operand[o] = first + o;
        for (int k = 0; k < 2; ++k) f.stride[o][1 + k] = host_.stride(first + o, axes + k);
        if (axes > 0) f.stride[o][0] = host_.stride(first + o, 0);
      }
      if (step.words != 0) f.stride[2][0] = f.m * f.n, f.stride[2][1] = f.n, f.stride[2][2] = 1;
      f.count = ProductTile<float>::count(f.batches, f.m, f.n);
    }
    if (step.words == 0) continue;
    const GroupShape shape = program_.shape[s];
    const Parts cut = parts(s);
    const auto accumulate = [&](PhaseKind kind) {
      index_t at = static_cast<index_t>(parts_at_);
      for (int i = 0; i < step.combines; ++i) {
        const Combine& c = plan_.combine[step.combine + i];
        Phase& f = add(kind, s);
        f.access += c.access;
        f.op = c.op;
        f.dtype = c.dtype;
        f.elements = host_.size(c.count);
        f.count = f.elements * (kind == PhaseKind::start ? cut.count : 1);
        f.extent.parts = cut.count;
        f.part_bytes = cut.count > 1 ? cut.bytes : 0;
        f.target = plan_.accesses + step.combine + i;
        f.meets = i + 1 == step.combines;
        if (cut.count == 1) continue;
        reinterpret_cast<char**>(staged_.data())[f.access] = memory_.data() + at;
        at += static_cast<index_t>(aligned(static_cast<std::size_t>(f.elements) * size_of(c.dtype)));
        const auto chunk = reinterpret_cast<const char*>(host_.args(s).chunk + c.access) - t.data;
        *reinterpret_cast<index_t*>(staged_.data() + (tables_at_ - staged_at_) + chunk) = cut.bytes;
      }
    };
    if (shape.division == Division::parts) accumulate(PhaseKind::start);
    Phase& f = add(shape.division == Division::elements ? PhaseKind::elements : shape.division == Division::rows ? PhaseKind::rows : shape.columns ? PhaseKind::columns : PhaseKind::parts, s);
    f.extent = extent(step);
    f.extent.by_column = cut.by_column;
    f.extent.parts = cut.count;
    f.n = f.extent.columns;
    f.count = f.kind == PhaseKind::elements ? f.extent.rows * f.extent.columns : f.kind == PhaseKind::rows ? f.extent.rows : f.kind == PhaseKind::columns ? f.extent.columns * cut.count : cut.count;
    f.args = host_.args(s);
    f.args.extent = moved(f.args.extent);
    f.args.stride = moved(f.args.stride);
    f.args.chunk = moved(f.args.chunk);
    f.args.root = moved(f.args.root);
    if (shape.division == Division::parts && (cut.count > 1 || step.chunks > 1)) accumulate(PhaseKind::combine);  // the plan's parts are not the result
  }
  return n;
}

/// Addresses, tables and phases, where they have changed.
inline void SmallMachine::upload() {
  const cpu::Tables t = host_.tables();
  bool changed = bound_.phase == nullptr;
  for (int i = 0; i < bound_.entries; ++i) {
    char* const p = i < plan_.accesses ? host_.pointer(i) : host_.targets()[i - plan_.accesses];
    char*& seen = seen_[static_cast<std::size_t>(i)];
    changed = changed || seen != p;
    seen = p;
  }
  if (!changed) return;
#if ETCH_GPU
  copied_.wait();
#endif
  std::memcpy(staged_.data(), seen_.get(), static_cast<std::size_t>(bound_.entries) * sizeof(char*));
  std::memcpy(staged_.data() + (tables_at_ - staged_at_), t.data, t.bytes);
  bound_.phases = add_phases(reinterpret_cast<Phase*>(staged_.data() + (phases_at_ - staged_at_)));
  bound_.phase = reinterpret_cast<const Phase*>(memory_.data() + phases_at_);
  copy_in(memory_.data() + staged_at_, staged_.data(), values_at_ - staged_at_);
#if ETCH_GPU
  copied_.record(current_stream());
#endif
}

inline void SmallMachine::run(const Bindings& given, void* const* out, cpu::RandomState* random) {
  if (waits_) launch(nullptr);  // nothing followed
  Bindings in;
  for (int i = 0, next = 0; i < plan_.slots; ++i) {
    const SlotKind kind = plan_.slot[i].kind;
    const void* const number = kind == SlotKind::random ? random : kind == SlotKind::scalar ? given.data[next] : nullptr;
    if (number != nullptr) {
      std::memcpy(value_ + i * value_bytes, number, kind == SlotKind::random ? sizeof *random : size_of(plan_.slot[i].dtype));
      in.bind(memory_.data() + values_at_ + i * value_bytes);
    } else {
      in.bind(given.data[next], given.sizes[next]);
    }
    if (kind != SlotKind::random) ++next;
  }
  host_.prepare(in, out, random);
  upload();
  waits_ = holds_;
  holds_ = false;
  if (!waits_) launch(first_ != nullptr && first_->waits_ ? first_ : nullptr);
}

inline void SmallMachine::launch(SmallMachine* before) {
  BlockCall call{};
  const auto add = [&](SmallMachine& m) {
    const int p = call.programs++;
    call.program[p] = m.bound_;
    std::memcpy(call.value[p], m.value_, static_cast<std::size_t>(m.bound_.value_count) * value_bytes);
    for (int s = 0; s < m.plan_.steps; ++s) ++tally().ran[static_cast<int>(Route::block)][static_cast<int>(m.plan_.step[s].kind)];
    m.waits_ = false;
  };
  if (before != nullptr) add(*before);
  add(*this);
  call.blocks = program_.blocks;
  const Range range("small program");
  ++tally().blocks;
  program_.launch(call);
#if !ETCH_GPU
  if (before != nullptr) before->settle();
  settle();
#endif
}

inline void SmallMachine::settle() {
  if (waits_) launch(nullptr);
  Fault f;
  const Fault none;
  copy_out(&f, bound_.fault, sizeof f);
  if (f.step == 0) return;
  copy_in(bound_.fault, &none, sizeof none);
  synchronize();
  raise(f, plan_.step[f.step - 1]);
}

}  // namespace ETCH_PLACE
}  // namespace device
}  // namespace ETCH_ABI
}  // namespace etch

// Runs a plan: resolves offsets and strides once, binds pointers at each call, and calls one kernel after another.
#pragma once

#include <etch/core/error.hpp>
#include <etch/core/storage.hpp>
#include <etch/cpu/accumulate.hpp>
#include <etch/cpu/fused.hpp>
#include <etch/cpu/parallel.hpp>
#include <etch/expr/lazy.hpp>

namespace etch {
inline namespace ETCH_ABI {
namespace cpu {

/// Seed and step of a program's random numbers, as its kernels read them.
struct RandomState {
  std::uint64_t seed = 0;
  std::uint64_t step = 0;
};
/// What expressions draw from that no program owns; moves on by a step each time.
inline RandomState& default_random() {
  thread_local RandomState state;
  return state;
}

class Machine;

/// A kernel that is no fused loop: what runs a step, and the bytes it needs beside the arena for each thread. A program
/// names only those it uses, so the others are not compiled.
struct LibraryKernel {
  void (*run)(Machine&, int step) = nullptr;
  std::size_t (*workspace)(const Machine&, const Step&) = nullptr;
  std::size_t kept = 0;  ///< bytes of what it makes of constant inputs when they are new
};

/// What only some plans ask of their machine; so is this.
struct MachineParts {
  void (*draw)(Machine&, const Bindings& given, void* const* out, RandomState* random) = nullptr;  ///< runs one that asks for random numbers
  bool (*bind_sizes)(Machine&, const Bindings& in) = nullptr;  ///< of bounded dims
  void (*make_bodies)(Machine&) = nullptr;                     ///< of loops
  void (*bind_targets)(Machine&, const Bindings& in, void* const* out) = nullptr;  ///< of accumulators
  void (*combine)(Machine&, const Step& s, int first, bool before) = nullptr;
  void (*run_fused)(Machine&, int step) = nullptr;  ///< that is more than one call of its kernel
};

struct LoopView;

/// A plan and its kernels as plain arrays: one type for all programs, so that running them is compiled once.
struct PlanView {
  const Step* step;
  int steps;
  const Access* access;
  int accesses;
  const Combine* combine;
  int combines;
  const Buffer* buffer;
  const Symbol* symbol;
  int symbols;
  const Kernel* kernel;  ///< one for each step, null where it has no words
  const LibraryKernel* library;  ///< one for each step, null for fused loops
  const LoopView* const* loop;   ///< one for each step, null where it is no loop
  const Accumulator* accumulator;  ///< one for each of `combine`
  const Slot* slot;
  int slots;
  const Shape* shape;
  std::int64_t arena_bytes;
  std::int64_t scratch_bytes;
  int random_slot;
  bool draws;  ///< whether it, or a loop in it, asks for random numbers
  MachineParts parts;
};

/// The program of a loop's body, and how it is called.
struct LoopView {
  PlanView body;
  int iterations;
  int carried, stacked, constants;
  std::uint64_t wanted;  ///< results that the program around it has
  int results;           ///< the last of them, + 1
  int stream;
  bool reversed;
  std::int64_t arena_bytes;  ///< of the body and the loops in it
  std::int64_t carried_bytes[max_loop_values];
  int kept[max_loop_values];  ///< of each carried value: which result of the body is the rows of what it was, 0 for none
};

/// What kernels read of a machine: pointers, strides and sizes, one block.
struct Tables {
  char* data;
  std::size_t bytes;
};

/// Whether a step is one call of a fused loop and nothing else.
constexpr bool is_one_call(const Step& s) { return s.kind == StepKind::fused && s.chunks == 1 && s.combines == 0 && s.block == 0; }

/// A plan bound to memory. Everything is allocated when it is made; `run` allocates nothing, unless threads were added.
class Machine {
 public:
  /// With an arena of its own, or one of another machine's or on another device: in the latter case its tables are kept here, and who calls `prepare` runs the steps.
  explicit Machine(const PlanView& plan, char* arena = nullptr);
  Machine(const Machine&) = delete;
  Machine& operator=(const Machine&) = delete;
  ~Machine();

  /// Binds inputs and outputs (whose sizes are checked against each other where they are bounded) and runs every step.
  void run(const Bindings& in, void* const* out, RandomState* random = nullptr);
  /// The first half of `run`: binds, and runs nothing. Whether sizes have changed since the last time.
  bool prepare(const Bindings& in, void* const* out, RandomState* random);
  /// Runs every step again on what lies there now: of a machine that `repeats`, whose inputs and results are where they were in the last run.
  void repeat() {
    for (int s = 0; s < plan_.steps; ++s) run_step(s);
  }
  /// Whether its next run can differ from the last by nothing but pointers and what they point to.
  bool repeats() const { return repeats_ && num_threads() <= threads_; }
  bool has_input(int i, const void* p) const { return seen_[i] == p; }  ///< whether it was there in the last run
  bool has_result(int i, const void* p) const { return i < outputs_ && seen_[plan_.slots + i] == p; }
  void run_step(int s) {
    if (call_[s].args != nullptr) plan_.kernel[s](call_[s]);
    else if (plan_.library[s].run != nullptr) plan_.library[s].run(*this, s);
    else plan_.parts.run_fused(*this, s);
  }
  /// The parts that a plan asks for: of one that draws, has bounded sizes, loops, accumulators, or fused loops of several calls.
  static constexpr MachineParts parts(bool draws, bool bounded, bool loops, bool accumulates, bool divides);
  Tables tables() const { return {reinterpret_cast<char*>(base_), static_cast<std::size_t>(static_cast<char*>(block_) + total_ - reinterpret_cast<char*>(base_))}; }
  /// Where the combined values of all accumulators belong, in the tables.
  char* const* targets() const { return target_; }
  /// The arena of a machine that was made with another.
  void place_arena(char* arena) {
    arena_ = given_arena_ = arena, bound_ = repeats_ = false;
    place_bodies();
  }
  /// Kernels read a copy of the tables, so many bytes further on.
  void place_tables(std::ptrdiff_t offset) { elsewhere_ = offset, bound_ = repeats_ = false; }
  /// The actual value of a size, after the last binding.
  std::int64_t size(int code) const {
    return is_static(code) ? number_of(code) : size(plan_.symbol[-1 - code]);
  }
  std::int64_t bytes() const { return total_; }
  /// Constant inputs are others than in the last run.
  void renew() { new_ = true, repeats_ = false; }

  // ---- what loops ask ----
  const LoopView& loop(int s) const { return *plan_.loop[s]; }
  Machine& body(int s) const { return *body_[s]; }
  RandomState* random() const { return random_; }
  /// Takes over the actual sizes of the program around it.
  void take_sizes(const Machine& around);

  // ---- what library kernels ask ----
  const Step& step(int s) const { return plan_.step[s]; }
  std::int64_t capacity(int code) const { return code >= 0 ? code : plan_.symbol[-1 - code].capacity; }
  char* pointer(int access) const { return base_[access]; }
  index_t stride(int access, int axis) const { return stride_[access * max_rank + axis]; }
  /// The most that stride may be.
  std::int64_t stride_capacity(int access, int axis) const { return capacity(plan_.access[access].stride[axis]); }
  int index(int access) const { return plan_.access[access].index; }  ///< of an access that holds numbers, one more
  std::size_t element_size(int access) const { return plan_.access[access].size; }
  void* workspace() const { return workspace_; }
  void* kept(int s) const { return kept_[s]; }
  bool is_new() const { return new_; }  ///< whether constant inputs are
  Kernel kernel(int s) const { return plan_.kernel[s]; }
  const FusedArgs& args(int s) const { return args_[s]; }

 private:
  std::int64_t size_of_tag(std::uint64_t tag) const {
    for (int i = 0; i < tags_; ++i)
      if (tag_[i] == tag) return tag_size_[i];
    return 0;
  }
  ETCH_COLD std::int64_t size(const Symbol& s) const {
    std::int64_t n = s.factor;
    for (int t = 0; t < s.tags; ++t) n *= size_of_tag(s.tag[t]);
    return n;
  }
  bool bind_sizes(const Bindings& in);
  void resolve();
  void bind(const Bindings& in, void* const* out);
  bool is_bound(const Bindings& in, void* const* out);
  static index_t rows_of(const FusedArgs& a) {
    index_t n = 1;
    for (int k = 0; k + 1 < a.dims; ++k) n *= a.extent[k];
    return n;
  }
  static index_t columns_of(const FusedArgs& a) { return a.extent[a.dims - 1]; }
  struct Part;
  void run_fused(int s);
  void run_drawing(const Bindings& given, void* const* out, RandomState* random);
  ETCH_INLINE char* locate(const Access& a, const Bindings& in, void* const* out) const;
  void bind_targets(const Bindings& in, void* const* out);
  void combine(const Step& s, int first, bool before);
  void make_bodies();
  void allocate(int thread_count);
  /// Where the arenas of loops' bodies are, which never run at the same time: all at one place.
  char* arena_of_bodies() const { return arena_ + aligned(static_cast<std::size_t>(plan_.arena_bytes)); }
  ETCH_COLD void place_bodies() {
    for (int s = 0; body_ != nullptr && s < plan_.steps; ++s)
      if (body_[s] != nullptr) body_[s]->place_arena(arena_of_bodies());
  }

  PlanView plan_;
  char* given_arena_;
  std::ptrdiff_t elsewhere_ = 0;  ///< from the tables to the copy that kernels read
  Machine** body_ = nullptr;      ///< of each step that is a loop
  RandomState* random_ = nullptr;
  void* block_ = nullptr;
  char* arena_ = nullptr;
  char* workspace_ = nullptr;     ///< of library kernels, for all threads
  void** kept_ = nullptr;         ///< of each step
  char* scratch_ = nullptr;       ///< rows kept between passes, one part for each thread
  char** base_ = nullptr;         ///< of each access
  char** target_ = nullptr;       ///< of each accumulator: where its combined value belongs
  index_t* stride_ = nullptr;     ///< max_rank for each access; elements for library kernels
  index_t* packed_ = nullptr;     ///< strides of fused kernels in bytes, slots x dims
  index_t* chunk_ = nullptr;
  Root* root_ = nullptr;
  index_t* extent_ = nullptr;     ///< max_rank for each step
  double* size_value_ = nullptr;  ///< the actual sizes, as values
  FusedArgs* args_ = nullptr;     ///< one for each step
  FusedCall* call_ = nullptr;     ///< of each step that is one call; other steps' have no args
  std::uint64_t tag_[max_tags]{};
  std::int64_t tag_size_[max_tags]{};
  int tags_ = 0;
  int threads_ = 1;
  bool resolved_ = false;
  bool alone_ = false;            ///< most of its time is a loop's whose steps one thread runs: it runs the others, too
  void** seen_ = nullptr;         ///< inputs and results that pointers are bound to
  int outputs_ = 0;               ///< how many results there are
  bool bound_ = false, new_ = true, repeats_ = false;
  std::int64_t total_ = 0;
};

namespace detail {
/// About how long a plan's steps take that threads share, and those that one thread runs, as additions and multiplications of products.
struct Work {
  double shared = 0, single = 0;
};
ETCH_COLD inline Work work_of(const PlanView& plan) {
  constexpr double word = 8;           // of a fused loop, as long as so many of a product
  constexpr std::int64_t least = 1 << 21;  // of a library kernel that is shared
  Work r;
  for (int s = 0; s < plan.steps; ++s) {
    const Step& step = plan.step[s];
    if (plan.loop[s] != nullptr) {
      const Work body = work_of(plan.loop[s]->body);
      r.shared += body.shared * plan.loop[s]->iterations;
      r.single += body.single * plan.loop[s]->iterations;
    } else {
      const bool fused = step.kind == StepKind::fused;
      (step.chunks > 1 || (!fused && step.flops > least) ? r.shared : r.single) += static_cast<double>(step.flops) * (fused ? word : 1);
    }
  }
  return r;
}
}  // namespace detail

ETCH_COLD inline Machine::Machine(const PlanView& plan, char* arena) : plan_(plan), given_arena_(arena) {
  allocate(num_threads());
  if (plan.parts.make_bodies != nullptr) plan.parts.make_bodies(*this);
}
ETCH_COLD inline void Machine::make_bodies() {
  const PlanView& plan = plan_;
  // the other threads would sleep meanwhile: waking them, and fetching what they made, costs more than they save
  const detail::Work work = detail::work_of(plan);
  alone_ = work.single > work.shared;
  body_ = new Machine*[static_cast<std::size_t>(plan.steps)]{};
  for (int s = 0; s < plan.steps; ++s)
    if (plan.loop[s] != nullptr) body_[s] = new Machine(plan.loop[s]->body, arena_of_bodies());
}
ETCH_COLD inline Machine::~Machine() {
  for (int s = 0; body_ != nullptr && s < plan_.steps; ++s) delete body_[s];
  delete[] body_;
  free_block(block_, static_cast<std::size_t>(total_));
}

/// Room for all that a run by so many threads needs; what was there is forgotten.
ETCH_COLD inline void Machine::allocate(int thread_count) {
  const PlanView& plan = plan_;
  threads_ = thread_count;
  resolved_ = bound_ = repeats_ = false;
  new_ = true;
  const auto note = [this](const Access& a) {
    if (a.root == Root::output && a.index >= outputs_) outputs_ = a.index + 1;
  };
  for (int i = 0; i < plan.accesses; ++i) note(plan.access[i]);
  for (int i = 0; i < plan.combines; ++i) note(plan.combine[i].target);
  std::size_t workspace = 0, bodies = 0, kept = 0;
  for (int s = 0; s < plan.steps; ++s) {
    if (plan.loop[s] != nullptr && static_cast<std::size_t>(plan.loop[s]->arena_bytes) > bodies) bodies = static_cast<std::size_t>(plan.loop[s]->arena_bytes);
    std::size_t w = plan.library[s].workspace == nullptr ? 0 : plan.library[s].workspace(*this, plan.step[s]);
    for (int c = 0; plan.loop[s] != nullptr && c < plan.loop[s]->carried; ++c) w += 2 * static_cast<std::size_t>(plan.loop[s]->carried_bytes[c]);
    workspace = w > workspace ? w : workspace;
    kept += aligned(plan.library[s].kept);
  }
  const auto n = static_cast<std::size_t>(plan.accesses), steps = static_cast<std::size_t>(plan.steps), threads = static_cast<std::size_t>(threads_);
  std::size_t at = 0;
  auto part = [&](std::size_t bytes) {
    const std::size_t begin = at;
    at += aligned(bytes);
    return begin;
  };
  const std::size_t arena = part(given_arena_ == nullptr ? aligned(static_cast<std::size_t>(plan.arena_bytes)) + bodies : 0), work = part(aligned(workspace) * threads), keeps = part(kept), kept_at = part(steps * sizeof(void*));
  const std::size_t scratch = part(aligned(static_cast<std::size_t>(plan.scratch_bytes)) * threads);
  const std::size_t call = part(steps * sizeof(FusedCall));
  const std::size_t base = part(n * sizeof(char*)), target = part(static_cast<std::size_t>(plan.combines) * sizeof(char*)), stride = part(n * max_rank * sizeof(index_t)), packed = part(n * max_rank * sizeof(index_t));
  const std::size_t chunk = part(n * sizeof(index_t)), root = part(n * sizeof(Root)), extent = part(steps * max_rank * sizeof(index_t)), args = part(steps * sizeof(FusedArgs)), sizes = part(static_cast<std::size_t>(plan_.symbols) * sizeof(double)), seen = part(static_cast<std::size_t>(plan.slots + outputs_) * sizeof(void*));
  if (block_ != nullptr) free_block(block_, static_cast<std::size_t>(total_));
  block_ = allocate_block(at);
  total_ = static_cast<std::int64_t>(at);
  char* const b = static_cast<char*>(block_);
  arena_ = given_arena_ == nullptr ? b + arena : given_arena_;
  workspace_ = b + work;
  kept_ = reinterpret_cast<void**>(b + kept_at);
  std::size_t next = keeps;
  for (int s = 0; s < plan.steps; next += aligned(plan.library[s++].kept)) kept_[s] = b + next;
  scratch_ = b + scratch;
  base_ = reinterpret_cast<char**>(b + base);
  target_ = reinterpret_cast<char**>(b + target);
  stride_ = reinterpret_cast<index_t*>(b + stride);
  packed_ = reinterpret_cast<index_t*>(b + packed);
  chunk_ = reinterpret_cast<index_t*>(b + chunk);
  root_ = reinterpret_cast<Root*>(b + root);
  extent_ = reinterpret_cast<index_t*>(b + extent);
  args_ = reinterpret_cast<FusedArgs*>(b + args);
  call_ = reinterpret_cast<FusedCall*>(b + call);
  size_value_ = reinterpret_cast<double*>(b + sizes);
  seen_ = reinterpret_cast<void**>(b + seen);
  place_bodies();
}

/// Reads the actual sizes of bounded dims off the inputs; all that share a name must agree.
ETCH_COLD inline bool Machine::bind_sizes(const Bindings& in) {
  bool changed = false;
  std::uint64_t seen[max_tags]{};
  int count = 0;
  for (int i = 0; i < plan_.slots; ++i) {
    const Shape& s = plan_.shape[plan_.slot[i].shape];
    for (int k = 0; k < s.rank; ++k) {
      if (s.size[k] >= 0 || in.sizes[i] == nullptr) continue;
      const Symbol& symbol = plan_.symbol[-1 - s.size[k]];
      if (symbol.tags != 1 || symbol.factor != 1) continue;
      const std::int64_t actual = in.sizes[i][k];
      if (actual > symbol.capacity || actual < 0)
        fail("program", "a bounded size must be at most its bound", Message{} << "got " << static_cast<long>(actual) << ", bound " << static_cast<long>(symbol.capacity));
      int t = 0;
      while (t < tags_ && tag_[t] != symbol.tag[0]) ++t;
      if (t == tags_) tag_[tags_++] = symbol.tag[0];
      bool again = false;
      for (int j = 0; j < count; ++j) again = again || seen[j] == symbol.tag[0];
      if (again && tag_size_[t] != actual)
        fail("program", "sizes of one bounded dim must agree", Message{} << "got " << static_cast<long>(tag_size_[t]) << " and " << static_cast<long>(actual));
      if (!again) seen[count++] = symbol.tag[0];
      changed = changed || tag_size_[t] != actual;
      tag_size_[t] = actual;
    }
  }
  return changed;
}

ETCH_COLD inline void Machine::take_sizes(const Machine& around) {
  for (int i = 0; i < around.tags_; ++i) {
    int t = 0;
    while (t < tags_ && tag_[t] != around.tag_[i]) ++t;
    if (t == tags_) tag_[tags_++] = around.tag_[i];
    if (tag_size_[t] != around.tag_size_[i]) resolved_ = false;
    tag_size_[t] = around.tag_size_[i];
  }
}

ETCH_COLD inline void Machine::resolve() {
  for (int i = 0; i < plan_.symbols; ++i) size_value_[i] = static_cast<double>(size(-1 - i));
  for (int a = 0; a < plan_.accesses; ++a)
    for (int k = 0; k < max_rank; ++k) stride_[a * max_rank + k] = size(plan_.access[a].stride[k]);
  for (int s = 0; s < plan_.steps; ++s) {
    const Step& step = plan_.step[s];
    const int dims = step.loop_dims;
    for (int k = 0; k < dims; ++k) extent_[s * max_rank + k] = size(step.loop[k]);
    index_t* packed = packed_ + step.access * max_rank;
    bool plain = true;
    int tile = -1;
    for (int i = 0; i < step.accesses; ++i) {
      const Access& a = plan_.access[step.access + i];
      plain = plain && a.root != Root::scratch;
      if (a.root == Root::tile) tile = i;
      chunk_[step.access + i] = a.chunk;
      root_[step.access + i] = a.root;
      const index_t unit = a.root == Root::iota ? 1 : a.size;
      for (int k = 0; k < dims; ++k) packed[i * dims + k] = stride_[(step.access + i) * max_rank + k] * unit;
    }
    args_[s] = FusedArgs{dims, extent_ + s * max_rank, base_ + step.access, packed, chunk_ + step.access, root_ + step.access, nullptr, tile, plain};
    call_[s] = FusedCall{};
    if (!is_one_call(step)) continue;
    call_[s] = FusedCall{&args_[s], 0, rows_of(args_[s]), 0, columns_of(args_[s])};
    call_[s].scratch = scratch_;
  }
  resolved_ = true;
  bound_ = false;
}

/// Whether every pointer is where it was the last time, as in a training loop; notes them.
inline bool Machine::is_bound(const Bindings& in, void* const* out) {
  bool same = bound_;
  for (int i = 0; i < plan_.slots; ++i) {
    if (seen_[i] == in.data[i]) continue;
    seen_[i] = in.data[i];
    same = false;
  }
  for (int i = 0; i < outputs_; ++i) {
    if (seen_[plan_.slots + i] == out[i]) continue;
    seen_[plan_.slots + i] = out[i];
    same = false;
  }
  bound_ = true;
  return same;
}

ETCH_INLINE char* Machine::locate(const Access& a, const Bindings& in, void* const* out) const {
  const std::int64_t byte = a.byte + (a.extra != 0 ? size(a.extra) * a.size : 0);
  switch (a.root) {
    case Root::input: return static_cast<char*>(in.data[a.index]) + byte;
    case Root::output: return static_cast<char*>(out[a.index]) + byte;
    case Root::buffer: return arena_ + plan_.buffer[a.index].offset + byte;
    case Root::extent: return reinterpret_cast<char*>(size_value_) + elsewhere_ + byte;
    case Root::iota: return reinterpret_cast<char*>(byte / a.size);  // an index, not an address
    case Root::scratch: return reinterpret_cast<char*>(byte);        // from the thread's own rows
    default: return nullptr;
  }
}
ETCH_NOINLINE inline void Machine::bind(const Bindings& in, void* const* out) {
  for (int i = 0; i < plan_.accesses; ++i) base_[i] = locate(plan_.access[i], in, out);
  if (plan_.parts.bind_targets != nullptr) plan_.parts.bind_targets(*this, in, out);
  const std::uint64_t* random = plan_.random_slot >= 0 ? static_cast<const std::uint64_t*>(in.data[plan_.random_slot]) : nullptr;
  for (int s = 0; s < plan_.steps; ++s) args_[s].random = random;
}
ETCH_COLD inline void Machine::bind_targets(const Bindings& in, void* const* out) {
  for (int i = 0; i < plan_.combines; ++i) target_[i] = locate(plan_.combine[i].target, in, out);
}

inline bool Machine::prepare(const Bindings& in, void* const* out, RandomState* random) {
  random_ = random;
  if (num_threads() > threads_ && elsewhere_ == 0) allocate(num_threads());
  const bool changed = (plan_.parts.bind_sizes != nullptr && plan_.parts.bind_sizes(*this, in)) || !resolved_;
  if (changed) resolve();
  if (!is_bound(in, out)) bind(in, out);
  return changed;
}

inline void Machine::run(const Bindings& in, void* const* out, RandomState* random) {
  if (plan_.parts.draw != nullptr) return plan_.parts.draw(*this, in, out, random);
  const detail::Alone alone(alone_);
  prepare(in, out, random);
  repeat();
  new_ = false;
  repeats_ = plan_.symbols == 0 && !alone_;
}
/// The same of a program that asks for random numbers: their state has a slot of its own among the inputs.
inline void Machine::run_drawing(const Bindings& given, void* const* out, RandomState* random) {
  Bindings in;
  if (random == nullptr) {
    random = &default_random();
    ++random->step;
  }
  for (int i = 0, next = 0; i < plan_.slots; ++i) {
    if (plan_.slot[i].kind == SlotKind::random) in.bind(random);
    else {
      in.bind(given.data[next], given.sizes[next]);
      ++next;
    }
  }
  const detail::Alone alone(alone_);
  prepare(in, out, random);
  repeat();
  new_ = false;
}

/// Accumulators: neutral before the loop, the parts of all chunks in order after it.
inline void Machine::combine(const Step& s, int first, bool before) {
  for (int i = 0; i < s.combines; ++i) {
    const Combine& c = plan_.combine[s.combine + i];
    const index_t count = size(c.count);
    const Access& a = plan_.access[first + c.access];
    const Accumulator& accumulator = plan_.accumulator[s.combine + i];
    char* const part = base_[first + c.access];
    if (before) {
      for (int k = 0; k < s.chunks; ++k) accumulator.fill(part + k * a.chunk, count);
    } else if (s.chunks > 1) {
      for (int k = 1; k < s.chunks; ++k) accumulator.add(part, part + k * a.chunk, count);
      std::memcpy(target_[s.combine + i], part, static_cast<std::size_t>(count) * a.size);
    }
  }
}

/// One part of a fused step at work.
struct Machine::Part {
  const Machine& m;
  const Step& step;
  Kernel kernel;
  const FusedArgs& args;
  index_t rows, columns;

  static void run(void* context, int chunk, int thread) {
    const Part& k = *static_cast<const Part*>(context);
    FusedCall c;
    c.args = &k.args;
    c.row1 = k.rows;
    c.col1 = k.columns;
    c.chunk = chunk;
    c.scratch = k.m.scratch_ + static_cast<std::size_t>(thread) * aligned(static_cast<std::size_t>(k.m.plan_.scratch_bytes));
    const index_t chunks = k.step.chunks;
    if (chunks > 1 && k.step.by_column) {  // whole cache lines
      const index_t lines = (k.columns + 63) / 64;
      c.col0 = lines * chunk / chunks * 64;
      c.col1 = chunk + 1 == chunks ? k.columns : lines * (chunk + 1) / chunks * 64;
    } else if (chunks > 1) {
      c.row0 = k.rows * chunk / chunks;
      c.row1 = k.rows * (chunk + 1) / chunks;
    }
    const index_t end = c.col1, block = k.step.block > 0 ? k.step.block : end - c.col0;
    do {
      c.col1 = end - c.col0 < block ? end : c.col0 + block;
      k.kernel(c);
      c.col0 = c.col1;
    } while (c.col0 < end);
  }
};

inline void Machine::run_fused(int s) {
  const Step& step = plan_.step[s];
  if (step.combines > 0) plan_.parts.combine(*this, step, step.access, true);
  const FusedArgs& a = args_[s];
  Part part{*this, step, plan_.kernel[s], a, rows_of(a), columns_of(a)};
  parallel_for(step.chunks, Part::run, &part, step.backwards);
  if (step.combines > 0) plan_.parts.combine(*this, step, step.access, false);
}

constexpr MachineParts Machine::parts(bool draws, bool bounded, bool loops, bool accumulates, bool divides) {
  MachineParts r;
  if (draws) r.draw = [](Machine& m, const Bindings& given, void* const* out, RandomState* random) { m.run_drawing(given, out, random); };
  if (bounded) r.bind_sizes = [](Machine& m, const Bindings& in) { return m.bind_sizes(in); };
  if (loops) r.make_bodies = [](Machine& m) { m.make_bodies(); };
  if (accumulates) r.bind_targets = [](Machine& m, const Bindings& in, void* const* out) { m.bind_targets(in, out); };
  if (accumulates) r.combine = [](Machine& m, const Step& s, int first, bool before) { m.combine(s, first, before); };
  if (divides) r.run_fused = [](Machine& m, int s) { m.run_fused(s); };
  return r;
}

}  // namespace cpu

/// Seeds what expressions draw from on this thread.
inline void manual_seed(std::uint64_t seed) { cpu::default_random() = {seed, 0}; }

}  // namespace ETCH_ABI
}  // namespace etch

// Builds a graph in a constant expression: equal nodes are one node, constants fold, views of views compose.
//
// Every function takes node numbers and returns one; shapes are inferred here for the value graph and were checked
// in the types before (ops/). A misuse inside the library makes the constant expression fail. What simplifies is in
// pointwise.hpp, views.hpp, reduce.hpp and library.hpp, by the sections of the class.
#pragma once

#include <etch/graph/fold.hpp>
#include <etch/graph/graph.hpp>

namespace etch {
inline namespace ETCH_ABI {
namespace detail {

class Builder;
struct Region;
/// What a region's inputs receive when dy arrives at its outputs; -1 for nothing. `needed[i]`: whether input i is asked for.
using RegionRule = void (*)(Builder&, const Region&, const int* dy, const bool* needed, int* dx);

/// Nodes from fresh inputs to fresh outputs whose gradient is a rule of its own: custom functions, checkpoints, hooks.
struct Region {
  static constexpr int max_inputs = 8, max_outputs = 4, max_saved = 8;
  int in[max_inputs];
  int out[max_outputs];
  int saved[max_saved];
  int inputs, outputs;
  bool transparent;  ///< tangents pass through its nodes
  bool copied;       ///< a checkpoint, which has no rule: its nodes are made once more and that copy is differentiated
  RegionRule rule;
};
/// A pointwise operation on complex nodes, in operations on their parts (graph/complex.hpp).
constexpr int complex_map(Builder& b, Op op, DType result, int x, int y, int z);
/// Not constexpr: reaching it in a constant expression is the error.
inline void this_operation_takes_no_complex_numbers() {}
struct Value;
/// What flows into input `which` of y = special(a, b) when dy flows into y: (which, a, b, y, dy).
using SpecialRule = Value (*)(int, Value, Value, Value, Value);

/// The memory of a builder, sized once per program.
template <int Capacity>
struct BuilderStorage {
  Node node[Capacity]{};
  int hash[2 * Capacity]{};
  int adjoint[Capacity]{};  ///< scratch of grad/
  int image[Capacity]{};    ///< scratch of grad/: what stands for a node in a copy, a tangent or a batch
  Region region[Capacity / 32 + 4]{};
};

/// Where a parameter of a module lives while it is traced: the address of its prototype, its place in the block.
struct BoundParameter {
  const void* address = nullptr;
  int node = -1;
};
/// A module's tensors while it is traced. Those within stacks are listed when one of them is first asked for: what runs as a loop never does.
struct BoundTensors {
  const BoundParameter* table;
  const BoundParameter* stacks;
  int tensors = 0, stack_count = 0;
  bool unlisted = false;
  void (*list)(Builder&, BoundTensors&) = nullptr;
  constexpr BoundTensors(const BoundParameter* t, const BoundParameter* s) : table(t), stacks(s) {}
};

class Builder {
 public:
  template <int Capacity>
  constexpr explicit Builder(BuilderStorage<Capacity>& s) : adjoint(s.adjoint), image(s.image), node_(s.node), hash_(s.hash), region_(s.region), capacity_(Capacity) {
    shape_[0] = Shape{};
    shapes_ = 1;
  }

  bool training = false;      ///< what layers ask with `x.training()`
  DType autocast = DType::float32;  ///< what products round their float32 operands and results to
  int streams = 0;            ///< random streams handed out so far
  int seed = -1, step = -1;   ///< nodes of the random state, bound on first use
  int* adjoint;               ///< scratch: the gradient of each node, or -1
  int* image;                 ///< scratch: what stands for a node elsewhere
  int walks = 0;              ///< passes of grad/ under way

  constexpr int size() const { return nodes_; }
  constexpr const Node& operator[](int id) const { return node_[id]; }
  constexpr const Shape& shape(int id) const { return shape_[node_[id].shape]; }
  constexpr DType dtype(int id) const { return node_[id].dtype; }
  constexpr GraphRef ref() const { return {node_, nodes_, shape_, shapes_, output_, outputs_, symbol_, symbols_, slot_, slots_, loop_}; }

  // ---- sizes -------------------------------------------------------------------------------------------------------

  /// The code of one size: itself, or -1 - symbol.
  constexpr int size_code(const Dim& d) {
    if (!d.bounded) return d.size;
    Symbol s{d.size, 1, 1, {d.tag}};
    return symbol_code(s);
  }
  constexpr Shape shape_of(const Dims& d) {
    Shape s;
    s.rank = d.rank;
    for (int i = 0; i < d.rank; ++i) s.size[i] = size_code(d[i]);
    return s;
  }
  constexpr std::int64_t capacity(int code) const { return code >= 0 ? code : symbol_[-1 - code].capacity; }

  /// The product of sizes: symbols multiply their factors and tags, which stay sorted, so that equal products are equal.
  constexpr int product(const int* size, int n) {
    Symbol p{1, 1, 0, {}};
    for (int i = 0; i < n; ++i) {
      p.capacity *= capacity(size[i]);
      if (size[i] >= 0) {
        p.factor *= size[i];
      } else {
        const Symbol& s = symbol_[-1 - size[i]];
        p.factor *= s.factor;
        for (int t = 0; t < s.tags; ++t) {
          int at = p.tags++;
          for (; at > 0 && p.tag[at - 1] > s.tag[t]; --at) p.tag[at] = p.tag[at - 1];
          p.tag[at] = s.tag[t];
        }
      }
    }
    return p.tags == 0 ? p.factor : symbol_code(p);
  }

  // ---- leaves ------------------------------------------------------------------------------------------------------

  constexpr int add_slot(SlotKind kind, DType dtype, const Shape& shape) {
    slot_[slots_] = Slot{kind, dtype, intern(shape)};
    return slots_++;
  }
  constexpr void set_constant(int slot) { slot_[slot].constant = true; }
  constexpr int input(int slot, std::int64_t offset, DType dtype, const Shape& shape) {
    if (is_complex(dtype)) return view_as_complex(input(slot, offset, real_dtype(dtype), with_parts(shape)));
    return emit(Op::input, dtype, intern(shape), -1, -1, -1, static_cast<std::uint64_t>(slot) << 48 | static_cast<std::uint64_t>(offset));
  }
  constexpr int constant(double value, DType dtype);
  /// An integer, also one that a double does not hold: the sum of its halves, which is left to the kernel.
  constexpr int integer(std::int64_t value, DType dtype);
  constexpr int constant(double value, DType dtype, const Shape& shape) { return expand(constant(value, dtype), shape); }
  constexpr int iota(int size, DType dtype);
  /// The actual value of a size, as a rank-0 node.
  constexpr int extent(int code, DType dtype);
  constexpr int uniform(const Shape& s, DType dtype);

  // ---- pointwise (pointwise.hpp) ---------------------------------------------------------------------------------------

  /// A pointwise operation on nodes of one shape and one dtype; `result` is the dtype of the result.
  constexpr int map(Op op, DType result, int a, int b = -1, int c = -1);
  /// A rare pointwise function; its rule is kept for the gradient.
  constexpr int special(Special s, SpecialRule rule, DType result, int a, int b = -1);
  constexpr SpecialRule rule(std::uint64_t special) const { return rule_[special]; }
  constexpr int cast(int a, DType to);
  /// `a` as a value that no gradient flows through: a cast to its own dtype, which costs nothing when it runs.
  constexpr int detach(int a);
  constexpr bool is_detached(int a) const { return is_identity(a) && node_[a].arg == 0; }
  /// `a` as a node that nothing before has read: what is made of it is made of new nodes. It is gone when the graph is finished.
  constexpr int fresh(int a);
  constexpr bool is_fresh(int a) const { return is_identity(a) && node_[a].arg != 0; }
  /// A value to be put in later: the direction of a derivative, before it is known.
  constexpr int placeholder(DType d, const Shape& s);

  /// `a` is computed after `first`, which it does not read: what is computed again waits until it is wanted.
  constexpr void order(int a, int first) { node_[a].after = first + 1; }

  constexpr void add_region(const Region& r) {
    if (regions_ == capacity_ / 32 + 4) graph_is_too_large_raise_ETCH_MAX_NODES();
    region_[regions_++] = r;
  }
  /// The region that `a` is an output of.
  constexpr const Region* region_of(int a) const {
    if (regions_ == 0 || !is_fresh(a)) return nullptr;
    for (int i = 0; i < regions_; ++i)
      for (int k = 0; k < region_[i].outputs; ++k)
        if (region_[i].out[k] == a) return &region_[i];
    return nullptr;
  }
  /// Whether every element of `a` is one known value.
  constexpr bool is_constant(int a, double& value) const {
    while (node_[a].op == Op::expand || node_[a].op == Op::reshape) a = node_[a].in[0];
    if (node_[a].op != Op::constant) return false;
    value = __builtin_bit_cast(double, node_[a].arg);
    return true;
  }
  constexpr bool is_zero(int a) const {
    if (is_pair(a)) return is_zero(node_[a].in[0]) && is_zero(node_[a].in[1]);
    double v = 1;
    return is_constant(a, v) && v == 0;
  }

  // ---- views and placed slices (views.hpp) -----------------------------------------------------------------------------

  /// Sizes of 1 (and missing leading axes) repeated to `to`.
  constexpr int expand(int a, const Shape& to);
  constexpr int permute(int a, const int* order);
  /// Two axes exchanged.
  constexpr int transpose(int a, int i, int j);
  constexpr int reshape(int a, const Shape& to);
  static constexpr std::uint64_t slice_arg(int axis, std::int64_t start, int step) {
    return static_cast<std::uint64_t>(axis) | static_cast<std::uint64_t>(start) << 8 | static_cast<std::uint64_t>(step) << 40;
  }
  constexpr int slice(int a, int axis, std::int64_t start, int length, int step);
  /// Windows of `size` elements, `dilation` apart, along a new axis behind `axis`; one every `step` elements, `count` in all.
  constexpr int window(int a, int axis, int count, int size, int step, int dilation);
  constexpr int window_step(int id) const { return static_cast<int>(node_[id].arg >> 8 & 0xffffff); }
  constexpr int window_dilation(int id) const { return static_cast<int>(node_[id].arg >> 32); }
  constexpr int place_axis(int id) const { return static_cast<int>(node_[id].arg & 255); }
  constexpr std::int64_t place_start(int id) const { return static_cast<std::int64_t>(node_[id].arg >> 8 & 0xffffffffULL); }
  constexpr int place_step(int id) const { return slice_step(node_[id].arg); }
  constexpr int empty(const Shape& s, DType d) {
    if (is_complex(d)) return pair(empty(s, real_dtype(d)), empty(s, real_dtype(d)));
    return emit(Op::empty, d, intern(s), -1, -1, -1, 0);
  }
  /// `base` with `a` written over the slice (axis, start, step).
  constexpr int place(int base, int a, int axis, std::int64_t start, int step);

  // ---- reductions and products (reduce.hpp) ----------------------------------------------------------------------------

  /// The axes in `mask` reduced and removed.
  constexpr int reduce(Op op, int a, unsigned mask);
  /// a [B..., M, K] times b [B..., K, N].
  constexpr int dot(int a, int b);

  // ---- what a kernel of the library computes as a whole (library.hpp) --------------------------------------------------

  constexpr int take(int table, int index);
  constexpr int scatter_add(int index, int rows, int count);
  /// `index` as int64 for `gather` and `scatter` along `axis` of `size` elements, counted from the end where negative
  /// and `wraps`; every kernel relies on this check, and reads what it is told to where checks are compiled out.
  constexpr int checked(int index, int axis, int size, bool wraps);
  /// `a`, every value of which must keep a rule; where checks are compiled out, just `a`.
  constexpr int demand(Demand rule, Asker asker, int a, int size = 0);
  /// y[i, j, k] = a[i, index[i, j, k], k] along axis 1, and so for any axis; `index` is checked.
  constexpr int gather(int a, int index, int axis);
  /// `base` with base[i, index[i, j, k], k] = a[i, j, k] (op `place`), or reduced with it, one after another; `index` is checked.
  /// `back` sends the gradient of what `place` covers to the base instead of the rest of it: as_strided_scatter's.
  constexpr int scatter(int base, int index, int a, int axis, Op op, bool back = false);
  /// An operation along one axis of `a` (and of `c`), with the shape of its last operand. `fill`: what stands where nothing was (delay),
  /// or what is read of an order, which has the shape of `a`: 0 all, n the first n, `middle_rank` the median, `middle_rank - 1 - k` element k;
  /// with `c`, which are ranks, these elements and the one after each.
  constexpr int along(Op op, int a, int axis, bool reverse = false, int c = -1, int fill = 0);
  /// The largest of each window over the last two axes of x, or what v has there (v -1: x); `to` is the result's shape.
  constexpr int max_pool(int x, int v, const Shape& to, std::uint64_t window);
  /// What x receives when dy arrives at its windows' largest elements.
  constexpr int max_pool_back(int x, int dy, std::uint64_t window);
  /// where(x > 0, max_pool_back(x, dy), 0), a ReLU's gradient before its pool, by choosing among the smaller dy; -1 of anything else.
  constexpr int positive_pool_back(int condition, int a, int otherwise);
  /// The sum of what came back through a pool, over whole planes: that of dy. -1 of anything else.
  constexpr int sum_of_pool_back(int a, unsigned mask);
  /// The losses [N] of connectionist temporal classification, or what x receives from them.
  constexpr int ctc(int x, int targets, int lengths, int blank, bool zero_infinity, bool gradient = false);
  /// a = U diag(s) V^T of each matrix [M, N]: U [M, K], s [1, K] and V [N, K] above each other.
  constexpr int svd(int a);
  constexpr int node(Op op, DType d, const Shape& s, int a, int b, int c, std::uint64_t arg) { return emit(op, d, intern(s), a, b, c, arg); }

  // ---- loops -------------------------------------------------------------------------------------------------------

  /// A loop over these operands; the node is its first result, of this dtype and shape.
  constexpr int add_loop(const Loop& l, const int* operand, DType d, const Shape& s);
  /// Operands of one node, if there are more than three; `strided` ones are read as they lie.
  constexpr int list(const int* operand, int n, bool strided);
  /// Result `which` of a loop; 0 is the loop's own node.
  constexpr int result(int loop_node, int which, DType d, const Shape& s) {
    return which == 0 ? loop_node : emit(Op::result, d, intern(s), loop_node, -1, -1, static_cast<std::uint64_t>(which));
  }
  constexpr Loop& loop_of(int loop_node) { return loop_[node_[loop_node].arg]; }
  /// A shape of another graph, with its symbols.
  constexpr Shape shape_from(const GraphRef& g, Shape s) {
    for (int i = 0; i < s.rank; ++i)
      if (s.size[i] < 0) s.size[i] = symbol_code(g.symbol[-1 - s.size[i]]);
    return s;
  }

  // ---- complex numbers -----------------------------------------------------------------------------------------------

  /// (re, im) as one complex node. No kernel computes it: every function of a builder works on the parts of what it is given.
  constexpr int pair(int re, int im) { return emit(Op::pair, complex_dtype(dtype(re)), node_[re].shape, re, im, -1, 0); }
  constexpr bool is_pair(int a) const { return a >= 0 && node_[a].op == Op::pair; }
  /// The parts; a real node is its own real part.
  constexpr int real(int a) const { return is_pair(a) ? node_[a].in[0] : a; }
  constexpr int imag(int a) { return is_pair(a) ? node_[a].in[1] : constant(0, dtype(a), shape(a)); }
  /// The shape of a complex tensor's numbers in memory: real and imaginary parts alternate.
  static constexpr Shape with_parts(Shape s) {
    s.size[s.rank++] = 2;
    return s;
  }
  /// A real [.., 2] as complex [..], and back.
  constexpr int view_as_complex(int a) {
    Shape s = shape(a);
    const int last = --s.rank;
    s.size[last] = 0;
    const int re = reshape(slice(a, last, 0, 1, 1), s);
    return pair(re, reshape(slice(a, last, 1, 1, 1), s));
  }
  constexpr int view_as_real(int a) {
    const Shape all = with_parts(shape(a));
    const int last = all.rank - 1, re = node_[a].in[0], im = node_[a].in[1];
    if (const int memory = memory_of(a); memory >= 0) return memory;
    Shape part = all;
    part.size[last] = 1;
    return place(place(empty(all, dtype(re)), reshape(re, part), last, 0, 1), reshape(im, part), last, 1, 1);
  }
  /// The real node [.., 2] that the complex node `a` is a view of; -1 where its parts come from elsewhere.
  constexpr int memory_of(int a) const {
    const Shape all = with_parts(shape(a));
    int whole = -1;
    for (int k = 0; k < 2; ++k) {
      const Node& part = node_[node_[a].in[k]];
      const int at = part.op == Op::reshape ? part.in[0] : node_[a].in[k];
      if (node_[at].op != Op::slice || node_[at].arg != slice_arg(all.rank - 1, k, 1)) return -1;
      if (k == 1 && node_[at].in[0] != whole) return -1;
      whole = node_[at].in[0];
    }
    return shape(whole) == all ? whole : -1;
  }

  // ---- results and parameters --------------------------------------------------------------------------------------

  constexpr void output(int node, int slot, std::int64_t offset = 0) {
    if (is_pair(node)) node = view_as_real(node);
    output_[outputs_++] = Output{node, slot, offset, false};
  }
  /// `value` replaces what the input node `target` holds, after everything has read it; the last one does, where there are several.
  constexpr void assign(int target, int value) {
    if (is_pair(target)) target = memory_of(target);
    if (is_pair(value)) value = view_as_real(value);
    const int before = effect_on(target);
    if (before < 0) output_[outputs_++] = Output{value, slot_of(target), offset_of(target), true};
    else output_[before].node = value;
  }
  /// What the input node `target` will hold: what was assigned to it, or itself.
  constexpr int latest(int target) const {
    const int before = effect_on(target);
    return before < 0 ? target : output_[before].node;
  }
  constexpr int outputs() const { return outputs_; }
  constexpr int symbols() const { return symbols_; }
  constexpr int slots() const { return slots_; }
  constexpr int shapes() const { return shapes_; }

  constexpr void bind(BoundTensors* bound) {
    bound_ = bound;
    last_ = 0;
  }
  /// The tensor of the stack of modules at this address, -1 where it is not bound as one.
  constexpr int stack(const void* address) const {
    for (int i = 0; bound_ != nullptr && i < bound_->stack_count; ++i)
      if (bound_->stacks[i].address == address) return bound_->stacks[i].node;
    return -1;
  }
  /// From now on a parameter is `other`; returns what was one before.
  constexpr BoundParameter stand_in(BoundParameter other) {
    const BoundParameter before = stand_in_;
    stand_in_ = other;
    return before;
  }
  /// The node of the parameter at this address; members are mostly asked for in order, so the search goes both ways from
  /// the last one found.
  constexpr int parameter(const void* address) {
    if (stand_in_.address != nullptr && address == stand_in_.address) return stand_in_.node;
    if (bound_ == nullptr) return -1;
    const BoundParameter* const table = bound_->table;
    for (int up = last_, down = last_; up < bound_->tensors || down >= 0; ++up, --down) {
      if (up < bound_->tensors && table[up].address == address) return table[last_ = up].node;
      if (down >= 0 && table[down].address == address) return table[last_ = down].node;
    }
    if (!bound_->unlisted) return -1;
    bound_->unlisted = false;
    bound_->list(*this, *bound_);
    return parameter(address);
  }

 private:
  constexpr int slot_of(int input) const { return static_cast<int>(node_[input].arg >> 48); }
  constexpr std::int64_t offset_of(int input) const { return static_cast<std::int64_t>(node_[input].arg & 0xffffffffffffULL); }
  /// The output that assigns to this input, -1 where there is none.
  constexpr int effect_on(int input) const {
    if (node_[input].op != Op::input) return -1;
    for (int i = 0; i < outputs_; ++i)
      if (output_[i].effect && output_[i].slot == slot_of(input) && output_[i].offset == offset_of(input)) return i;
    return -1;
  }

  template <class F>
  constexpr int on_parts(int a, F f) {
    const int re = f(node_[a].in[0]), im = f(node_[a].in[1]);
    return pair(re, im);
  }
  /// The product over the axes in `mask`, by halves: complex numbers have no accumulator.
  constexpr int complex_product(int a, unsigned mask);
  constexpr int part(int a, int which) const { return is_pair(a) ? node_[a].in[which] : a; }

  constexpr bool is_half(int a) const { return dtype(a) == DType::float16 || dtype(a) == DType::bfloat16; }
  /// The dtype of a register that holds a narrow one.
  static constexpr DType whole(DType d) { return is_floating(d) ? DType::float32 : DType::int32; }

  constexpr int symbol_code(const Symbol& s) {
    int names = s.tags == 1 && s.factor == 1 ? 1 : 0;
    for (int i = 0; i < symbols_; ++i) {
      const Symbol& o = symbol_[i];
      bool same = o.factor == s.factor && o.tags == s.tags;
      for (int t = 0; same && t < s.tags; ++t) same = o.tag[t] == s.tag[t];
      if (same) return -1 - i;
      if (o.tags == 1 && o.factor == 1) ++names;
    }
    if (symbols_ == max_symbols || names > max_tags) a_program_has_too_many_bounded_sizes();
    symbol_[symbols_] = s;
    return -1 - symbols_++;
  }

  constexpr int before_reshape(int a) const { return node_[a].op == Op::reshape ? node_[a].in[0] : a; }
  constexpr bool is_identity(int a) const { return node_[a].op == Op::cast && node_[node_[a].in[0]].dtype == node_[a].dtype; }

  /// A number or 0, 1, 2, ... has no memory that a library kernel could read; a node that computes it has.
  constexpr int in_memory(int a) {
    if (node_[a].op != Op::constant && node_[a].op != Op::iota && node_[a].op != Op::extent) return a;
    return emit(Op::cast, dtype(a), node_[a].shape, a, -1, -1, 0);
  }

  /// One number everywhere is one number in memory, read with stride 0.
  constexpr int expanded_in_memory(int a) {
    double v = 0;
    return is_constant(a, v) ? expand(in_memory(constant(v, dtype(a))), Shape{shape(a)}) : in_memory(a);
  }

  /// Product kernels are for floats: sum over K of a [B..., M, 1, K] times b^T [B..., 1, N, K].
  constexpr int dot_of_integers(int a, int b);

  /// a to a small power by products, a square root or a division, as PyTorch; -1 for all else.
  constexpr int power(int a, double y);

  /// What kernels do not compute on integers and bools, by what they do; -1 for all else.
  constexpr int map_integers(Op op, DType result, int a, int b);

  constexpr std::int16_t intern(const Shape& s) {
    unsigned h = static_cast<unsigned>(s.rank);
    for (int i = 0; i < s.rank; ++i) h = h * 31 + static_cast<unsigned>(s.size[i]);
    std::int16_t& last = shape_slot_[h % shape_slots];  // where such a shape was found before
    if (shape_[last] == s) return last;
    int i = shapes_ - 1;
    while (i >= 0 && shape_[i] != s) --i;
    if (i < 0) {
      shape_[i = shapes_++] = s;
      empty_shapes_ = empty_shapes_ || is_empty(s);
    }
    return last = static_cast<std::int16_t>(i);
  }

  /// 0 * x is 0 only where x is known to be finite; gradients of masks rely on it, so only constants and masks count.
  constexpr bool finite_if_zero(int a) const;

  /// The base without what the slices hide: zeros that a chain of disjoint `place`s covers completely become `empty`.
  constexpr int uncovered(int base, int a, int axis, std::int64_t start, int step);
  constexpr int rebase(int chain, int axis, int base);

  constexpr bool is_empty(const Shape& s) const {
    for (int i = 0; i < s.rank; ++i)
      if (s.size[i] == 0) return true;
    return false;
  }

  /// The number of this node, new or not. What has no elements is a constant, so that no kernel meets a size of 0.
  constexpr int emit(Op op, DType dtype, std::int16_t shape, int a, int b, int c, std::uint64_t arg) {
    if (op != Op::pair && (is_pair(a) || is_pair(b) || is_pair(c))) {  // what only moves elements moves both parts
      const bool moves = is_view(op) || op == Op::place || op == Op::sum || op == Op::take || op == Op::scatter_add || op == Op::gather || op == Op::cumsum || op == Op::delay || op == Op::cast;
      const Op how = static_cast<Op>(arg >> 8 & 255);
      if (!is_complex(dtype) || !(moves || (op == Op::scatter && (how == Op::place || how == Op::sum)))) this_operation_takes_no_complex_numbers();
      auto of = [&](int which) {
        auto in = [&](int n) { return op < Op::take ? part(n, which) : n < 0 ? n : in_memory(part(n, which)); };
        return emit(op, real_dtype(dtype), shape, in(a), in(b), in(c), arg);
      };
      const int re = of(0);
      return pair(re, of(1));
    }
    if (empty_shapes_ && !is_leaf(op) && op != Op::expand && op != Op::pair && is_empty(shape_[shape])) return constant(0, dtype, Shape{shape_[shape]});
    const std::uint64_t m = 0xff51afd7ed558ccdULL;
    std::uint64_t h = (static_cast<std::uint64_t>(op) << 40 ^ static_cast<std::uint64_t>(shape)) * 0x9E3779B97F4A7C15ULL;
    h = (((h ^ static_cast<std::uint64_t>(a + 1)) * m ^ static_cast<std::uint64_t>(b + 1)) * m ^ static_cast<std::uint64_t>(c + 1)) * m;
    h = (h ^ arg ^ static_cast<std::uint64_t>(dtype)) * 0xc4ceb9fe1a85ec53ULL;
    const int table = 2 * capacity_;
    int s = static_cast<int>((h >> 33) % static_cast<std::uint64_t>(table));
    for (; hash_[s] != 0; s = s + 1 == table ? 0 : s + 1) {
      const Node& n = node_[hash_[s] - 1];
      if (n.op == op && n.dtype == dtype && n.shape == shape && n.in[0] == a && n.in[1] == b && n.in[2] == c && n.arg == arg) return hash_[s] - 1;
    }
    if (nodes_ == capacity_) graph_is_too_large_raise_ETCH_MAX_NODES();
    node_[nodes_] = Node{op, dtype, shape, {a, b, c}, 0, arg};
    hash_[s] = ++nodes_;
    return nodes_ - 1;
  }

  static constexpr int max_shapes = max_graph_shapes, max_outputs = 2048;
  Node* node_;
  int* hash_;
  Region* region_;
  int capacity_;
  int regions_ = 0;
  int fresh_ = 0;
  int nodes_ = 0;
  Shape shape_[max_shapes]{};
  int shapes_ = 0;
  static constexpr int shape_slots = 64;
  std::int16_t shape_slot_[shape_slots]{};
  bool empty_shapes_ = false;
  Symbol symbol_[max_symbols]{};
  int symbols_ = 0;
  Slot slot_[max_slots]{};
  int slots_ = 0;
  Loop loop_[max_loops]{};
  int loops_ = 0;
  Output output_[max_outputs]{};
  int outputs_ = 0;
  SpecialRule rule_[static_cast<int>(Special::count)]{};
  BoundTensors* bound_ = nullptr;
  BoundParameter stand_in_{nullptr, -1};
  int last_ = 0;
};

}  // namespace detail
}  // namespace ETCH_ABI
}  // namespace etch

// What the class declares:
#include <etch/graph/library.hpp>
#include <etch/graph/pointwise.hpp>
#include <etch/graph/reduce.hpp>
#include <etch/graph/value.hpp>  // complex_map
#include <etch/graph/views.hpp>

// Groups to kernel words: the stages of a row, what is loaded when, and where each result goes.
//
//   row section 0 | columns 0 | row section 1 | columns 1 | ... | row section P
//
// A row section runs once a row (loads of one value per row, ends of reductions, work on them); a columns section runs
// for every element. A value wanted by a later pass is loaded again, computed again if cheap, or kept in a scratch row.
#pragma once

#include <etch/plan/narrow.hpp>
#include <etch/plan/store.hpp>

namespace etch {
inline namespace ETCH_ABI {
namespace detail {

/// The arrays a plan is written into before its sizes are known.
template <int N>
struct PlanDraft {
  static constexpr int max_steps = N < 256 ? 2 * N + 8 : N / 2 + 392, max_words = 3 * N + 512, max_accesses = N < 512 ? 2 * N + 128 : N + 640, max_combines = N + 8, max_buffers = N + 48;
  Step step[max_steps]{};
  std::uint64_t word[max_words]{};
  Access access[max_accesses]{};
  Combine combine[max_combines]{};
  Buffer buffer[max_buffers]{};
  Symbol symbol[max_plan_symbols]{};
  int symbols = 0;
  int random_slot = -1;
  int steps = 0, words = 0, accesses = 0, combines = 0, buffers = 0;
  std::int64_t arena_bytes = 0, scratch_bytes = 0;
  bool valid = false;
};

inline constexpr int max_instructions = 384;
inline constexpr int element_base = 1000;  ///< registers of the columns are numbered from here until a kernel is complete

/// The words of one kernel while it is written.
template <int N>
struct Lowering {
  Planning<N>& p;
  PlanDraft<N>& out;
  int group = -1;  ///< being lowered
  Group space{};
  Shape loop{};    ///< its dimensions, the last is the column
  Shape rows{};    ///< without the column
  Step step{};

  // per node, valid where the stamp is the current group's (or pass's)
  int stage_[N]{}, stage_stamp[N]{};
  int row_register[N]{}, row_stamp[N]{};
  int element_register[N]{}, element_stamp[N]{};
  int pass_stamp[N]{};
  bool scratch[N]{};
  int scratch_slot[N]{};
  int own_slot[N]{}, own_stamp[N]{};
  int live_stamp[N]{};
  int live[N]{};
  int live_count = 0;
  int group_stamp = 0, pass = 0;

  Instruction row_code[max_instructions]{}, element_code[max_instructions]{}, code[max_instructions]{};
  int row_size = 0, element_size = 0, size = 0;
  int row_count[classes]{}, element_count[classes]{};

  constexpr Lowering(Planning<N>& planning, PlanDraft<N>& draft) : p(planning), out(draft) {}

  constexpr bool computed(int n) const {
    if (!p.is_fused(n) || p.late[n]) return false;
    return !p.needed[n] || p.find(p.group[n]) == group;
  }
  constexpr bool is_tile(int n) const { return space.kind == StepKind::dot && n == space.node; }
  constexpr bool is_element(int n) { return is_tile(n) || p.elements(n) == space.elements; }

  // ---- stages ----------------------------------------------------------------------------------------------------------

  /// The pass in which a value is first known: for an element in that pass, for a row before it.
  constexpr int stage(int n) {
    if (!computed(n)) return 0;
    if (stage_stamp[n] == group_stamp) return stage_[n];
    int s = 0;
    for (int k = 0; k < 3 && p.node(n).in[k] >= 0; ++k) {
      const Source from = p.source(p.node(n).in[k]);
      const int at = computed(from.node) ? stage(from.node) : 0;
      s = at > s ? at : s;
    }
    if (is_reduce(p.node(n).op)) ++s;
    stage_stamp[n] = group_stamp;
    stage_[n] = s;
    return s;
  }
  constexpr void collect(int n) {
    if (!computed(n) || live_stamp[n] == group_stamp) return;
    live_stamp[n] = group_stamp;
    for (int k = 0; k < 3 && p.node(n).in[k] >= 0; ++k) collect(p.source(p.node(n).in[k]).node);
    live[live_count++] = n;
  }
  constexpr int subtree_cost(int n, int depth = 0) {
    int c = cost_of(p.node(n));
    for (int k = 0; depth < 12 && k < 3 && p.node(n).in[k] >= 0; ++k) {
      const Source s = p.source(p.node(n).in[k]);
      if (computed(s.node) && is_element(s.node) && !p.needed[s.node]) c += subtree_cost(s.node, depth + 1);
    }
    return c;
  }
  constexpr bool stored_here(int n) const { return p.needed[n] && p.group[n] >= 0 && p.find(p.group[n]) == group; }
  /// Marks what pass `at` takes over from earlier ones through a scratch row.
  constexpr void hand_over(int n, int at) {
    if (!computed(n) || !is_element(n) || pass_stamp[n] == pass) return;
    pass_stamp[n] = pass;
    if (stage(n) < at) {
      if (stored_here(n)) return;
      if (subtree_cost(n) >= 6) {
        scratch[n] = true;
        return;
      }
    }
    for (int k = 0; k < 3 && p.node(n).in[k] >= 0; ++k) hand_over(p.source(p.node(n).in[k]).node, at);
  }

  // ---- operands --------------------------------------------------------------------------------------------------------

  constexpr int add_access(const Shape& s, const Location& l, DType d, bool row) {
    Access a{};
    a.root = l.root;
    a.index = l.index;
    a.size = static_cast<std::uint8_t>(size_of(d));
    a.byte = l.byte + l.offset * static_cast<std::int64_t>(a.size);
    a.extra = l.extra;
    int stride[max_rank]{};
    if (!restride(p.z, s, l.stride, row ? rows : loop, stride)) etch_internal_shapes_differ();
    for (int i = 0; i < (row ? rows : loop).rank; ++i) a.stride[i] = stride[i];
    if (swapped >= 0) {
      const int last = loop.rank - 1, column = a.stride[last];
      a.stride[last] = a.stride[swapped];
      a.stride[swapped] = halves == 2 ? 0 : column;
      if (halves == 2 && half == 1) a.byte += static_cast<std::int64_t>(number_of(column)) * a.size;
    }
    for (int i = step.access; i < out.accesses; ++i)
      if (same(out.access[i], a)) return i - step.access;
    out.access[out.accesses++] = a;
    return out.accesses - 1 - step.access;
  }
  constexpr bool same(const Access& a, const Access& b) const {
    bool equal = a.root == b.root && a.index == b.index && a.byte == b.byte && a.extra == b.extra && a.size == b.size && a.chunk == b.chunk && a.root != Root::scratch;
    for (int i = 0; equal && i < loop.rank; ++i) equal = a.stride[i] == b.stride[i];
    return equal;
  }
  constexpr Stride column(int slot) const {
    const int s = out.access[step.access + slot].stride[loop.rank - 1];
    return s == 0 ? Stride::splat : s == 1 ? Stride::unit : s == 2 ? Stride::second : s == stride_code(-1) ? Stride::backward : Stride::strided;
  }
  constexpr int new_register(bool row, Class c) { return row ? row_count[static_cast<int>(c)]++ : element_base + element_count[static_cast<int>(c)]++; }
  constexpr void put(bool row, const Instruction& i) {
    if (row) row_code[row_size++] = i;
    else element_code[element_size++] = i;
  }

  constexpr int number(double value, DType d) {
    Instruction i;
    i.type = class_of(d);
    const float f = static_cast<float>(value);
    const bool exact = static_cast<double>(f) == value || value != value || d == DType::float32;
    if (is_floating(d) ? exact : value >= -2147483648.0 && value <= 2147483647.0) {
      i.op = static_cast<std::uint8_t>(Word::number);
      i.bits = is_floating(d) ? __builtin_bit_cast(std::uint32_t, f) : static_cast<std::uint32_t>(static_cast<std::int32_t>(value));
      for (int k = 0; k < row_size; ++k)
        if (row_code[k].op == i.op && row_code[k].type == i.type && row_code[k].bits == i.bits) return row_code[k].d;
      for (int k = 0; k < size; ++k)
        if (code[k].op == i.op && code[k].type == i.type && code[k].bits == i.bits) return code[k].d;
    } else {
      i.op = static_cast<std::uint8_t>(Word::number64);
      const std::uint64_t bits = d == DType::int64 ? static_cast<std::uint64_t>(static_cast<std::int64_t>(value)) : __builtin_bit_cast(std::uint64_t, value);
      auto holds = [&](const Instruction& o) { return o.op == i.op && o.type == i.type && raw[o.slot] == bits; };
      for (int k = 0; k < row_size; ++k)
        if (holds(row_code[k])) return row_code[k].d;
      for (int k = 0; k < size; ++k)
        if (holds(code[k])) return code[k].d;
      raw[raws] = bits;
      i.slot = raws++;
    }
    i.d = new_register(true, i.type);
    put(true, i);
    return i.d;
  }
  std::uint64_t raw[2 * max_group_nodes]{};
  int raws = 0;

  /// A load of node `m` as it lies; in a row section, or where it is constant along the row, once a row.
  constexpr int load(int m, bool row) {
    const int root = p.root(m);
    if (is_tile(root)) {
      Location l{};
      l.root = Root::tile;
      p.z.dense(p.shape(root), l.stride);
      return load_from(p.shape(root), l, p.node(root).dtype, p.node(root).dtype, false, m);
    }
    Location l{};
    if (!p.locate(m, l)) etch_internal_shapes_differ();
    if (l.root == Root::buffer && l.index < 0) l = p.at[root];  // cannot happen: buffers are assigned before lowering
    const DType memory = l.root == Root::extent ? DType::float64 : p.node(root).dtype;
    return load_from(p.shape(m), l, memory, p.node(m).dtype, row, m);
  }
  constexpr int load_from(const Shape& s, const Location& l, DType memory, DType want, bool row, int m) {
    const int slot = add_access(s, l, memory, row);
    const bool once = row || column(slot) == Stride::splat;
    if (once ? row_stamp[m] == group_stamp : element_stamp[m] == pass_id) return once ? row_register[m] : element_register[m];
    Instruction i;
    i.op = static_cast<std::uint8_t>(l.root == Root::iota ? Word::index : Word::load);
    i.type = class_of(want);
    i.memory = memory;
    i.slot = slot;
    i.mode = static_cast<int>(once ? Stride::splat : l.root == Root::tile ? Stride::tile : column(slot));
    i.d = new_register(once, i.type);
    put(once, i);
    if (once) {
      row_stamp[m] = group_stamp;
      row_register[m] = i.d;
    } else {
      element_stamp[m] = pass_id;
      element_register[m] = i.d;
    }
    return i.d;
  }
  int pass_id = 0;

  /// The register of operand `m` of a node that is an element (or a row value).
  constexpr int operand(int m, bool row) {
    double value = 0;
    if (known(m, value)) return number(value, p.node(m).dtype);
    const Source s = p.source(m);
    if (is_tile(s.node)) return load(s.node, false);
    if (!computed(s.node)) return load(m, row);
    if (row || !is_element(s.node)) return row_value(s.node);
    return element(s.node);
  }
  constexpr bool known(int m, double& value) const {
    while (p.is_view_of(m)) m = p.node(m).in[0];
    if (p.node(m).op != Op::constant) return false;
    value = __builtin_bit_cast(double, p.node(m).arg);
    return true;
  }
  constexpr int row_value(int n) {
    if (row_stamp[n] == group_stamp) return row_register[n];
    const int r = compute(n, true);
    row_stamp[n] = group_stamp;
    row_register[n] = r;
    return r;
  }
  constexpr int element(int n) {
    if (element_stamp[n] == pass_id) return element_register[n];
    int r = 0;
    if (stage(n) < current && (stored_here(n) || scratch[n])) {
      Instruction i;
      i.op = static_cast<std::uint8_t>(Word::load);
      i.type = class_of(p.node(n).dtype);
      i.memory = p.node(n).dtype;
      i.slot = scratch[n] ? scratch_slot[n] : store_slot(n);
      i.mode = static_cast<int>(column(i.slot));
      i.d = r = new_register(false, i.type);
      put(false, i);
    } else {
      r = compute(n, false);
    }
    element_stamp[n] = pass_id;
    element_register[n] = r;
    return r;
  }
  int current = 0;

  constexpr int compute(int n, bool row) {
    const Node& v = p.node(n);
    if (p.solid[n]) return operand_as_it_lies(n, row);
    Instruction i;
    if (v.op == Op::uniform) {
      i.op = static_cast<std::uint8_t>(Word::uniform);
      i.type = class_of(v.dtype);
      i.bits = static_cast<std::uint32_t>(v.arg);
      out.random_slot = static_cast<int>(p.node(v.in[0]).arg >> 48);
    } else {
      const int a = operand(v.in[0], row);
      const int b = v.in[1] >= 0 ? operand(v.in[1], row) : 0;
      const int c = v.in[2] >= 0 ? operand(v.in[2], row) : 0;
      i.op = static_cast<std::uint8_t>(v.op);
      i.type = class_of(v.dtype);
      i.from = class_of(p.node(v.in[0]).dtype);
      i.a = a;
      i.b = b;
      i.c = c;
      i.memory = v.dtype;  // narrow integers wrap there
      if (v.op == Op::special1 || v.op == Op::special2) i.slot = static_cast<int>(v.arg);
      if (v.op == Op::cast && i.type == i.from && v.dtype == p.node(v.in[0]).dtype) return a;
    }
    i.d = new_register(row, i.type);
    put(row, i);
    return i.d;
  }
  /// A copied view: its source is loaded where the view points.
  constexpr int operand_as_it_lies(int n, bool row) {
    double value = 0;
    if (known_through(n, value)) return number(value, p.node(n).dtype);
    p.set_solid(n, false);
    const bool was = p.placed[n];
    p.placed[n] = false;
    const int r = load(n, row);
    p.set_solid(n, true);
    p.placed[n] = was;
    return r;
  }
  constexpr bool known_through(int m, double& value) const {
    while (is_view(p.node(m).op)) m = p.node(m).in[0];
    if (p.node(m).op != Op::constant) return false;
    value = __builtin_bit_cast(double, p.node(m).arg);
    return true;
  }

  // ---- results ---------------------------------------------------------------------------------------------------------

  constexpr int store_slot(int n) {
    if (own_stamp[n] == group_stamp) return own_slot[n];
    own_stamp[n] = group_stamp;
    return own_slot[n] = add_access(p.shape(n), p.at[n], p.node(n).dtype, !is_element(n));
  }
  constexpr void store(int n, int slot, int a, bool row) {
    Instruction i;
    i.op = static_cast<std::uint8_t>(Word::store);
    i.type = i.from = class_of(p.node(n).dtype);
    i.memory = p.node(n).dtype;
    i.a = a;
    i.slot = slot;
    i.mode = static_cast<int>(row ? Stride::splat : column(slot));
    put(row, i);
  }
  /// An accumulator over rows: memory[slot] = memory[slot] op a.
  constexpr void accumulate(int n) {
    const Node& v = p.node(n);
    const int in = v.in[0];
    const bool row = p.elements(in) != space.elements;
    const Shape& from = p.shape(in);
    Location l = p.at[n];
    int stride[max_rank]{};
    int kept = p.shape(n).rank - 1;
    for (int i = from.rank - 1; i >= 0; --i)
      if ((v.arg >> i & 1) == 0) stride[i] = l.stride[kept--];
    for (int i = 0; i < from.rank; ++i) l.stride[i] = stride[i];
    int a = operand(in, row);
    const int slot = add_access(from, l, v.dtype, row);
    own_stamp[n] = group_stamp;
    own_slot[n] = slot;
    const Class c = class_of(v.dtype);
    if (!row && column(slot) == Stride::splat) {  // along the row in a register first
      Instruction start;
      start.op = static_cast<std::uint8_t>(Word::initialise);
      start.type = c;
      start.mode = static_cast<int>(v.op) - static_cast<int>(Op::sum);
      start.d = new_register(true, c);
      put(true, start);
      Instruction add = start;
      add.op = static_cast<std::uint8_t>(Word::reduce);
      add.a = a;
      put(false, add);
      pending[pendings++] = Pending{n, start.d, slot, true};
      return;
    }
    Instruction i;
    i.op = static_cast<std::uint8_t>(Word::accumulate);
    i.type = i.from = c;
    i.memory = static_cast<DType>(static_cast<int>(v.op) - static_cast<int>(Op::sum));
    i.a = a;
    i.slot = slot;
    i.mode = static_cast<int>(row ? Stride::splat : column(slot));
    put(row, i);
  }
  /// Reductions whose pass has just been written: they end in the next row section.
  struct Pending {
    int node, reg, slot;
    bool accumulates;
  };
  Pending pending[32]{};
  int pendings = 0;

  constexpr void finish_pending() {
    for (int k = 0; k < pendings; ++k) {
      const Node& v = p.node(pending[k].node);
      Instruction i;
      i.op = static_cast<std::uint8_t>(Word::finish);
      i.type = class_of(v.dtype);
      i.mode = static_cast<int>(v.op) - static_cast<int>(Op::sum);
      i.d = pending[k].reg;
      put(true, i);
      if (pending[k].accumulates) {
        Instruction add;
        add.op = static_cast<std::uint8_t>(Word::accumulate);
        add.type = add.from = i.type;
        add.memory = static_cast<DType>(i.mode);
        add.a = i.d;
        add.slot = pending[k].slot;
        add.mode = static_cast<int>(Stride::splat);
        put(true, add);
      } else {
        row_stamp[pending[k].node] = group_stamp;
        row_register[pending[k].node] = i.d;
      }
    }
    pendings = 0;
  }

  // ---- one kernel ------------------------------------------------------------------------------------------------------

  int swapped = -1;  ///< the dimension that is walked as the column in the last one's place

  int halves = 1, half = 0;  ///< a last dimension of two is no dimension: its halves are loaded beside each other
  /// A copy has no order: where its rows would be short, a long dimension is its column. Not where elements of a row lie side by side here
  /// and there: such rows are copied as bytes.
  constexpr void lengthen_rows(const Shape& s, const int* from, const int* to) {
    const int last = loop.rank - 1;
    int longest = 0, a[max_rank]{}, b[max_rank]{};
    if (from != nullptr && p.z.capacity(loop.size[last]) > 2 && restride(p.z, s, from, loop, a) && restride(p.z, s, to, loop, b) && a[last] == 1 && b[last] == 1) return;
    for (int i = 1; i < last; ++i)
      if (p.z.capacity(loop.size[i]) >= p.z.capacity(loop.size[longest])) longest = i;  // of equal ones the inner: what is written stays together
    if (last == 0 || p.z.capacity(loop.size[last]) > 16 || p.z.capacity(loop.size[longest]) < 4 * p.z.capacity(loop.size[last])) return;
    swapped = longest;
    step.loop[last] = loop.size[longest];
    step.loop[longest] = loop.size[last];
  }
  /// Whether the halves of a last dimension of two can be addressed: where its strides are numbers.
  constexpr void split_halves(const Shape& s, const int* from, const int* to) {
    if (swapped < 0 || loop.size[loop.rank - 1] != 2) return;
    int a[max_rank]{}, b[max_rank]{};
    if ((from != nullptr && !restride(p.z, s, from, loop, a)) || !restride(p.z, s, to, loop, b) || !is_static(a[loop.rank - 1]) || b[loop.rank - 1] != 1) return;
    halves = 2;
    step.loop[swapped] = 1;
  }
  constexpr void begin_half(int k) {
    half = k;
    ++pass_id;
    if (k > 0) ++group_stamp;  // what was loaded for the other is not this half's
  }
  constexpr void open(const Group& g) {
    space = g;
    swapped = -1;
    halves = 1;
    half = 0;
    ++group_stamp;
    step = Step{};
    step.access = out.accesses;
    step.combine = out.combines;
    loop = Shape{};
    // cuts, innermost first, become dimensions
    int below = 1;
    int dims[max_rank]{}, count = 0;
    for (int i = 0; i < g.cuts; ++i) {
      if (g.cut[i] == g.elements) continue;
      dims[count++] = p.z.div(g.cut[i], below);
      below = g.cut[i];
    }
    dims[count++] = p.z.div(g.elements, below);
    if (g.elements == 0) dims[0] = 0;
    loop.rank = count;
    for (int i = 0; i < count; ++i) loop.size[i] = dims[count - 1 - i];
    rows = loop;
    if (g.columns == g.elements || g.cuts == 0) {  // one row
      for (int i = loop.rank; i > 0; --i) loop.size[i] = loop.size[i - 1];
      loop.size[0] = 1;
      ++loop.rank;
    }
    rows = loop;
    --rows.rank;
    step.loop_dims = loop.rank;
    for (int i = 0; i < loop.rank; ++i) step.loop[i] = loop.size[i];
    size = row_size = element_size = 0;
    raws = pendings = live_count = 0;
    for (int i = 0; i < classes; ++i) row_count[i] = element_count[i] = 0;
  }
  constexpr void flush(bool columns_follow) {
    Instruction mark;
    mark.op = static_cast<std::uint8_t>(Word::row);
    code[size++] = mark;
    for (int i = 0; i < row_size; ++i) code[size++] = row_code[i];
    mark.op = static_cast<std::uint8_t>(Word::columns);
    if (columns_follow) code[size++] = mark;
    for (int i = 0; i < element_size; ++i) code[size++] = element_code[i];
    row_size = element_size = 0;
  }
  /// Two loads or stores of every second element, side by side, become one of whole vectors: the parts of complex numbers, and joined
  /// columns. Loads move to the first of them, stores to the last.
  constexpr void make_pairs(Word word) {
    auto is_second = [&](const Instruction& i) { return i.op == static_cast<std::uint8_t>(word) && static_cast<Stride>(i.mode) == Stride::second; };
    int kept = 0;
    for (int k = 0; k < size; ++k) {
      code[kept++] = code[k];
      if (!is_second(code[k])) continue;
      const Access& a = out.access[step.access + code[k].slot];
      for (int j = kept - 2; j >= 0 && code[j].op != static_cast<std::uint8_t>(Word::columns); --j) {
        Access b = out.access[step.access + code[j].slot];
        const std::int64_t before = b.byte;
        b.byte = a.byte;
        if (!is_second(code[j]) || code[j].type != code[k].type || code[j].memory != code[k].memory || a.chunk != b.chunk || !same(a, b)) continue;
        const bool first = before + a.size == a.byte;
        if (!first && a.byte + a.size != before) continue;
        Instruction both = first ? code[j] : code[k];
        const Instruction& odd = first ? code[k] : code[j];
        both.mode = static_cast<int>(Stride::pair);
        both.b = word == Word::load ? odd.d : odd.a;
        if (word == Word::load) code[j] = both;
        for (int i = j; word == Word::store && i + 2 < kept; ++i) code[i] = code[i + 1];
        --kept;
        if (word == Word::store) code[kept - 1] = both;
        break;
      }
    }
    size = kept;
  }
  constexpr void write_out() {
    make_pairs(Word::load);
    make_pairs(Word::store);
    round_once(code, size);
    step.code = out.words;
    for (int k = 0; k < size; ++k) {
      Instruction i = code[k];
      auto fix = [&](int r, Class c) { return r >= element_base ? r - element_base + row_count[static_cast<int>(c)] : r; };
      i.d = fix(i.d, i.type);
      if (i.op < static_cast<std::uint8_t>(Op::count)) {
        const bool mask_first = i.op == static_cast<std::uint8_t>(Op::where);
        i.a = fix(i.a, mask_first ? Class::mask : i.from);
        i.b = fix(i.b, mask_first ? i.type : i.from);
        i.c = fix(i.c, i.type);
      } else {
        i.a = fix(i.a, i.type);
        i.b = fix(i.b, i.type);
      }
      out.word[out.words++] = encode(i);
      if (i.op == static_cast<std::uint8_t>(Word::number64)) out.word[out.words++] = raw[i.slot];
    }
    step.words = out.words - step.code;
    step.accesses = out.accesses - step.access;
    step.combines = out.combines - step.combine;
  }

  /// A kernel that only copies a view.
  constexpr void lower_solid(int n) {
    Location from{};
    p.set_solid(n, false);
    const bool was = p.placed[n];
    p.placed[n] = false;
    double value = 0;
    const bool is_known = known(n, value);
    if (!is_known && !p.locate(n, from)) etch_internal_shapes_differ();
    p.set_solid(n, true);
    p.placed[n] = was;
    lengthen_rows(p.shape(n), is_known ? nullptr : from.stride, p.at[n].stride);
    split_halves(p.shape(n), is_known ? nullptr : from.stride, p.at[n].stride);
    for (int k = 0; k < halves; ++k) {
      begin_half(k);
      store(n, store_slot(n), operand_as_it_lies(n, false), false);
    }
    flush(true);
    flush(false);
  }

  /// The whole kernel of group `g`; `results` are the nodes it must store.
  constexpr void lower(int g, const int* results, int count) {
    group = g;
    open(p.groups[g]);
    if (count == 1 && p.solid[results[0]] && p.groups[g].nodes == 1) return lower_solid(results[0]);
    for (int k = 0; k < count; ++k) {
      const int n = results[k];
      if (p.late[n]) collect(p.source(p.node(n).in[0]).node);
      else collect(n);
    }
    int passes = 1;
    for (int k = 0; k < live_count; ++k) {
      scratch[live[k]] = false;
      const int s = stage(live[k]) + (is_element(live[k]) && !is_reduce(p.node(live[k]).op) ? 1 : 0);
      passes = s > passes ? s : passes;
    }
    auto result_stage = [&](int n) {
      if (!p.late[n]) return stage(n);
      const Source s = p.source(p.node(n).in[0]);
      return computed(s.node) ? stage(s.node) : 0;
    };
    for (int at = passes - 1; at >= 0; --at) {
      ++pass;
      for (int k = 0; k < count; ++k) {
        const int n = results[k];
        if (result_stage(n) != at) continue;
        if (p.late[n]) hand_over(p.source(p.node(n).in[0]).node, at);
        else if (is_element(n)) hand_over(n, at);
      }
      for (int k = 0; k < live_count; ++k) {
        const int n = live[k];
        if (is_reduce(p.node(n).op) && stage(n) == at + 1) hand_over(p.source(p.node(n).in[0]).node, at);
        if (scratch[n] && stage(n) == at) hand_over(n, at);
      }
    }
    for (int at = 0; at <= passes; ++at) {
      current = at;
      ++pass_id;
      for (int i = 0; i < classes; ++i) element_count[i] = 0;
      finish_pending();
      for (int k = 0; k < count; ++k) {  // one value per row
        const int n = results[k];
        if (result_stage(n) != at) continue;
        if (p.late[n]) {
          if (p.elements(p.node(n).in[0]) != space.elements) accumulate(n);
        } else if (!is_element(n)) {
          store(n, store_slot(n), row_value(n), true);
        }
      }
      if (at == passes) {
        flush(false);
        break;
      }
      for (int k = 0; k < live_count; ++k) {
        const int n = live[k];
        if (!is_reduce(p.node(n).op) || stage(n) != at + 1) continue;
        Instruction start;
        start.op = static_cast<std::uint8_t>(Word::initialise);
        start.type = class_of(p.node(n).dtype);
        start.mode = static_cast<int>(p.node(n).op) - static_cast<int>(Op::sum);
        start.d = new_register(true, start.type);
        const int a = operand(p.node(n).in[0], false);
        put(true, start);
        start.op = static_cast<std::uint8_t>(Word::reduce);
        start.a = a;
        put(false, start);
        pending[pendings++] = Pending{n, start.d, -1, false};
      }
      for (int k = 0; k < live_count; ++k) {
        const int n = live[k];
        if (!scratch[n] || stage(n) != at) continue;
        const DType d = p.node(n).dtype;
        Location l{};
        l.root = Root::scratch;
        l.byte = step.scratch;
        const std::int64_t columns = p.z.capacity(loop.size[loop.rank - 1]);
        step.scratch += (columns * static_cast<std::int64_t>(size_of(d)) + 63) / 64 * 64;
        Access a{};
        a.root = Root::scratch;
        a.byte = l.byte;
        a.size = static_cast<std::uint8_t>(size_of(d));
        a.stride[loop.rank - 1] = 1;
        out.access[out.accesses++] = a;
        scratch_slot[n] = out.accesses - 1 - step.access;
        store(n, scratch_slot[n], element(n), false);
      }
      for (int k = 0; k < count; ++k) {
        const int n = results[k];
        if (result_stage(n) != at) continue;
        if (p.late[n]) {
          if (p.elements(p.node(n).in[0]) == space.elements) accumulate(n);
        } else if (is_element(n)) {
          store(n, store_slot(n), is_tile(n) ? load(n, false) : element(n), false);
        }
      }
      flush(true);
    }
    if (scratch_max < step.scratch) scratch_max = step.scratch;
  }
  std::int64_t scratch_max = 0;

  /// Copies of nodes to locations, in one loop.
  constexpr void lower_copies(const Copy* c, int count) {
    Group g;
    g.elements = p.elements(c->node);
    for (int k = 0; k < count; ++k) {
      Location from{};
      if (!p.is_number(c[k].node)) {
        if (!p.locate(c[k].node, from)) etch_internal_shapes_differ();
        if (!p.add_cuts(g, p.shape(c[k].node), from.stride)) etch_internal_shapes_differ();
      }
      if (!p.add_cuts(g, p.shape(c[k].node), c[k].to.stride)) etch_internal_shapes_differ();
    }
    group = -1;
    open(g);
    Location first{};
    const bool is_known = count > 1 || p.is_number(c->node);
    if (!is_known && !p.locate(c->node, first)) etch_internal_shapes_differ();
    lengthen_rows(p.shape(c->node), is_known ? nullptr : first.stride, c->to.stride);
    if (count == 1) split_halves(p.shape(c->node), is_known ? nullptr : first.stride, c->to.stride);
    for (int h = 0; h < halves; ++h) {
      begin_half(h);
      for (int k = 0; k < count; ++k) {
        const int n = c[k].node;
        double value = 0;
        const int r = known(n, value) ? number(value, p.node(n).dtype) : load(n, false);
        store(n, add_access(p.shape(n), c[k].to, p.node(n).dtype, false), r, false);
      }
    }
    flush(true);
    flush(false);
  }
};

}  // namespace detail
}  // namespace ETCH_ABI
}  // namespace etch

// Steps that are no fused loop, through Thrust: lookup and its scatter, elements by index, scans, sorts, searches.
//
// Each is a loop over what does not depend on each other (elements, columns, lanes); within one the order is the CPU's, so that
// results are the same bits.
#pragma once

#include <etch/cpu/gather.hpp>
#include <etch/cpu/scan.hpp>
#include <etch/cuda/attention.hpp>
#include <etch/cuda/demand.hpp>
#include <etch/cuda/order.hpp>
#include <etch/graph/pool.hpp>

namespace etch {
inline namespace ETCH_ABI {
namespace device {
inline namespace ETCH_PLACE {

/// [indices, rows, columns]; accesses table, index, out: one element.
template <class T>
struct TakeElement {
  char* const* table;
  char* const* index;
  char* const* out;
  index_t rows, columns;
  Fault* fault;
  int step;
  ETCH_INLINE void operator()(index_t i) const {
    const index_t k = i / columns;
    std::int64_t row = at<const std::int64_t>(index)[k];
    if (row < 0 || row >= rows) {
      report(fault, step, static_cast<double>(row), k, rows);
      row = 0;
    }
    at<T>(out)[i] = at<const T>(table)[row * columns + i % columns];
  }
};
template <class T>
void run_take(Machine& m, int s) {
  const Step& step = m.step(s);
  const index_t rows = m.size(step.dim[1]), columns = m.size(step.dim[2]);
  for_each(m.size(step.dim[0]) * columns, TakeElement<T>{m.entry(s, step.access), m.entry(s, step.access + 1), m.entry(s, step.access + 2), rows, columns, m.fault(), s});
}

/// [indices, rows, columns]; accesses index, values, out: one column, its values one after another.
template <class T>
struct ScatterColumn {
  char* const* index;
  char* const* values;
  char* const* out;
  index_t count, rows, columns;
  Fault* fault;
  int step;
  ETCH_INLINE void operator()(index_t c) const {
    T* const to = at<T>(out) + c;
    for (index_t r = 0; r < rows; ++r) to[r * columns] = T(0);
    for (index_t i = 0; i < count; ++i) {
      const std::int64_t row = at<const std::int64_t>(index)[i];
      if (row < 0 || row >= rows) report(fault, step, static_cast<double>(row), i, rows);
      else to[row * columns] = static_cast<T>(to[row * columns] + at<const T>(values)[i * columns + c]);
    }
  }
};
template <class T>
void run_scatter_add(Machine& m, int s) {
  const Step& step = m.step(s);
  const index_t columns = m.size(step.dim[2]);
  for_each(columns, ScatterColumn<T>{m.entry(s, step.access), m.entry(s, step.access + 1), m.entry(s, step.access + 2), m.size(step.dim[0]), m.size(step.dim[1]), columns, m.fault(), s});
}

/// Indices along an axis: whether they count from the end, and what is outside, which becomes 0.
struct Indices {
  bool checks, wraps;
  index_t size;
  Fault* fault;
  int step;
  ETCH_INLINE index_t at(std::int64_t given, index_t position) const {
    const index_t i = given < 0 && wraps ? given + size : given;
    if (!checks || (i >= 0 && i < size)) return i;
    report(fault, step, static_cast<double>(given), position, size);
    return 0;
  }
};

template <class T>
void run_demand(Machine& m, int s) {
  const Step& step = m.step(s);
  const auto rule = static_cast<Demand>(step.arg >> 48 & 255);
  DemandElement<T> f{m.entry(s, step.access), m.entry(s, step.access + 1), {}, m.size(step.dim[step.dims - 1]), rule, rule == Demand::index && (step.arg >> 8 & 1) != 0, m.fault(), s};
  index_t count = 1;
  f.walk.rank = step.dims - 1;
  for (int k = 0; k < f.walk.rank; ++k) {
    count *= f.walk.size[k] = m.size(step.dim[k]);
    f.walk.stride[0][k] = m.host().stride(step.access, k);
  }
  for_each(count, f);
}

/// [sizes.., elements]; accesses a, index, out (dense): one element.
template <class T>
struct GatherElement {
  char* const* a;
  char* const* index;
  char* const* out;
  Walk walk;  // a without its axis, index
  index_t along;
  Indices indices;
  ETCH_INLINE void operator()(index_t i) const {
    index_t offset[3]{};
    walk.seek(i, -1, offset);
    at<T>(out)[i] = at<const T>(a)[offset[0] + indices.at(at<const std::int64_t>(index)[offset[1]], i) * along];
  }
};
template <class T>
void run_gather(Machine& m, int s) {
  const Step& step = m.step(s);
  const int axis = static_cast<int>(step.arg & 255);
  const cpu::detail::IndexRule rule(step, m.size(step.dim[step.dims - 1]));
  GatherElement<T> f{m.entry(s, step.access), m.entry(s, step.access + 1), m.entry(s, step.access + 2), {}, m.host().stride(step.access, axis), {rule.checks, rule.wraps, rule.size, m.fault(), s}};
  index_t count = 1;
  f.walk.rank = step.dims - 1;
  for (int k = 0; k < f.walk.rank; ++k) {
    count *= f.walk.size[k] = m.size(step.dim[k]);
    f.walk.stride[0][k] = k == axis ? 0 : m.host().stride(step.access, k);
    f.walk.stride[1][k] = m.host().stride(step.access + 1, k);
  }
  for_each(count, f);
}

/// Element i of a scatter's base, in its place.
template <class T>
struct BaseElement {
  char* const* base;
  char* const* out;
  Walk walk;
  ETCH_INLINE void operator()(index_t i) const {
    index_t offset[3]{};
    walk.seek(i, -1, offset);
    at<T>(out)[i] = at<const T>(base)[offset[0]];
  }
};
/// [sizes of index.., elements of the result]; accesses base, index, a, out (dense): one lane along the axis, in order.
template <class T>
struct ScatterLane {
  char* const* index;
  char* const* a;
  char* const* out;
  Walk walk;  // out without its axis, index, a
  int axis;
  index_t along;
  Op op;
  Indices indices;
  ETCH_INLINE void operator()(index_t lane) const {
    index_t offset[3]{};
    walk.seek(lane, axis, offset);
    const index_t count = walk.rank > 0 ? walk.size[axis] : 1, next = walk.rank > 0 ? walk.stride[1][axis] : 0, from = walk.rank > 0 ? walk.stride[2][axis] : 0;
    index_t inner = 1;  // indices beside each other, for the position of one that is wrong
    for (int d = axis + 1; d < walk.rank; ++d) inner *= walk.size[d];
    for (index_t k = 0; k < count; ++k) {
      T& y = at<T>(out)[offset[0] + indices.at(at<const std::int64_t>(index)[offset[1] + k * next], lane_offset(lane, count, inner) + k * inner) * along];
      const T x = at<const T>(a)[offset[2] + k * from];
      if (op == Op::sum) y = static_cast<T>(y + x);
      else if (op == Op::prod) y = static_cast<T>(y * x);
      else if constexpr (etch::detail::is_complex_type<T>) y = x;
      else if (op == Op::amax) y = x > y || x != x ? x : y;
      else if (op == Op::amin) y = x < y || x != x ? x : y;
      else y = x;
    }
  }
};
template <class T>
void run_scatter(Machine& m, int s) {
  const Step& step = m.step(s);
  const int rank = step.dims - 1, first = step.access;
  BaseElement<T> base{m.entry(s, first), m.entry(s, first + 3), {}};
  index_t above = m.size(step.dim[rank]), count = above;
  base.walk.rank = rank;
  for (int k = 0; k < rank; ++k) {  // the base's sizes are the quotients of the result's strides
    const index_t below = m.host().stride(first + 3, k);
    base.walk.size[k] = above / below;
    base.walk.stride[0][k] = m.host().stride(first, k);
    above = below;
  }
  for_each(count, base);
  ScatterLane<T> lane{m.entry(s, first + 1), m.entry(s, first + 2), m.entry(s, first + 3), {}, static_cast<int>(step.arg & 255), 0, static_cast<Op>(step.arg >> 8 & 255), {}};
  lane.along = rank > 0 ? m.host().stride(first + 3, lane.axis) : 0;
  lane.walk.rank = rank;
  const cpu::detail::IndexRule rule(step, rank > 0 ? base.walk.size[lane.axis] : 1);
  lane.indices = {rule.checks, rule.wraps, rule.size, m.fault(), s};
  index_t lanes = 1;
  for (int k = 0; k < rank; ++k) {
    lane.walk.size[k] = m.size(step.dim[k]);
    if (k != lane.axis) lanes *= lane.walk.size[k];
    else if (lane.walk.size[k] == 0) lanes = 0;
    lane.walk.stride[0][k] = k == lane.axis ? 0 : m.host().stride(first + 3, k);
    lane.walk.stride[1][k] = m.host().stride(first + 1, k);
    lane.walk.stride[2][k] = m.host().stride(first + 2, k);
  }
  for_each(lanes, lane);
}

/// One lane of a scan; accesses (factor,) x, y, and of an extremum where its values go, if a program wants them.
template <class T, class Rule>
struct ScanLane {
  char* const* factor;
  char* const* x;
  char* const* y;
  char* const* found;  ///< null where there are none
  index_t size, inner;
  bool reverse;
  ETCH_INLINE void operator()(index_t lane) const {
    typename Rule::template state<T> state{};
    for (index_t k = 0; k < size; ++k) {
      const index_t i = reverse ? size - 1 - k : k, e = lane_offset(lane, size, inner) + i * inner;
      const T v = at<const T>(x)[e];
      if (k == 0) {
        Rule::template first<T>(state, v, i);
      } else {
        T f{};
        if constexpr (Rule::has_factor) f = at<const T>(factor)[e];
        Rule::template next<T>(state, f, v, i);
      }
      at<typename Rule::template result<T>>(y)[e] = Rule::template value<T>(state);
      if constexpr (requires { Rule::smallest; }) {
        if (found != nullptr) at<T>(found)[e] = Rule::template element<T>(state);
      }
    }
  }
};
template <class T, class Rule>
void run_scan(Machine& m, int s) {
  const Step& step = m.step(s);
  const int x = step.access + (Rule::has_factor ? 1 : 0);
  const index_t size = m.size(step.dim[1]), inner = m.size(step.dim[2]);
  if (size > 0) for_each(m.size(step.dim[0]) * inner, ScanLane<T, Rule>{m.entry(s, step.access), m.entry(s, x), m.entry(s, x + 1), !Rule::has_factor && step.accesses == 3 ? m.entry(s, x + 2) : nullptr, size, inner, (step.arg >> 8 & 1) != 0});
}

/// One element of what lies one place further along the axis; accesses x, y.
template <class T>
struct DelayElement {
  char* const* x;
  char* const* y;
  index_t size, inner;
  bool reverse;
  int first;
  ETCH_INLINE void operator()(index_t i) const {
    const index_t k = i / inner % size;
    const bool edge = reverse ? k + 1 == size : k == 0;
    at<T>(y)[i] = edge ? static_cast<T>(first) : at<const T>(x)[reverse ? i + inner : i - inner];
  }
};
template <class T>
void run_delay(Machine& m, int s) {
  const Step& step = m.step(s);
  const index_t size = m.size(step.dim[1]), inner = m.size(step.dim[2]);
  for_each(m.size(step.dim[0]) * size * inner, DelayElement<T>{m.entry(s, step.access), m.entry(s, step.access + 1), size, inner, (step.arg >> 8 & 1) != 0, static_cast<int>(step.arg >> 9)});
}

/// One value's place among sorted ones; accesses sorted, values, places.
template <class T>
struct SearchOne {
  char* const* sorted;
  char* const* values;
  char* const* places;
  index_t size, each;
  bool right;
  ETCH_INLINE void operator()(index_t i) const {
    const T* const row = at<const T>(sorted) + i / each * size;
    const T x = at<const T>(values)[i];
    index_t low = 0, high = size;
    while (low < high) {
      const index_t middle = low + (high - low) / 2;
      if (right ? row[middle] > x : row[middle] >= x) high = middle;
      else low = middle + 1;
    }
    at<std::int64_t>(places)[i] = low;
  }
};
template <class T>
void run_searchsorted(Machine& m, int s) {
  const Step& step = m.step(s);
  const index_t each = m.size(step.dim[3]);
  for_each(m.size(step.dim[0]) * each, SearchOne<T>{m.entry(s, step.access), m.entry(s, step.access + 1), m.entry(s, step.access + 2), m.size(step.dim[1]), each, (step.arg >> 8 & 1) != 0});
}

/// [planes, height, width, height and width of the result]; accesses x, v where it is another, y, or x, dy, dx: one element of the last.
template <class T, bool Backward>
struct PoolElement {
  char* const* x;
  char* const* other;  ///< v or dy; null where v is x
  char* const* out;
  index_t size[2], result[2];
  PoolWindow window;
  /// Where in its plane the first of the largest of window (r, c) stands.
  ETCH_INLINE index_t largest(const T* plane, index_t r, index_t c) const {
    index_t at = -1;
    for (int k = 0; k < window.axis[0].kernel; ++k)
      for (int l = 0; l < window.axis[1].kernel; ++l) {
        const index_t i = r * window.axis[0].stride + k * window.axis[0].dilation - window.axis[0].before, j = c * window.axis[1].stride + l * window.axis[1].dilation - window.axis[1].before;
        if (i < 0 || i >= size[0] || j < 0 || j >= size[1]) continue;
        const T v = plane[i * size[1] + j];
        if (at < 0 || v > plane[at] || (v != v && plane[at] == plane[at])) at = i * size[1] + j;
      }
    return at;
  }
  ETCH_INLINE void operator()(index_t e) const {
    const index_t in = size[0] * size[1], places = result[0] * result[1], each = Backward ? in : places, p = e / each, at = e % each;
    const T* const plane = device::at<const T>(x) + p * in;
    if constexpr (!Backward) {
      const index_t best = largest(plane, at / result[1], at % result[1]);
      device::at<T>(out)[e] = best < 0 ? -std::numeric_limits<T>::infinity() : (other == nullptr ? plane : device::at<const T>(other) + p * in)[best];
    } else {
      const T* const dy = device::at<const T>(other) + p * places;
      T sum = T(0);
      for (int k = 0; k < window.axis[0].kernel; ++k)
        for (int l = 0; l < window.axis[1].kernel; ++l) {
          const index_t i = at / size[1] + window.axis[0].before - k * window.axis[0].dilation, j = at % size[1] + window.axis[1].before - l * window.axis[1].dilation;
          const index_t r = i / window.axis[0].stride, c = j / window.axis[1].stride;
          if (i < 0 || j < 0 || r * window.axis[0].stride != i || c * window.axis[1].stride != j || r >= result[0] || c >= result[1]) continue;
          if (largest(plane, r, c) == at) sum += dy[r * result[1] + c];
        }
      device::at<T>(out)[e] = sum;
    }
  }
};
template <class T, bool Backward>
void run_pool(Machine& m, int s) {
  const Step& step = m.step(s);
  index_t d[5];
  for (int i = 0; i < 5; ++i) d[i] = m.size(step.dim[i]);
  const int last = step.access + step.accesses - 1;
  for_each(d[0] * (Backward ? d[1] * d[2] : d[3] * d[4]),
           PoolElement<T, Backward>{m.entry(s, step.access), step.accesses == 3 ? m.entry(s, step.access + 1) : nullptr, m.entry(s, last), {d[1], d[2]}, {d[3], d[4]}, PoolWindow::of(step.arg)});
}

/// What runs a step of this kind and dtype through Thrust; null where nothing does.
template <StepKind K, class T>
constexpr StepKernel thrust_kernel() {
  using namespace cpu::detail;
  constexpr Route here = has_gpu_kernels ? Route::kernel : Route::thrust;
  if constexpr (K == StepKind::take) return {device::run_take<T>, Route::thrust, nullptr};
  else if constexpr (K == StepKind::scatter_add) return {device::run_scatter_add<T>, Route::thrust, nullptr};
  else if constexpr (K == StepKind::checked) return {device::run_demand<T>, Route::thrust, nullptr};
  else if constexpr (K == StepKind::gather) return {device::run_gather<T>, Route::thrust, nullptr};
  else if constexpr (K == StepKind::scatter) return {device::run_scatter<T>, Route::thrust, nullptr};
  else if constexpr (K == StepKind::cumsum) return {device::run_scan<T, RunningSum>, Route::thrust, nullptr};
  else if constexpr (K == StepKind::cumprod) return {device::run_scan<T, RunningProduct>, Route::thrust, nullptr};
  else if constexpr (K == StepKind::logcumsumexp) return {device::run_scan<T, RunningLogSumExp>, Route::thrust, nullptr};
  else if constexpr (K == StepKind::cummax) return {device::run_scan<T, RunningExtremum<false>>, Route::thrust, nullptr};
  else if constexpr (K == StepKind::cummin) return {device::run_scan<T, RunningExtremum<true>>, Route::thrust, nullptr};
  else if constexpr (K == StepKind::recurrence) return {device::run_scan<T, Recurrence>, Route::thrust, nullptr};
  else if constexpr (K == StepKind::delay) return {device::run_delay<T>, Route::thrust, nullptr};
  else if constexpr (K == StepKind::searchsorted) return {device::run_searchsorted<T>, Route::thrust, nullptr};
  else if constexpr (K == StepKind::max_pool) return {device::run_pool<T, false>, Route::thrust, nullptr};
  else if constexpr (K == StepKind::max_pool_back) return {device::run_pool<T, true>, Route::thrust, nullptr};
  else if constexpr (K == StepKind::argsort) return {device::run_argsort<T>, Route::thrust, device::argsort_workspace<T>};
  else if constexpr (K == StepKind::attention) return {device::run_attention<T>, here, device::attention_workspace<T>};
  else if constexpr (K == StepKind::attention_grad) return {device::run_attention_grad<T>, here, device::attention_workspace<T>};
  else return {};
}

}  // namespace ETCH_PLACE
}  // namespace device
}  // namespace ETCH_ABI
}  // namespace etch

// Products of several arrays whose axes bear labels: what einsum, tensordot and chains of matrices have in common.
//
//   y[out] = sum over all labels not in out of  a[..] b[..] c[..]
//
// Two operands at a time, in the order that needs the fewest multiplications; each pair is one `dot` where something is
// summed, one pointwise product where nothing is.
#pragma once

#include <etch/graph/autocast.hpp>

namespace etch {
inline namespace ETCH_ABI {
namespace detail {

inline constexpr int max_operands = 8;

/// A node whose axes bear labels 0..63, all different.
struct Labelled {
  int id = -1;
  int rank = 0;
  int label[max_rank]{};
  constexpr int axis(int of) const {
    for (int i = 0; i < rank; ++i)
      if (label[i] == of) return i;
    return -1;
  }
  constexpr std::uint64_t set() const {
    std::uint64_t s = 0;
    for (int i = 0; i < rank; ++i) s |= std::uint64_t{1} << label[i];
    return s;
  }
  constexpr void push(int l) { label[rank++] = l; }
};

constexpr bool has(std::uint64_t set, int label) { return (set >> label & 1) != 0; }

/// y[.., i] = x[.., i, i]: axes i < j of one static size become one, the last.
constexpr int diagonal_node(Builder& b, int x, int i, int j) {
  const Shape s = b.shape(x);
  int order[max_rank]{}, n = 0;
  Shape flat;
  for (int k = 0; k < s.rank; ++k)
    if (k != i && k != j) {
      order[n++] = k;
      flat.size[flat.rank++] = s.size[k];
    }
  order[n] = i;
  order[n + 1] = j;
  const int rows = s.size[i], columns = s.size[j], length = rows < columns ? rows : columns;
  flat.size[flat.rank++] = rows * columns;
  x = b.reshape(b.permute(x, order), flat);
  // a last row beyond the last column has no diagonal element, and the step must stay within the axis
  return length <= 1 ? b.slice(x, n, 0, length, 1) : b.slice(x, n, 0, length, columns + 1);
}

/// Repeated labels leave the diagonal; it stands where the later of the two stood.
constexpr Labelled without_repeats(Builder& b, Labelled x) {
  for (int i = 0; i < x.rank; ++i)
    for (int j = i + 1; j < x.rank; ++j) {
      if (x.label[i] != x.label[j]) continue;
      Labelled r;
      r.id = diagonal_node(b, x.id, i, j);
      for (int k = 0; k < x.rank; ++k)
        if (k != i && k != j) r.push(x.label[k]);
      r.push(x.label[i]);
      return without_repeats(b, r);
    }
  return x;
}

/// LabelList whose label is not in `keep` summed.
constexpr Labelled summed(Builder& b, const Labelled& x, std::uint64_t keep) {
  unsigned mask = 0;
  Labelled r;
  for (int i = 0; i < x.rank; ++i) {
    if (has(keep, x.label[i])) r.push(x.label[i]);
    else mask |= 1u << i;
  }
  r.id = mask == 0 ? x.id : b.reduce(Op::sum, x.id, mask);
  return r;
}

/// LabelList of size 1 that are longer in `other` removed: they are the same everywhere.
constexpr Labelled without_ones(Builder& b, const Labelled& x, const Labelled& other) {
  Labelled r;
  Shape s;
  for (int i = 0; i < x.rank; ++i) {
    const int k = other.axis(x.label[i]);
    if (k >= 0 && b.shape(x.id).size[i] == 1 && b.shape(other.id).size[k] != 1) continue;
    s.size[s.rank++] = b.shape(x.id).size[i];
    r.push(x.label[i]);
  }
  r.id = b.reshape(x.id, s);
  return r;
}

/// Labels in the order they are wanted, with the sizes that each has.
struct LabelList {
  int count = 0;
  int label[max_rank]{};
  int size[max_rank]{};
  constexpr void push(int l, int n) {
    label[count] = l;
    size[count++] = n;
  }
};

/// `x` with its axes in the order of `parts`, and each part as one axis where `merge`; labels it lacks have size 1.
constexpr int arranged(Builder& b, const Labelled& x, const LabelList* const* parts, int count, bool merge) {
  int order[max_rank]{}, n = 0;
  Shape to;
  for (int p = 0; p < count; ++p) {
    for (int i = 0; i < parts[p]->count; ++i) {
      const int axis = x.axis(parts[p]->label[i]);
      if (axis >= 0) order[n++] = axis;
      if (!merge) to.size[to.rank++] = axis >= 0 ? parts[p]->size[i] : 1;
    }
    if (merge) to.size[to.rank++] = b.product(parts[p]->size, parts[p]->count);
  }
  return b.reshape(b.permute(x.id, order), to);
}

/// The product of two operands, summed over what is not in `keep`.
constexpr Labelled product(Builder& b, Labelled x, Labelled y, std::uint64_t keep) {
  const Labelled x0 = x;
  x = without_ones(b, x, y);
  y = without_ones(b, y, x0);
  x = summed(b, x, keep | y.set());
  y = summed(b, y, keep | x.set());
  LabelList batch, left, right, inner;
  for (int i = 0; i < x.rank; ++i) {
    const int l = x.label[i], n = b.shape(x.id).size[i];
    if (y.axis(l) < 0) left.push(l, n);
    else if (has(keep, l)) batch.push(l, n);
    else inner.push(l, n);
  }
  for (int i = 0; i < y.rank; ++i)
    if (x.axis(y.label[i]) < 0) right.push(y.label[i], b.shape(y.id).size[i]);

  Labelled r;
  const LabelList* const result[] = {&batch, &left, &right};
  for (const LabelList* part : result)
    for (int i = 0; i < part->count; ++i) r.push(part->label[i]);
  Shape full;
  for (const LabelList* part : result)
    for (int i = 0; i < part->count; ++i) full.size[full.rank++] = part->size[i];
  if (inner.count == 0 || (left.count == 0 && right.count == 0)) {
    const int outer = full.rank;
    for (int i = 0; i < inner.count; ++i) full.size[full.rank++] = inner.size[i];
    const LabelList* const all[] = {&batch, &left, &right, &inner};
    const int p = b.map(Op::mul, b.dtype(x.id), b.expand(arranged(b, x, all, 4, false), full), b.expand(arranged(b, y, all, 4, false), full));
    r.id = inner.count == 0 ? p : b.reduce(Op::sum, p, (1u << full.rank) - (1u << outer));
    return r;
  }
  const int first = batch.count == 0 ? 1 : 0;  // without a batch: two matrices
  const LabelList* const rows[] = {&batch, &left, &inner};
  const LabelList* const columns[] = {&batch, &inner, &right};
  const Autocasting rounded(b);
  x.id = rounded(x.id), y.id = rounded(y.id);
  r.id = rounded(b.reshape(b.dot(arranged(b, x, rows + first, 3 - first, true), arranged(b, y, columns + first, 3 - first, true)), full));
  return r;
}

/// The cheapest order of products, for every subset of the operands: 3^n steps.
struct ContractionOrder {
  std::uint64_t labels[1 << max_operands]{};  ///< of the product of a subset
  double cost[1 << max_operands]{};
  int part[1 << max_operands]{};  ///< one factor of the last product
};
constexpr ContractionOrder order_of(Builder& b, const Labelled* x, int count, std::uint64_t out) {
  ContractionOrder o;
  double size[64]{};
  for (double& n : size) n = 1;
  for (int i = 0; i < count; ++i)
    for (int k = 0; k < x[i].rank; ++k) {
      const auto n = static_cast<double>(b.capacity(b.shape(x[i].id).size[k]));
      if (n > size[x[i].label[k]]) size[x[i].label[k]] = n;
    }
  const int all = (1 << count) - 1;
  for (int s = 1; s <= all; ++s) {
    std::uint64_t inside = 0, outside = out;
    for (int i = 0; i < count; ++i) (s >> i & 1 ? inside : outside) |= x[i].set();
    o.labels[s] = inside & outside;
    if ((s & (s - 1)) == 0) continue;
    o.cost[s] = -1;
    for (int p = (s - 1) & s; p > (s ^ p); p = (p - 1) & s) {
      double work = 1;
      for (std::uint64_t l = o.labels[p] | o.labels[s ^ p]; l != 0; l &= l - 1) work *= size[__builtin_ctzll(l)];
      const double cost = o.cost[p] + o.cost[s ^ p] + work;
      if (o.cost[s] < 0 || cost < o.cost[s]) {
        o.cost[s] = cost;
        o.part[s] = p;
      }
    }
  }
  return o;
}
constexpr Labelled contracted(Builder& b, const Labelled* x, const ContractionOrder& o, int subset) {
  if ((subset & (subset - 1)) == 0) return summed(b, x[__builtin_ctz(static_cast<unsigned>(subset))], o.labels[subset]);
  const int p = o.part[subset], q = subset ^ p;
  const bool swap = __builtin_ctz(static_cast<unsigned>(q)) < __builtin_ctz(static_cast<unsigned>(p));  // as written: the first operand leads
  return product(b, contracted(b, x, o, swap ? q : p), contracted(b, x, o, swap ? p : q), o.labels[subset]);
}

/// The product of all operands (of one dtype) with the labels `out`, in that order; labels may repeat within an operand.
constexpr int contraction(Builder& b, const Labelled* operand, int count, const int* out, int rank) {
  Labelled x[max_operands]{};
  std::uint64_t keep = 0;
  for (int i = 0; i < rank; ++i) keep |= std::uint64_t{1} << out[i];
  for (int i = 0; i < count; ++i) x[i] = detail::without_repeats(b, operand[i]);
  const Labelled r = detail::contracted(b, x, detail::order_of(b, x, count, keep), (1 << count) - 1);
  int order[max_rank]{};
  for (int i = 0; i < rank; ++i) order[i] = r.axis(out[i]);
  return b.permute(r.id, order);
}

}  // namespace detail
}  // namespace ETCH_ABI
}  // namespace etch

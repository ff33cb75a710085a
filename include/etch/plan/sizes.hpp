// Arithmetic on size codes: products and quotients of static and bounded sizes, and strides of reshaped views.
//
//   code >= 0: itself    -1 - i: symbol i    below all symbols: a negative stride
#pragma once

#include <etch/plan/types.hpp>

namespace etch {
inline namespace ETCH_ABI {
namespace detail {

/// The symbols of a plan: those of its graph and products of them.
struct Sizes {
  Symbol symbol[max_plan_symbols]{};
  int symbols = 0;
  struct Known {
    int a, b, result;
  };
  Known product_of[64]{}, quotient_of[64]{};  ///< answers that involve symbols; the same questions come again and again

  constexpr std::int64_t capacity(int code) const { return at(code).capacity; }

  constexpr int code(const Symbol& s) {
    if (s.tags == 0) return stride_code(s.factor);
    for (int i = 0; i < symbols; ++i) {
      bool same = symbol[i].factor == s.factor && symbol[i].tags == s.tags;
      for (int t = 0; same && t < s.tags; ++t) same = symbol[i].tag[t] == s.tag[t];
      if (same) return -1 - i;
    }
    if (symbols == max_plan_symbols) a_program_has_too_many_bounded_sizes();
    symbol[symbols] = s;
    return -1 - symbols++;
  }
  constexpr Symbol at(int code) const {
    if (!is_static(code)) return symbol[-1 - code];
    const int n = number_of(code);
    return Symbol{n, n, 0, {}};
  }

  constexpr int mul(int a, int b) {
    if (is_static(a) && is_static(b)) {  // a question may be about more than fits: the answer equals no size, and nothing divides it
      const std::int64_t n = static_cast<std::int64_t>(number_of(a)) * number_of(b);
      return n < -2147483000 || n >= 2147483647 ? 2147483647 : stride_code(static_cast<int>(n));
    }
    if (a == 0 || b == 0) return 0;
    if (a == 1) return b;
    if (b == 1) return a;
    Known& known = product_of[slot(a, b)];
    if (known.a != a || known.b != b) known = Known{a, b, multiplied(a, b)};
    return known.result;
  }
  /// Whether the sum of two symbolic sizes is one: multiples of the same product.
  constexpr bool add(int a, int b, int& sum) {
    Symbol x = at(a);
    const Symbol y = at(b);
    bool same = x.tags == y.tags;
    for (int t = 0; same && t < x.tags; ++t) same = x.tag[t] == y.tag[t];
    if (!same) return false;
    x.capacity += y.capacity;
    x.factor += y.factor;
    sum = code(x);
    return true;
  }
  /// a / b where that is exact, else 0.
  constexpr int div(int a, int b) {
    if (b == 0) return 0;
    if (a >= 0 && b >= 0) return a % b == 0 ? a / b : 0;
    if (b == 1) return a;
    Known& known = quotient_of[slot(a, b)];
    if (known.a != a || known.b != b) known = Known{a, b, divided(a, b)};
    return known.result;
  }
  constexpr int product(const Shape& s, int from = 0, int to = max_rank) {
    int p = 1;
    for (int i = from; i < s.rank && i < to; ++i) p = mul(p, s.size[i]);
    return p;
  }
  constexpr void dense(const Shape& s, int* stride) {
    int p = 1;
    for (int i = s.rank - 1; i >= 0; --i) {
      stride[i] = p;
      p = mul(p, s.size[i]);
    }
  }

 private:
  static constexpr unsigned slot(int a, int b) { return (static_cast<unsigned>(a) * 31 + static_cast<unsigned>(b)) % 64; }
  constexpr int multiplied(int a, int b) {
    const Symbol x = at(a), y = at(b);
    Symbol r{x.capacity * y.capacity, x.factor * y.factor, 0, {}};
    // tags sorted, so that equal products are equal codes
    int i = 0, j = 0;
    while (i < x.tags || j < y.tags) r.tag[r.tags++] = j == y.tags || (i < x.tags && x.tag[i] < y.tag[j]) ? x.tag[i++] : y.tag[j++];
    return code(r);
  }
  constexpr int divided(int a, int b) {
    const Symbol x = at(a), y = at(b);
    if (x.factor % y.factor != 0) return 0;
    Symbol r{x.capacity / y.capacity, x.factor / y.factor, 0, {}};
    int j = 0;
    for (int i = 0; i < x.tags; ++i) {
      if (j < y.tags && x.tag[i] == y.tag[j]) ++j;
      else r.tag[r.tags++] = x.tag[i];
    }
    return j == y.tags ? code(r) : 0;
  }
};

/// A strided layout cut into maximal runs: element = sum over blocks of index * stride, the last block innermost.
struct Blocks {
  int count = 0;
  int size[max_rank]{};
  int stride[max_rank]{};
};

/// Axes that continue each other merged, axes of size 1 dropped.
constexpr Blocks blocks_of(Sizes& z, const Shape& s, const int* stride) {
  Blocks r;
  for (int i = 0; i < s.rank; ++i) {
    if (s.size[i] == 1) continue;
    const int last = r.count - 1;
    if (last >= 0 && r.stride[last] == z.mul(stride[i], s.size[i])) {
      r.size[last] = z.mul(r.size[last], s.size[i]);
      r.stride[last] = stride[i];
    } else {
      r.size[r.count] = s.size[i];
      r.stride[r.count++] = stride[i];
    }
  }
  return r;
}

/// The strides of `to` over the layout (from, stride); false where the same elements cannot be addressed so.
constexpr bool restride(Sizes& z, const Shape& from, const int* stride, const Shape& to, int* result) {
  const Blocks b = blocks_of(z, from, stride);
  int j = b.count - 1, done = 1;  // `done` elements of block j are covered
  for (int i = to.rank - 1; i >= 0; --i) {
    if (to.size[i] == 1) {
      result[i] = 0;
      continue;
    }
    if (j >= 0 && done == b.size[j]) {
      --j;
      done = 1;
    }
    if (j < 0) return false;
    result[i] = z.mul(b.stride[j], done);
    done = z.mul(done, to.size[i]);
    if (done >= 0 && b.size[j] >= 0 && (done == 0 || b.size[j] % done != 0)) return false;
  }
  return j < 0 || (j == 0 && done == b.size[0]);
}

}  // namespace detail
}  // namespace ETCH_ABI
}  // namespace etch

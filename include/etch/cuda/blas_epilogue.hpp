// Which epilogues of products cuBLASLt has, too: the words of one as terms, compared with its formulas term by term.
//
//   z = a b, or a b + bias        out = z | max(z, 0) | gelu_tanh(z), z stored beside it where it is wanted
//   out = (a b) gelu_tanh'(z)     z read
//
// Its GELU is the approximation by tanh: the exact one stays a fused group. So does the gradient of ReLU, which a plan takes from
// ReLU's result and cuBLASLt from a mask of bits; and a bias' gradient, which a plan sums where the gradient is made.
#pragma once

#include <etch/plan/types.hpp>

namespace etch {
inline namespace ETCH_ABI {
namespace device {

enum class BlasActivation : std::uint8_t { none, relu, gelu, gelu_gradient };

/// An epilogue of cuBLASLt's; slots are accesses of the step, -1 for none.
struct BlasEpilogue {
  bool known = false;  ///< whether it is one
  BlasActivation activation = BlasActivation::none;
  int out = -1;   ///< where the result is stored
  int bias = -1;  ///< one number for each column
  int aux = -1;   ///< z: stored, or read by the gradient
};

namespace blas_detail {
using namespace etch::detail;

inline constexpr int max_words = 48;

/// What the registers of a group hold: equal terms are one number.
struct Terms {
  struct Term {
    int op = 0, a = -1, b = -1, c = -1;
    std::uint32_t bits = 0;
  };
  Term term[2 * max_words]{};
  int count = 0;
  constexpr int of(int op, int a = -1, int b = -1, int c = -1, std::uint32_t bits = 0) {
    if ((op == static_cast<int>(Op::add) || op == static_cast<int>(Op::mul)) && b < a) {
      const int first = a;
      a = b, b = first;
    }
    for (int i = 0; i < count; ++i)
      if (term[i].op == op && term[i].a == a && term[i].b == b && term[i].c == c && term[i].bits == bits) return i;
    term[count] = {op, a, b, c, bits};
    return count++;
  }
};
/// A term to write formulas with.
struct Formula {
  Terms* terms;
  int id;
  constexpr Formula with(Op op, int b = -1, int c = -1) const { return {terms, terms->of(static_cast<int>(op), id, b, c)}; }
  constexpr Formula number(float x) const { return {terms, terms->of(static_cast<int>(Word::number), -1, -1, -1, __builtin_bit_cast(std::uint32_t, x))}; }
  constexpr Formula operator+(Formula o) const { return with(Op::add, o.id); }
  constexpr Formula operator*(Formula o) const { return with(Op::mul, o.id); }
  constexpr Formula operator*(float x) const { return *this * number(x); }
  constexpr Formula operator+(float x) const { return *this + number(x); }
};
constexpr float gelu_cubic = 0.044715f, gelu_scale = 0.79788456080286535588f;
constexpr Formula relu(Formula z) {
  const Formula zero = z.number(0);
  return {z.terms, z.terms->of(static_cast<int>(Op::where), z.with(Op::gt, zero.id).id, z.id, zero.id)};
}
constexpr Formula gelu(Formula z) { return z * (((z + z * (z * z) * gelu_cubic) * gelu_scale).with(Op::tanh) + 1) * 0.5f; }
/// dy gelu'(z), as reverse mode adds it up.
constexpr Formula gelu_gradient(Formula z, Formula dy) {
  const Formula t = ((z + z * (z * z) * gelu_cubic) * gelu_scale).with(Op::tanh), half = dy * 0.5f;
  const Formula inner = z * half * z.number(1).with(Op::sub, (t * t).id) * gelu_scale, cubic = inner * gelu_cubic, twice = z * (z * cubic);
  return twice + ((t + 1) * half + inner + z * z * cubic + twice);
}
}  // namespace blas_detail

/// The epilogue of step `s`, a product of matrices, if cuBLASLt has it.
constexpr BlasEpilogue blas_epilogue(const etch::detail::Step& s, const std::uint64_t* word, const etch::detail::Access* access) {
  using namespace blas_detail;
  if (s.kind != StepKind::dot || s.dtype != DType::float32 || s.dims != 3 || s.words == 0 || s.words > max_words) return {};
  if (s.loop_dims != 2 || s.loop[0] != s.dim[0] || s.loop[1] != s.dim[1] || s.loop[1] < 0) return {};
  Terms terms;
  const int tile = terms.of(static_cast<int>(Word::load), -2);
  int f32[max_words]{}, mask[max_words]{}, slot[max_words]{}, stored[max_words]{};
  int stores = 0;
  for (int w = 0; w < s.words; ++w) {
    const Instruction i = decode(word[w]);
    const auto kind = static_cast<Word>(i.op);
    const auto op = static_cast<Op>(i.op);
    if (kind == Word::row || kind == Word::columns) continue;
    if (i.d >= max_words || i.a >= max_words || i.b >= max_words || i.c >= max_words) return {};
    if (kind == Word::number && i.type == Class::f32) f32[i.d] = terms.of(i.op, -1, -1, -1, i.bits);
    else if (kind == Word::load && i.type == Class::f32 && i.memory == DType::float32 && static_cast<Stride>(i.mode) == Stride::tile) f32[i.d] = tile;
    else if (kind == Word::load && i.type == Class::f32 && i.memory == DType::float32 && static_cast<Stride>(i.mode) == Stride::unit) f32[i.d] = terms.of(i.op, i.slot);
    else if (kind == Word::store && i.type == Class::f32 && i.memory == DType::float32 && static_cast<Stride>(i.mode) == Stride::unit) slot[stores] = i.slot, stored[stores++] = f32[i.a];
    else if (op == Op::gt && i.from == Class::f32) mask[i.d] = terms.of(i.op, f32[i.a], f32[i.b]);
    else if (op == Op::where && i.type == Class::f32) f32[i.d] = terms.of(i.op, mask[i.a], f32[i.b], f32[i.c]);
    else if ((op == Op::add || op == Op::sub || op == Op::mul) && i.type == Class::f32) f32[i.d] = terms.of(i.op, f32[i.a], f32[i.b]);
    else if (op == Op::tanh && i.type == Class::f32) f32[i.d] = terms.of(i.op, f32[i.a]);
    else return {};
  }
  if (stores == 0 || stores > 2) return {};
  const auto lies = [&](int m, bool each_row) {  // side by side along a row, and in rows one after another or the same for each
    const Access& a = access[s.access + m];
    return a.stride[1] == 1 && (each_row ? a.stride[0] >= s.loop[1] : a.stride[0] == 0);
  };
  const auto is_aux = [&](int m) { return lies(m, true) && access[s.access + m].stride[0] % 8 == 0 && access[s.access + m].byte % 16 == 0; };
  const int read = terms.count;  // what is below stands in the words
  for (int z = 0; z < read; ++z) {
    BlasEpilogue r{true};
    const Terms::Term t = terms.term[z];
    if (t.op == static_cast<int>(Op::add) && t.a == tile && terms.term[t.b].op == static_cast<int>(Word::load)) r.bias = terms.term[t.b].a;
    else if (z != tile) continue;
    if (r.bias >= 0 && !lies(r.bias, false)) continue;
    terms.count = read;
    const Formula input{&terms, z};
    const int formula[] = {z, relu(input).id, gelu(input).id};
    for (int f = r.bias >= 0 ? 0 : 1; f < 3; ++f) {
      r.activation = static_cast<BlasActivation>(f);
      for (int k = 0; k < stores; ++k) {
        if (stored[k] != formula[f] || !lies(slot[k], true)) continue;
        r.out = slot[k];
        if (stores == 1) return r;
        r.aux = slot[1 - k];
        if (r.activation == BlasActivation::gelu && stored[1 - k] == z && is_aux(r.aux)) return r;
      }
    }
  }
  for (int z = 0; z < read; ++z) {
    if (terms.term[z].op != static_cast<int>(Word::load) || z == tile || stores != 1) continue;
    terms.count = read;
    const BlasEpilogue r{true, BlasActivation::gelu_gradient, slot[0], -1, terms.term[z].a};
    if (stored[0] == gelu_gradient({&terms, z}, {&terms, tile}).id && lies(r.out, true) && is_aux(r.aux)) return r;
  }
  return {};
}

}  // namespace device
}  // namespace ETCH_ABI
}  // namespace etch

"""The operations that `./run bench operations` times, one a line, each written three times.

    (name, inputs, etch, loop, PyTorch[, options])

inputs   names with sizes: `x[N]` are N floats; R x C = N, S x S is about N, B x T x T = N. `:double` is another type, `@1,3` the
         range of its numbers (0.1 to 0.9 unless said), `%C` whole numbers below C, `^` sorted.
etch     an expression that is assigned to a tensor made before; `several(...)` is compiled and keeps its results.
loop     what a C++ programmer writes for the result `o` (`o2`): an expression is the body of a loop over i < n, statements are
         taken as they are; n, r, c, s, b, t are the sizes. -O3 -march=native -ffast-math -mno-recip.
PyTorch  with `o`, a tensor that holds the result already, where the function has an `out`.
options  `out`: the loop's type of result; `least`, `most`: the sizes it is timed at (1 and 1e7 unless said); `random`: the results need not agree (random numbers,
         or a remainder whose quotient is rounded).
"""

POINTWISE = [
    ("neg", "x[N]", "-x", "-x[i]", "torch.neg(x, out=o)"),
    ("abs", "x[N]@-1,1", "abs(x)", "std::fabs(x[i])", "torch.abs(x, out=o)"),
    ("sign", "x[N]@-1,1", "sign(x)", "float(x[i] > 0) - float(x[i] < 0)", "torch.sign(x, out=o)"),
    ("square", "x[N]", "square(x)", "x[i] * x[i]", "torch.square(x, out=o)"),
    ("reciprocal", "x[N]", "reciprocal(x)", "1 / x[i]", "torch.reciprocal(x, out=o)"),
    ("sqrt", "x[N]", "sqrt(x)", "std::sqrt(x[i])", "torch.sqrt(x, out=o)"),
    ("rsqrt", "x[N]", "rsqrt(x)", "for (long b = 0; b < n; b += 1024) { const long e = std::min(b + 1024, n); for (long i = b; i < e; ++i) o[i] = std::sqrt(x[i]); for (long i = b; i < e; ++i) o[i] = 1 / o[i]; }", "torch.rsqrt(x, out=o)"),
    ("round", "x[N]@-9,9", "round(x)", "std::nearbyint(x[i])", "torch.round(x, out=o)"),
    ("floor", "x[N]@-9,9", "floor(x)", "std::floor(x[i])", "torch.floor(x, out=o)"),
    ("trunc", "x[N]@-9,9", "trunc(x)", "std::trunc(x[i])", "torch.trunc(x, out=o)"),
    ("exp", "x[N]", "exp(x)", "std::exp(x[i])", "torch.exp(x, out=o)"),
    ("exp2", "x[N]", "exp2(x)", "std::exp2(x[i])", "torch.exp2(x, out=o)"),
    ("expm1", "x[N]", "expm1(x)", "std::expm1(x[i])", "torch.expm1(x, out=o)"),
    ("log", "x[N]", "log(x)", "std::log(x[i])", "torch.log(x, out=o)"),
    ("log2", "x[N]", "log2(x)", "std::log2(x[i])", "torch.log2(x, out=o)"),
    ("log10", "x[N]", "log10(x)", "std::log10(x[i])", "torch.log10(x, out=o)"),
    ("log1p", "x[N]", "log1p(x)", "std::log1p(x[i])", "torch.log1p(x, out=o)"),
    ("sin", "x[N]@-3,3", "sin(x)", "std::sin(x[i])", "torch.sin(x, out=o)"),
    ("cos", "x[N]@-3,3", "cos(x)", "std::cos(x[i])", "torch.cos(x, out=o)"),
    ("tan", "x[N]", "tan(x)", "std::tan(x[i])", "torch.tan(x, out=o)"),
    ("asin", "x[N]", "asin(x)", "std::asin(x[i])", "torch.asin(x, out=o)"),
    ("acos", "x[N]", "acos(x)", "std::acos(x[i])", "torch.acos(x, out=o)"),
    ("atan", "x[N]", "atan(x)", "std::atan(x[i])", "torch.atan(x, out=o)"),
    ("sinh", "x[N]", "sinh(x)", "std::sinh(x[i])", "torch.sinh(x, out=o)"),
    ("cosh", "x[N]", "cosh(x)", "std::cosh(x[i])", "torch.cosh(x, out=o)"),
    ("tanh", "x[N]", "tanh(x)", "std::tanh(x[i])", "torch.tanh(x, out=o)"),
    ("asinh", "x[N]", "asinh(x)", "std::asinh(x[i])", "torch.asinh(x, out=o)"),
    ("sigmoid", "x[N]", "sigmoid(x)", "1 / (1 + std::exp(-x[i]))", "torch.sigmoid(x, out=o)"),
    ("logit", "x[N]", "logit(x)", "std::log(x[i] / (1 - x[i]))", "torch.logit(x, out=o)"),
    ("erf", "x[N]", "erf(x)", "std::erf(x[i])", "torch.erf(x, out=o)"),
    ("erfc", "x[N]", "erfc(x)", "std::erfc(x[i])", "torch.erfc(x, out=o)"),
    ("lgamma", "x[N]@0.5,5", "lgamma(x)", "std::lgamma(x[i])", "torch.lgamma(x, out=o)", {"most": 1e5}),
    ("relu", "x[N]@-1,1", "relu(x)", "x[i] > 0 ? x[i] : 0", "torch.clamp_min(x, 0, out=o)"),
    ("gelu", "x[N]@-1,1", "gelu(x)", "0.5f * x[i] * (1 + std::erf(x[i] * 0.70710678f))", "torch._C._nn.gelu(x, out=o)"),
    ("silu", "x[N]@-1,1", "silu(x)", "x[i] / (1 + std::exp(-x[i]))", "torch._C._nn.silu(x, out=o)"),
    ("add", "x[N] y[N]", "x + y", "x[i] + y[i]", "torch.add(x, y, out=o)"),
    ("sub", "x[N] y[N]", "x - y", "x[i] - y[i]", "torch.sub(x, y, out=o)"),
    ("mul", "x[N] y[N]", "x * y", "x[i] * y[i]", "torch.mul(x, y, out=o)"),
    ("div", "x[N] y[N]", "x / y", "x[i] / y[i]", "torch.div(x, y, out=o)"),
    ("add 1", "x[N]", "x + 1", "x[i] + 1", "torch.add(x, 1, out=o)"),
    ("maximum", "x[N] y[N]", "maximum(x, y)", "x[i] > y[i] ? x[i] : y[i]", "torch.maximum(x, y, out=o)"),
    ("pow 3", "x[N]", "pow(x, 3)", "x[i] * x[i] * x[i]", "torch.pow(x, 3, out=o)"),
    ("pow", "x[N] y[N]", "pow(x, y)", "std::pow(x[i], y[i])", "torch.pow(x, y, out=o)"),
    ("atan2", "x[N] y[N]", "atan2(x, y)", "std::atan2(x[i], y[i])", "torch.atan2(x, y, out=o)"),
    ("hypot", "x[N] y[N]", "hypot(x, y)", "std::hypot(x[i], y[i])", "torch.hypot(x, y, out=o)"),
    ("fmod", "x[N]@-9,9 y[N]", "fmod(x, y)", "std::fmod(x[i], y[i])", "torch.fmod(x, y, out=o)", {"most": 1e5}),
    ("remainder", "x[N]@-9,9 y[N]", "remainder(x, y)", "for (long i = 0; i < n; ++i) { const float r = std::fmod(x[i], y[i]); o[i] = r != 0 && (r < 0) != (y[i] < 0) ? r + y[i] : r; }", "torch.remainder(x, y, out=o)", {"most": 1e5}),
    ("logaddexp", "x[N] y[N]", "logaddexp(x, y)", "std::max(x[i], y[i]) + std::log1p(std::exp(-std::fabs(x[i] - y[i])))", "torch.logaddexp(x, y, out=o)"),
    ("copysign", "x[N] y[N]@-1,1", "copysign(x, y)", "std::copysign(x[i], y[i])", "torch.copysign(x, y, out=o)"),
    ("clamp", "x[N]@-1,1", "clamp(x, -0.5f, 0.5f)", "std::min(std::max(x[i], -0.5f), 0.5f)", "torch.clamp(x, -0.5, 0.5, out=o)"),
    ("lerp", "x[N] y[N] w[N]", "lerp(x, y, w)", "x[i] + w[i] * (y[i] - x[i])", "torch.lerp(x, y, w, out=o)"),
    ("addcmul", "x[N] y[N] w[N]", "addcmul(x, y, w)", "x[i] + y[i] * w[i]", "torch.addcmul(x, y, w, out=o)"),
    ("x * y + 1", "x[N] y[N]", "x * y + 1", "x[i] * y[i] + 1", "torch.add(torch.mul(x, y, out=o), 1, out=o)"),
    ("a fused chain", "x[N] y[N]", "tanh(x * y + 1.f) / (1.f + exp(-x))", "std::tanh(x[i] * y[i] + 1) / (1 + std::exp(-x[i]))", "torch.div(torch.tanh(x * y + 1), 1 + torch.exp(-x), out=o)"),
    ("add a row", "x[R,C] y[C]", "x + y", "for (long j = 0; j < r; ++j) for (long i = 0; i < c; ++i) o[j * c + i] = x[j * c + i] + y[i];", "torch.add(x, y, out=o)"),
    ("mul a column", "x[R,C] y[R,1]", "x * y", "for (long j = 0; j < r; ++j) for (long i = 0; i < c; ++i) o[j * c + i] = x[j * c + i] * y[j];", "torch.mul(x, y, out=o)"),
    ("add, double", "x[N]:double y[N]:double", "x + y", "x[i] + y[i]", "torch.add(x, y, out=o)", {"out": "double"}),
    ("exp, double", "x[N]:double", "exp(x)", "std::exp(x[i])", "torch.exp(x, out=o)", {"out": "double"}),
    ("add, half", "x[N]:half y[N]:half", "x + y", "_Float16(float(x[i]) + float(y[i]))", "torch.add(x, y, out=o)", {"out": "_Float16"}),
    ("add, int64", "x[N]:int64 y[N]:int64", "x + y", "x[i] + y[i]", "torch.add(x, y, out=o)", {"out": "int64"}),
    ("mul, int32", "x[N]:int32 y[N]:int32", "x * y", "x[i] * y[i]", "torch.mul(x, y, out=o)", {"out": "int32"}),
    ("bitwise_and", "x[N]:int32 y[N]:int32", "x & y", "x[i] & y[i]", "torch.bitwise_and(x, y, out=o)", {"out": "int32"}),
    ("mul, complex", "x[N]:cfloat y[N]:cfloat", "x * y", "x[i] * y[i]", "torch.mul(x, y, out=o)", {"out": "cfloat"}),
    ("abs, complex", "x[N]:cfloat", "abs(x)", "std::sqrt(x[i].real() * x[i].real() + x[i].imag() * x[i].imag())", "torch.abs(x, out=o)"),
]

COMPARISON = [
    ("eq", "x[N] y[N]", "x == y", "x[i] == y[i]", "torch.eq(x, y, out=o)", {"out": "bool"}),
    ("gt", "x[N] y[N]", "x > y", "x[i] > y[i]", "torch.gt(x, y, out=o)", {"out": "bool"}),
    ("isnan", "x[N]", "isnan(x)", "(std::bit_cast<unsigned>(x[i]) & 0x7fffffff) > 0x7f800000", "torch.ne(x, x, out=o)", {"out": "bool"}),
    ("logical_and", "x[N]:bool y[N]:bool", "logical_and(x, y)", "x[i] & y[i]", "torch.logical_and(x, y, out=o)", {"out": "bool"}),
    ("where", "k[N]:bool x[N] y[N]", "where(k, x, y)", "k[i] ? x[i] : y[i]", "torch.where(k, x, y, out=o)"),
    ("masked_fill", "x[N] k[N]:bool", "masked_fill(x, k, 0.f)", "k[i] ? 0 : x[i]", "torch.masked_fill(x, k, 0.)"),
]

CASTS = [
    ("float to double", "x[N]", "to<double>(x)", "x[i]", "o.copy_(x)", {"out": "double", "like": "x.double()"}),
    ("double to float", "x[N]:double", "to<float>(x)", "float(x[i])", "o.copy_(x)", {"like": "x.float()"}),
    ("float to int64", "x[N]@-9,9", "to<std::int64_t>(x)", "long(x[i])", "o.copy_(x)", {"out": "int64", "like": "x.long()"}),
    ("int64 to float", "x[N]:int64", "to<float>(x)", "float(x[i])", "o.copy_(x)", {"like": "x.float()"}),
    ("float to half", "x[N]", "to<half>(x)", "_Float16(x[i])", "o.copy_(x)", {"out": "_Float16", "like": "x.half()"}),
    ("uint8 to float", "x[N]:uint8", "to<float>(x)", "float(x[i])", "o.copy_(x)", {"like": "x.float()"}),
    ("bool to float", "x[N]:bool", "to<float>(x)", "float(x[i])", "o.copy_(x)", {"like": "x.float()"}),
]

SUM = "float s = 0; for (long i = 0; i < n; ++i) s += {}; o[0] = {};"
ROWS = "for (long j = 0; j < r; ++j, x += c) {{ float s = {}; for (long i = 0; i < c; ++i) {}; o[j] = {}; }}"
COLUMNS = "for (long i = 0; i < c; ++i) o[i] = {}; for (long j = 0; j < r; ++j, x += c) for (long i = 0; i < c; ++i) {};"
REDUCTIONS = [
    ("sum", "x[N]", "sum(x)", SUM.format("x[i]", "s"), "torch.sum(x, (0,), out=o)"),
    ("sum, rows", "x[R,C]", "sum<1>(x)", ROWS.format("0", "s += x[i]", "s"), "torch.sum(x, 1, out=o)"),
    ("sum, columns", "x[R,C]", "sum<0>(x)", COLUMNS.format("0", "o[i] += x[i]"), "torch.sum(x, 0, out=o)"),
    ("sum, double", "x[N]:double", "sum(x)", "double s = 0; for (long i = 0; i < n; ++i) s += x[i]; o[0] = s;", "torch.sum(x, (0,), out=o)", {"out": "double"}),
    ("sum, int64", "x[N]:int64", "sum(x)", "long s = 0; for (long i = 0; i < n; ++i) s += x[i]; o[0] = s;", "torch.sum(x, (0,), out=o)", {"out": "int64"}),
    ("mean", "x[N]", "mean(x)", SUM.format("x[i]", "s / n"), "torch.mean(x, (0,), out=o)"),
    ("mean, rows", "x[R,C]", "mean<1>(x)", ROWS.format("0", "s += x[i]", "s / c"), "torch.mean(x, 1, out=o)"),
    ("prod, rows", "x[R,C]", "prod<1>(x)", ROWS.format("1", "s *= x[i]", "s"), "torch.prod(x, 1, out=o)"),
    ("amax", "x[N]", "amax(x)", "float s = x[0]; for (long i = 0; i < n; ++i) s = s > x[i] ? s : x[i]; o[0] = s;", "torch.amax(x, (0,), out=o)"),
    ("amax, rows", "x[R,C]", "amax<1>(x)", ROWS.format("x[0]", "s = s > x[i] ? s : x[i]", "s"), "torch.amax(x, 1, out=o)"),
    ("amin, columns", "x[R,C]", "amin<0>(x)", COLUMNS.format("x[i]", "o[i] = o[i] < x[i] ? o[i] : x[i]"), "torch.amin(x, 0, out=o)"),
    ("argmax", "x[N]", "argmax(x)", "o[0] = std::max_element(x, x + n) - x;", "torch.argmax(x, 0, out=o)", {"out": "int64"}),
    ("argmax, rows", "x[R,C]", "argmax<1>(x)", "for (long j = 0; j < r; ++j, x += c) o[j] = std::max_element(x, x + c) - x;", "torch.argmax(x, 1, out=o)", {"out": "int64"}),
    ("argmin, columns", "x[R,C]", "argmin<0>(x)", "std::vector<float> m(x, x + c); for (long i = 0; i < c; ++i) o[i] = 0; for (long j = 0; j < r; ++j, x += c) for (long i = 0; i < c; ++i) if (x[i] < m[i]) m[i] = x[i], o[i] = j;", "torch.argmin(x, 0, out=o)", {"out": "int64"}),
    ("max with places, rows", "x[R,C]", "several(max<1>(x).values, max<1>(x).indices)", "for (long j = 0; j < r; ++j, x += c) o2[j] = std::max_element(x, x + c) - x, o[j] = x[o2[j]];", "torch.max(x, 1, out=o)", {"out2": "int64"}),
    ("var", "x[N]", "var(x)", "float s = 0, q = 0; for (long i = 0; i < n; ++i) s += x[i]; s /= n; for (long i = 0; i < n; ++i) q += (x[i] - s) * (x[i] - s); o[0] = q / (n - 1);", "torch.var(x, 0, out=o)", {"least": 1e3}),
    ("var, rows", "x[R,C]", "var<1>(x)", "for (long j = 0; j < r; ++j, x += c) { float s = 0, q = 0; for (long i = 0; i < c; ++i) s += x[i]; s /= c; for (long i = 0; i < c; ++i) q += (x[i] - s) * (x[i] - s); o[j] = q / (c - 1); }", "torch.var(x, 1, out=o)", {"least": 1e3}),
    ("var, columns", "x[R,C]", "var<0>(x)", "std::vector<float> m(c); for (long j = 0; j < r; ++j) for (long i = 0; i < c; ++i) m[i] += x[j * c + i]; for (long i = 0; i < c; ++i) m[i] /= r, o[i] = 0; for (long j = 0; j < r; ++j) for (long i = 0; i < c; ++i) { const float d = x[j * c + i] - m[i]; o[i] += d * d; } for (long i = 0; i < c; ++i) o[i] /= r - 1;", "torch.var(x, 0, out=o)", {"least": 1e3}),
    ("norm", "x[N]", "norm(x)", SUM.format("x[i] * x[i]", "std::sqrt(s)"), "torch.linalg.vector_norm(x, out=o)"),
    ("norm, rows", "x[R,C]", "norm<1>(x)", ROWS.format("0", "s += x[i] * x[i]", "std::sqrt(s)"), "torch.linalg.vector_norm(x, 2, 1, out=o)"),
    ("norm of order 1", "x[N]", "norm<ord<1>>(x)", SUM.format("std::fabs(x[i])", "s"), "torch.linalg.vector_norm(x, 1, out=o)"),
    ("logsumexp, rows", "x[R,C]", "logsumexp<1>(x)", "for (long j = 0; j < r; ++j, x += c) { float m = x[0], s = 0; for (long i = 0; i < c; ++i) m = m > x[i] ? m : x[i]; for (long i = 0; i < c; ++i) s += std::exp(x[i] - m); o[j] = m + std::log(s); }", "torch.logsumexp(x, 1, out=o)"),
    ("any", "x[N]:bool", "any(x)", "bool s = false; for (long i = 0; i < n; ++i) s |= x[i]; o[0] = s;", "torch.any(x, out=o)", {"out": "bool"}),
    ("all, rows", "x[R,C]:bool", "all<1>(x)", "for (long j = 0; j < r; ++j, x += c) { bool s = true; for (long i = 0; i < c; ++i) s &= x[i]; o[j] = s; }", "torch.all(x, 1, out=o)", {"out": "bool"}),
    ("count_nonzero", "x[N]", "count_nonzero(x)", "long s = 0; for (long i = 0; i < n; ++i) s += x[i] != 0; o[0] = s;", "torch.count_nonzero(x)", {"out": "int64"}),
    ("mean squared error", "x[N] y[N]", "mse_loss(x, y)", SUM.format("(x[i] - y[i]) * (x[i] - y[i])", "s / n"), "torch.nn.functional.mse_loss(x, y)"),
]

SOFTMAX = [
    ("softmax, rows", "x[R,C]", "softmax<1>(x)", "for (long j = 0; j < r; ++j, x += c, o += c) { float m = x[0], s = 0; for (long i = 0; i < c; ++i) m = m > x[i] ? m : x[i]; for (long i = 0; i < c; ++i) s += o[i] = std::exp(x[i] - m); s = 1 / s; for (long i = 0; i < c; ++i) o[i] *= s; }", "torch.softmax(x, 1, out=o)"),
    ("log_softmax, rows", "x[R,C]", "log_softmax<1>(x)", "for (long j = 0; j < r; ++j, x += c, o += c) { float m = x[0], s = 0; for (long i = 0; i < c; ++i) m = m > x[i] ? m : x[i]; for (long i = 0; i < c; ++i) s += std::exp(x[i] - m); s = m + std::log(s); for (long i = 0; i < c; ++i) o[i] = x[i] - s; }", "torch.log_softmax(x, 1, out=o)"),
    ("softmax, columns", "x[R,C]", "softmax<0>(x)", "std::vector<float> m(x, x + c), s(c); for (long j = 0; j < r; ++j) for (long i = 0; i < c; ++i) m[i] = m[i] > x[j * c + i] ? m[i] : x[j * c + i]; for (long j = 0; j < r; ++j) for (long i = 0; i < c; ++i) s[i] += o[j * c + i] = std::exp(x[j * c + i] - m[i]); for (long j = 0; j < r; ++j) for (long i = 0; i < c; ++i) o[j * c + i] /= s[i];", "torch.softmax(x, 0, out=o)"),
    ("layer_norm", "x[R,C] y[C] w[C]", "layer_norm(x, y, w)", "for (long j = 0; j < r; ++j, x += c, o += c) { float s = 0, q = 0; for (long i = 0; i < c; ++i) s += x[i]; s /= c; for (long i = 0; i < c; ++i) q += (x[i] - s) * (x[i] - s); q = 1 / std::sqrt(q / c + 1e-5f); for (long i = 0; i < c; ++i) o[i] = (x[i] - s) * q * y[i] + w[i]; }", "torch.layer_norm(x, y.shape, y, w)"),
    ("cross_entropy", "x[R,C] k[R]%C", "cross_entropy(x, k)", "float l = 0; for (long j = 0; j < r; ++j, x += c) { float m = x[0], s = 0; for (long i = 0; i < c; ++i) m = m > x[i] ? m : x[i]; for (long i = 0; i < c; ++i) s += std::exp(x[i] - m); l += m + std::log(s) - x[k[j]]; } o[0] = l / r;", "torch.nn.functional.cross_entropy(x, k)"),
]

SCANS = [
    ("cumsum", "x[N]", "cumsum<0>(x)", "double s = 0; for (long i = 0; i < n; ++i) o[i] = s += x[i];", "torch.cumsum(x, 0, out=o)"),
    ("cumsum, rows", "x[R,C]", "cumsum<1>(x)", "for (long j = 0; j < r; ++j) { double s = 0; for (long i = j * c; i < j * c + c; ++i) o[i] = s += x[i]; }", "torch.cumsum(x, 1, out=o)"),
    ("cumsum, columns", "x[R,C]", "cumsum<0>(x)", "std::vector<double> s(c); for (long j = 0; j < r; ++j) for (long i = 0; i < c; ++i) o[j * c + i] = s[i] += x[j * c + i];", "torch.cumsum(x, 0, out=o)"),
    ("cumprod, rows", "x[R,C]", "cumprod<1>(x)", "for (long j = 0; j < r; ++j) { double s = 1; for (long i = j * c; i < j * c + c; ++i) o[i] = s *= x[i]; }", "torch.cumprod(x, 1, out=o)"),
    ("cummax, rows", "x[R,C]", "several(cummax<1>(x).values, cummax<1>(x).indices)", "for (long j = 0; j < r; ++j) { long k = j * c; for (long i = k; i < j * c + c; ++i) { if (x[i] >= x[k]) k = i; o[i] = x[k]; o2[i] = k - j * c; } }", "torch.cummax(x, 1, out=o)", {"out2": "int64"}),
    ("logcumsumexp, rows", "x[R,C]", "logcumsumexp<1>(x)", "for (long j = 0; j < r; ++j) { double s = x[j * c]; o[j * c] = x[j * c]; for (long i = j * c + 1; i < j * c + c; ++i) { const double m = std::max<double>(s, x[i]); s = m + std::log1p(std::exp(std::min<double>(s, x[i]) - m)); o[i] = s; } }", "torch.logcumsumexp(x, 1, out=o)", {"most": 1e5}),
    ("diff", "x[N]", "diff<1, 0>(x)", "for (long i = 0; i + 1 < n; ++i) o[i] = x[i + 1] - x[i];", "torch.diff(x, out=o)", {"least": 1e3}),
]

SORTING = [
    ("sort", "x[N]", "several(sort<0>(x).values, sort<0>(x).indices)", "std::vector<std::pair<float, long>> v(n); for (long i = 0; i < n; ++i) v[i] = {x[i], i}; std::sort(v.begin(), v.end()); for (long i = 0; i < n; ++i) o[i] = v[i].first, o2[i] = v[i].second;", "torch.sort(x, out=o)", {"out2": "int64", "most": 1e5}),
    ("sort, rows", "x[R,C]", "several(sort<1>(x).values, sort<1>(x).indices)", "std::vector<std::pair<float, long>> v(c); for (long j = 0; j < r; ++j, x += c, o += c, o2 += c) { for (long i = 0; i < c; ++i) v[i] = {x[i], i}; std::sort(v.begin(), v.end()); for (long i = 0; i < c; ++i) o[i] = v[i].first, o2[i] = v[i].second; }", "torch.sort(x, 1, out=o)", {"out2": "int64", "most": 1e5}),
    ("sort, values", "x[N]", "sort<0>(x).values", "std::copy(x, x + n, o); std::sort(o, o + n);", "torch.sort(x).values", {"most": 1e5}),
    ("argsort, rows", "x[R,C]", "argsort<1>(x)", "for (long j = 0; j < r; ++j, x += c, o += c) { std::iota(o, o + c, 0); std::sort(o, o + c, [x](long a, long b) { return x[a] < x[b]; }); }", "torch.argsort(x, 1)", {"out": "int64", "most": 1e5}),
    ("sort, int64", "x[N]:int64", "sort<0>(x).values", "std::copy(x, x + n, o); std::sort(o, o + n);", "torch.sort(x).values", {"out": "int64", "most": 1e5}),
    ("topk 10", "x[N]", "several(topk<10>(x).values, topk<10>(x).indices)", "std::vector<std::pair<float, long>> v(n); for (long i = 0; i < n; ++i) v[i] = {x[i], i}; std::partial_sort(v.begin(), v.begin() + 10, v.end(), std::greater<>()); for (long i = 0; i < 10; ++i) o[i] = v[i].first, o2[i] = v[i].second;", "torch.topk(x, 10, out=o)", {"out2": "int64", "least": 1e3, "most": 1e5}),
    ("topk 10, rows", "x[R,C]", "several(topk<10>(x).values, topk<10>(x).indices)", "std::vector<std::pair<float, long>> v(c); for (long j = 0; j < r; ++j, x += c, o += 10, o2 += 10) { for (long i = 0; i < c; ++i) v[i] = {x[i], i}; std::partial_sort(v.begin(), v.begin() + 10, v.end(), std::greater<>()); for (long i = 0; i < 10; ++i) o[i] = v[i].first, o2[i] = v[i].second; }", "torch.topk(x, 10, out=o)", {"out2": "int64", "least": 1e3, "most": 1e5}),
    ("median", "x[N]", "median(x)", "std::vector<float> v(x, x + n); std::nth_element(v.begin(), v.begin() + (n - 1) / 2, v.end()); o[0] = v[(n - 1) / 2];", "torch.median(x)", {"most": 1e5}),
    ("kthvalue, rows", "x[R,C]", "several(kthvalue<5>(x).values, kthvalue<5>(x).indices)", "std::vector<std::pair<float, long>> v(c); for (long j = 0; j < r; ++j, x += c) { for (long i = 0; i < c; ++i) v[i] = {x[i], i}; std::nth_element(v.begin(), v.begin() + 4, v.end()); o[j] = v[4].first; o2[j] = v[4].second; }", "torch.kthvalue(x, 5, out=o)", {"out2": "int64", "least": 1e3, "most": 1e5}),
    ("quantile", "x[N]", "quantile(x, 0.5f)", "std::vector<float> v(x, x + n); const float p = 0.5f * (n - 1); const long k = p; std::nth_element(v.begin(), v.begin() + k, v.end()); const float a = v[k], z = k + 1 < n ? *std::min_element(v.begin() + k + 1, v.end()) : a; o[0] = a + (p - k) * (z - a);", "torch.quantile(x, 0.5, out=o)", {"most": 1e5}),
    ("searchsorted", "x[1000]^ y[N]", "searchsorted(x, y)", "o[i] = std::lower_bound(x, x + 1000, y[i]) - x", "torch.searchsorted(x, y, out=o)", {"out": "int64", "most": 1e5}),
    ("histc", "x[N]", "histc<100>(x, 0, 1)", "for (long i = 0; i < 100; ++i) o[i] = 0; for (long i = 0; i < n; ++i) { const long k = x[i] * 100; o[k < 100 ? k : 99] += 1; }", "torch.histc(x, 100, 0, 1, out=o)", {"most": 1e5}),
]

INDEXING = [
    ("gather, rows", "x[R,C] k[R,C]%C", "gather<1>(x, k)", "for (long j = 0; j < r; ++j) for (long i = 0; i < c; ++i) o[j * c + i] = x[j * c + k[j * c + i]];", "torch.gather(x, 1, k, out=o)"),
    ("gather, columns", "x[R,C] k[R,C]%R", "gather<0>(x, k)", "for (long j = 0; j < r; ++j) for (long i = 0; i < c; ++i) o[j * c + i] = x[k[j * c + i] * c + i];", "torch.gather(x, 0, k, out=o)"),
    ("scatter, rows", "x[R,C] k[R,C]%C y[R,C]", "scatter<1>(x, k, y)", "std::copy(x, x + n, o); for (long j = 0; j < r; ++j) for (long i = 0; i < c; ++i) o[j * c + k[j * c + i]] = y[j * c + i];", "torch.scatter(x, 1, k, y, out=o)"),
    ("scatter_add, rows", "x[R,C] k[R,C]%C y[R,C]", "scatter_add<1>(x, k, y)", "std::copy(x, x + n, o); for (long j = 0; j < r; ++j) for (long i = 0; i < c; ++i) o[j * c + k[j * c + i]] += y[j * c + i];", "torch.scatter_add(x, 1, k, y, out=o)"),
    ("index_select, rows", "x[R,C] k[R]%R", "index_select<0>(x, k)", "for (long j = 0; j < r; ++j) std::copy(x + k[j] * c, x + k[j] * c + c, o + j * c);", "torch.index_select(x, 0, k, out=o)"),
    ("index_select, columns", "x[R,C] k[C]%C", "index_select<1>(x, k)", "for (long j = 0; j < r; ++j) for (long i = 0; i < c; ++i) o[j * c + i] = x[j * c + k[i]];", "torch.index_select(x, 1, k, out=o)"),
    ("index_add, rows", "x[R,C] k[R]%R y[R,C]", "index_add<0>(x, k, y)", "std::copy(x, x + n, o); for (long j = 0; j < r; ++j) for (long i = 0; i < c; ++i) o[k[j] * c + i] += y[j * c + i];", "torch.index_add(x, 0, k, y, out=o)"),
    ("index_copy, rows", "x[R,C] k[R]%R y[R,C]", "index_copy<0>(x, k, y)", "std::copy(x, x + n, o); for (long j = 0; j < r; ++j) std::copy(y + j * c, y + j * c + c, o + k[j] * c);", "torch.index_copy(x, 0, k, y, out=o)"),
    ("take", "x[N] k[N]%N", "take(x, k)", "o[i] = x[k[i]]", "torch.take(x, k, out=o)"),
    ("embedding", "k[R]%1000 w[1000,C]", "embedding(k, w)", "for (long j = 0; j < r; ++j) std::copy(w + k[j] * c, w + k[j] * c + c, o + j * c);", "torch.nn.functional.embedding(k, w)"),
    ("one_hot", "k[R]%100", "one_hot<100>(k)", "std::fill(o, o + r * 100, 0); for (long j = 0; j < r; ++j) o[j * 100 + k[j]] = 1;", "torch.nn.functional.one_hot(k, 100)", {"out": "int64", "most": 1e5}),
]

SHAPES = [
    ("clone", "x[N]", "clone(x)", "o[i] = x[i]", "o.copy_(x)", {"like": "x.clone()"}),
    ("transpose", "x[R,C]", "t(x)", "for (long q = 0; q < r; q += 16) for (long p = 0; p < c; p += 16) for (long i = p; i < std::min(p + 16, c); ++i) for (long j = q; j < std::min(q + 16, r); ++j) o[i * r + j] = x[j * c + i];", "o.copy_(x.t())", {"like": "x.t().contiguous()"}),
    ("permute", "x[B,T,T]", "permute<1, 0, 2>(x)", "for (long j = 0; j < t; ++j) for (long k = 0; k < b; ++k) std::copy(x + (k * t + j) * t, x + (k * t + j) * t + t, o + (j * b + k) * t);", "o.copy_(x.permute(1, 0, 2))", {"like": "x.permute(1, 0, 2).contiguous()"}),
    ("permute to last", "x[B,T,T]", "permute<1, 2, 0>(x)", "for (long i = 0; i < t * t; ++i) for (long k = 0; k < b; ++k) o[i * b + k] = x[k * t * t + i];", "o.copy_(x.permute(1, 2, 0))", {"like": "x.permute(1, 2, 0).contiguous()"}),
    ("flip", "x[N]", "flip<0>(x)", "x[n - 1 - i]", "torch.flip(x, (0,))"),
    ("flip, columns", "x[R,C]", "flip<0>(x)", "for (long j = 0; j < r; ++j) std::copy(x + (r - 1 - j) * c, x + (r - j) * c, o + j * c);", "torch.flip(x, (0,))"),
    ("roll", "x[N]", "roll<100>(x)", "std::copy(x + n - 100, x + n, o); std::copy(x, x + n - 100, o + 100);", "torch.roll(x, 100)", {"least": 1e3}),
    ("roll, rows", "x[R,C]", "roll<7, 1>(x)", "for (long j = 0; j < r; ++j, x += c, o += c) { std::copy(x + c - 7, x + c, o); std::copy(x, x + c - 7, o + 7); }", "torch.roll(x, 7, 1)", {"least": 1e3}),
    ("cat, rows", "x[R,C] y[R,C]", "cat<0>(x, y)", "std::copy(x, x + n, o); std::copy(y, y + n, o + n);", "torch.cat((x, y), 0, out=o)"),
    ("cat, columns", "x[R,C] y[R,C]", "cat<1>(x, y)", "for (long j = 0; j < r; ++j) { std::copy(x + j * c, x + j * c + c, o + 2 * j * c); std::copy(y + j * c, y + j * c + c, o + 2 * j * c + c); }", "torch.cat((x, y), 1, out=o)"),
    ("stack", "x[N] y[N]", "stack<0>(x, y)", "std::copy(x, x + n, o); std::copy(y, y + n, o + n);", "torch.stack((x, y), 0, out=o)"),
    ("stack, last", "x[N] y[N]", "stack<1>(x, y)", "for (long i = 0; i < n; ++i) o[2 * i] = x[i], o[2 * i + 1] = y[i];", "torch.stack((x, y), 1, out=o)"),
    ("pad", "x[R,C]", "constant_pad_nd<1, 1, 1, 1>(x)", "const long w = c + 2; std::fill(o, o + w, 0.f); for (long j = 0; j < r; ++j) { o[(j + 1) * w] = 0; std::copy(x + j * c, x + j * c + c, o + (j + 1) * w + 1); o[(j + 1) * w + c + 1] = 0; } std::fill(o + (r + 1) * w, o + (r + 2) * w, 0.f);", "torch.constant_pad_nd(x, (1, 1, 1, 1))"),
    ("tril", "x[R,C]", "tril(x)", "for (long j = 0; j < r; ++j) for (long i = 0; i < c; ++i) o[j * c + i] = i <= j ? x[j * c + i] : 0;", "torch.tril(x, out=o)"),
    ("repeat", "x[N]", "repeat<2>(x)", "std::copy(x, x + n, o); std::copy(x, x + n, o + n);", "x.repeat(2)"),
    ("repeat_interleave", "x[N]", "repeat_interleave<2>(x)", "for (long i = 0; i < n; ++i) o[2 * i] = o[2 * i + 1] = x[i];", "torch.repeat_interleave(x, 2)"),
    ("expand", "x[C]", "expand<{R}, {C}>(x)", "for (long j = 0; j < r; ++j) std::copy(x, x + c, o + j * c);", "o.copy_(x.expand({R}, {C}))", {"like": "x.expand({R}, {C}).contiguous()"}),
    ("every other", "x[N]", "slice<0, 0, {N}, 2>(x)", "for (long i = 0; i < n / 2; ++i) o[i] = x[2 * i];", "o.copy_(x[::2])", {"like": "x[::2].contiguous()", "least": 1e3}),
    ("full", "x[N]", "full_like(x, 3.f)", "3", "torch.full(x.shape, 3., out=o)"),
    ("arange", "y[N]", "arange_out(y)", "float(i)", "torch.arange({N}, out=o)", {"like": "torch.arange({N}, dtype=torch.float32)"}),
    ("linspace", "y[N]", "linspace_out(y, 0, 1)", "float(i) * (1.f / (n - 1))", "torch.linspace(0, 1, {N}, out=o)", {"least": 1e3}),
]

MM = "std::fill(o, o + s * s, 0.f); for (long i = 0; i < s; ++i) for (long k = 0; k < s; ++k) for (long j = 0; j < s; ++j) o[i * s + j] += {} * {};"
PRODUCTS = [
    ("mm", "x[S,S] y[S,S]", "mm(x, y)", MM.format("x[i * s + k]", "y[k * s + j]"), "torch.mm(x, y, out=o)", {"most": 1e5}),
    ("mm, double", "x[S,S]:double y[S,S]:double", "mm(x, y)", MM.format("x[i * s + k]", "y[k * s + j]").replace("0.f", "0."), "torch.mm(x, y, out=o)", {"most": 1e5, "out": "double"}),
    ("mm, transposed", "x[S,S] y[S,S]", "mm(x, t(y))", "for (long i = 0; i < s; ++i) for (long j = 0; j < s; ++j) { float q = 0; for (long k = 0; k < s; ++k) q += x[i * s + k] * y[j * s + k]; o[i * s + j] = q; }", "torch.mm(x, y.t(), out=o)", {"most": 1e5}),
    ("addmm", "w[S,S] x[S,S] y[S,S]", "addmm(w, x, y)", MM.format("x[i * s + k]", "y[k * s + j]").replace("std::fill(o, o + s * s, 0.f)", "std::copy(w, w + s * s, o)"), "torch.addmm(w, x, y, out=o)", {"most": 1e5}),
    ("linear with relu", "x[S,S] w[S,S] y[S]", "relu(linear(x, w, y))", "for (long i = 0; i < s; ++i) for (long j = 0; j < s; ++j) { float q = y[j]; for (long k = 0; k < s; ++k) q += x[i * s + k] * w[j * s + k]; o[i * s + j] = q > 0 ? q : 0; }", "torch.relu_(torch.nn.functional.linear(x, w, y))", {"most": 1e5}),
    ("bmm", "x[B,T,T] y[B,T,T]", "bmm(x, y)", "std::fill(o, o + n, 0.f); for (long q = 0; q < b; ++q, x += t * t, y += t * t, o += t * t) for (long i = 0; i < t; ++i) for (long k = 0; k < t; ++k) for (long j = 0; j < t; ++j) o[i * t + j] += x[i * t + k] * y[k * t + j];", "torch.bmm(x, y, out=o)", {"most": 1e5}),
    ("mv", "x[R,C] y[C]", "mv(x, y)", "for (long j = 0; j < r; ++j, x += c) { float s = 0; for (long i = 0; i < c; ++i) s += x[i] * y[i]; o[j] = s; }", "torch.mv(x, y, out=o)"),
    ("mv, transposed", "x[R,C] y[R]", "mv(t(x), y)", "std::fill(o, o + c, 0.f); for (long j = 0; j < r; ++j, x += c) for (long i = 0; i < c; ++i) o[i] += x[i] * y[j];", "torch.mv(x.t(), y, out=o)"),
    ("dot", "x[N] y[N]", "dot(x, y)", SUM.format("x[i] * y[i]", "s"), "torch.dot(x, y, out=o)"),
    ("outer", "x[R] y[C]", "outer(x, y)", "for (long j = 0; j < r; ++j) for (long i = 0; i < c; ++i) o[j * c + i] = x[j] * y[i];", "torch.outer(x, y, out=o)"),
    ("einsum ij,kj->ik", "x[S,S] y[S,S]", 'einsum<"ij,kj->ik">(x, y)', "for (long i = 0; i < s; ++i) for (long j = 0; j < s; ++j) { float q = 0; for (long k = 0; k < s; ++k) q += x[i * s + k] * y[j * s + k]; o[i * s + j] = q; }", "torch.einsum('ij,kj->ik', x, y)", {"most": 1e5}),
    ("cdist", "x[S,32] y[S,32]", "cdist<2.0>(x, y)", "for (long i = 0; i < s; ++i) for (long j = 0; j < s; ++j) { float q = 0; for (long k = 0; k < 32; ++k) q += (x[i * 32 + k] - y[j * 32 + k]) * (x[i * 32 + k] - y[j * 32 + k]); o[i * s + j] = std::sqrt(q); }", "torch.cdist(x, y)", {"most": 1e5}),
    ("trace", "x[S,S]", "trace(x)", "float q = 0; for (long i = 0; i < s; ++i) q += x[i * s + i]; o[0] = q;", "torch.trace(x)"),
]

RANDOM = [
    ("rand", "x[N]", "rand_like(x)", "static std::mt19937 g; static std::uniform_real_distribution<float> d; for (long i = 0; i < n; ++i) o[i] = d(g);", "o.uniform_()", {"random": True, "like": "x.clone()"}),
    ("randn", "x[N]", "randn_like(x)", "static std::mt19937 g; static std::normal_distribution<float> d; for (long i = 0; i < n; ++i) o[i] = d(g);", "o.normal_()", {"random": True, "like": "x.clone()"}),
    ("bernoulli", "x[N]", "bernoulli(x)", "static std::mt19937 g; static std::uniform_real_distribution<float> d; for (long i = 0; i < n; ++i) o[i] = d(g) < x[i];", "torch.bernoulli(x, out=o)", {"random": True}),
    ("dropout", "x[N]", "where(rand_like(x) < 0.5f, x * 2.f, 0.f)", "static std::mt19937 g; static std::uniform_real_distribution<float> d; for (long i = 0; i < n; ++i) o[i] = d(g) < 0.5f ? x[i] * 2 : 0;", "torch.dropout(x, 0.5, True)", {"random": True}),
]

FAMILIES = {
    "pointwise": POINTWISE, "comparison": COMPARISON, "casts": CASTS, "reductions": REDUCTIONS, "softmax": SOFTMAX, "scans": SCANS, "sorting": SORTING,
    "indexing": INDEXING, "shapes": SHAPES, "products": PRODUCTS, "random": RANDOM,
}

// Products through cuBLASLt: [batch.., M, N, K], the inner batch axis strided. An epilogue that it has, too, is its own
// (blas_epilogue.hpp); any other is a fused group afterwards.
//
// Matrices lie by rows or by columns, whichever has stride 1; what lies otherwise, integers, and what cuBLASLt does not know, goes through a plain kernel.
// Float operands that were rounded to bfloat16 or float16 before (autocast, tensors of halves) lose nothing on tensor cores of that type.
#pragma once

#include <etch/cuda/blas.hpp>
#include <etch/cuda/blas_epilogue.hpp>
#include <etch/cuda/kernel.hpp>

#include <cublasLt.h>

#include <map>

namespace etch {
inline namespace ETCH_ABI {
namespace device {
inline void check(cublasStatus_t result, const char* call, const Message& about = {}) {
  if (result != CUBLAS_STATUS_SUCCESS) fail("cuda", "a call must succeed", Message{} << call << (about.c_str()[0] != '\0' ? " for " : "") << about.c_str() << ": " << cublasLtGetStatusString(result));
}

inline namespace ETCH_PLACE {

inline constexpr std::int64_t blas_workspace = std::int64_t{32} << 20;

/// cuBLASLt for this thread and its GPU.
inline cublasLtHandle_t blas() {
  struct Owner {
    cublasLtHandle_t handle = nullptr;
    Owner() { check(cublasLtCreate(&handle), "cublasLtCreate"); }
    ~Owner() { (void)cublasLtDestroy(handle); }
  };
  thread_local std::unique_ptr<Owner> owner[max_devices];
  auto& o = owner[current_device()];
  if (o == nullptr) o.reset(new Owner);
  return o->handle;
}

template <class T>
constexpr bool has_blas = std::is_same_v<T, float> || std::is_same_v<T, double> || std::is_same_v<T, half> || std::is_same_v<T, bfloat16>;
template <class T>
constexpr cudaDataType_t blas_type() {
  if constexpr (std::is_same_v<T, double>) return CUDA_R_64F;
  else if constexpr (std::is_same_v<T, half>) return CUDA_R_16F;
  else if constexpr (std::is_same_v<T, bfloat16>) return CUDA_R_16BF;
  else return CUDA_R_32F;
}

/// A description of cuBLASLt's, destroyed at the end.
template <class H, cublasStatus_t (*Destroy)(H)>
struct Described {
  H handle = nullptr;
  ~Described() {
    if (handle != nullptr) (void)Destroy(handle);
  }
};
using Layout = Described<cublasLtMatrixLayout_t, cublasLtMatrixLayoutDestroy>;
using Operation = Described<cublasLtMatmulDesc_t, cublasLtMatmulDescDestroy>;
using Preference = Described<cublasLtMatmulPreference_t, cublasLtMatmulPreferenceDestroy>;

inline void describe(Layout& l, cudaDataType_t type, const BlasMatrix& a, index_t batches) {
  const auto count = static_cast<std::int32_t>(batches);
  const std::int64_t stride = a.batch;
  check(cublasLtMatrixLayoutCreate(&l.handle, type, static_cast<std::uint64_t>(a.rows), static_cast<std::uint64_t>(a.columns), a.step), "cublasLtMatrixLayoutCreate", Message{} << "(" << a.rows << ", " << a.columns << ")");
  check(cublasLtMatrixLayoutSetAttribute(l.handle, CUBLASLT_MATRIX_LAYOUT_BATCH_COUNT, &count, sizeof count), "cublasLtMatrixLayoutSetAttribute", Message{} << batches << " matrices");
  check(cublasLtMatrixLayoutSetAttribute(l.handle, CUBLASLT_MATRIX_LAYOUT_STRIDED_BATCH_OFFSET, &stride, sizeof stride), "cublasLtMatrixLayoutSetAttribute", Message{} << stride << " elements apart");
}

/// What cuBLASLt computes in.
template <class T, DType Rounded>
constexpr cublasComputeType_t blas_compute() {
  if constexpr (std::is_same_v<T, double>) return CUBLAS_COMPUTE_64F;
  else if constexpr (std::is_same_v<T, float> && Rounded == DType::bfloat16) return CUBLAS_COMPUTE_32F_FAST_16BF;
  else if constexpr (std::is_same_v<T, float> && Rounded == DType::float16) return CUBLAS_COMPUTE_32F_FAST_16F;
  else return CUBLAS_COMPUTE_32F;
}
constexpr cublasLtEpilogue_t blas_name(const BlasEpilogue& e) {
  const bool bias = e.bias >= 0, aux = e.aux >= 0;
  switch (e.activation) {
    case BlasActivation::relu: return bias ? CUBLASLT_EPILOGUE_RELU_BIAS : CUBLASLT_EPILOGUE_RELU;
    case BlasActivation::gelu: return aux ? (bias ? CUBLASLT_EPILOGUE_GELU_AUX_BIAS : CUBLASLT_EPILOGUE_GELU_AUX) : bias ? CUBLASLT_EPILOGUE_GELU_BIAS : CUBLASLT_EPILOGUE_GELU;
    case BlasActivation::gelu_gradient: return CUBLASLT_EPILOGUE_DGELU;
    default: return bias ? CUBLASLT_EPILOGUE_BIAS : CUBLASLT_EPILOGUE_DEFAULT;
  }
}
/// An epilogue with the memory it reads and writes.
struct BoundEpilogue {
  cublasLtEpilogue_t name = CUBLASLT_EPILOGUE_DEFAULT;
  void* bias = nullptr;
  void* aux = nullptr;
  std::int64_t aux_step = 0;
};

/// What the choice of an algorithm depends on; the epilogue's pointers are as aligned as any.
struct BlasKey {
  std::int64_t of[16]{};
  std::uint32_t aligned[3]{};
  int type = 0, compute = 0, epilogue = 0;
  auto operator<=>(const BlasKey&) const = default;
};
/// How far a pointer is aligned, up to cuBLASLt's own assumption.
inline std::uint32_t alignment_of(const void* p) {
  const auto bits = reinterpret_cast<std::uintptr_t>(p) | 256;
  return static_cast<std::uint32_t>(bits & (~bits + 1));
}
struct BlasChoice {
  bool known = false;
  cublasLtMatmulAlgo_t algorithm{};
};
/// cuBLASLt's choices on this thread and its GPU: each product is asked for once.
inline std::map<BlasKey, BlasChoice>& blas_choices() {
  thread_local std::map<BlasKey, BlasChoice> choices[max_devices];
  return choices[current_device()];
}

/// Launches a product; whether cuBLASLt knows it.
template <class T, DType Rounded>
bool blas_product(Machine& machine, const BlasProduct& p, const BoundEpilogue& epilogue) {
  const Message about = Message{} << "a product of (" << p.m << ", " << p.k << ") and (" << p.k << ", " << p.n << "), " << p.batches << " times, epilogue " << static_cast<int>(epilogue.name);
  using Scale = std::conditional_t<std::is_same_v<T, double>, double, float>;
  constexpr cudaDataType_t type = blas_type<T>();
  constexpr cublasComputeType_t compute = blas_compute<T, Rounded>();
  Operation operation;
  Layout x, y, d;
  check(cublasLtMatmulDescCreate(&operation.handle, compute, std::is_same_v<T, double> ? CUDA_R_64F : CUDA_R_32F), "cublasLtMatmulDescCreate", about);
  const auto set = [&](cublasLtMatmulDescAttributes_t attribute, const auto& value) {
    check(cublasLtMatmulDescSetAttribute(operation.handle, attribute, &value, sizeof value), "cublasLtMatmulDescSetAttribute", about);
  };
  set(CUBLASLT_MATMUL_DESC_TRANSA, p.x.transposed ? CUBLAS_OP_T : CUBLAS_OP_N);
  set(CUBLASLT_MATMUL_DESC_TRANSB, p.y.transposed ? CUBLAS_OP_T : CUBLAS_OP_N);
  set(CUBLASLT_MATMUL_DESC_EPILOGUE, epilogue.name);
  if (epilogue.bias != nullptr) set(CUBLASLT_MATMUL_DESC_BIAS_POINTER, epilogue.bias);
  if (epilogue.aux != nullptr) {
    set(CUBLASLT_MATMUL_DESC_EPILOGUE_AUX_POINTER, epilogue.aux);
    set(CUBLASLT_MATMUL_DESC_EPILOGUE_AUX_LD, epilogue.aux_step);
  }
  describe(x, type, p.x, p.batches);
  describe(y, type, p.y, p.batches);
  describe(d, type, p.d, p.batches);
  const auto room = static_cast<std::size_t>(blas_workspace);
  BlasKey key{{p.m, p.n, p.k, p.batches, p.x.step, p.x.batch, p.x.transposed, p.y.step, p.y.batch, p.y.transposed, p.d.step, p.d.batch, epilogue.aux_step},
              {alignment_of(p.x.data), alignment_of(p.y.data), alignment_of(p.d.data)},
              static_cast<int>(type), static_cast<int>(compute), static_cast<int>(epilogue.name)};
  const auto [place, is_new] = blas_choices().try_emplace(key);
  BlasChoice& choice = place->second;
  if (is_new) {
    Preference preference;
    check(cublasLtMatmulPreferenceCreate(&preference.handle), "cublasLtMatmulPreferenceCreate", about);
    const auto prefer = [&](cublasLtMatmulPreferenceAttributes_t attribute, const auto& value) {
      check(cublasLtMatmulPreferenceSetAttribute(preference.handle, attribute, &value, sizeof value), "cublasLtMatmulPreferenceSetAttribute", about);
    };
    prefer(CUBLASLT_MATMUL_PREF_MAX_WORKSPACE_BYTES, room);
    prefer(CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_A_BYTES, key.aligned[0]);
    prefer(CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_B_BYTES, key.aligned[1]);
    prefer(CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_C_BYTES, key.aligned[2]);
    prefer(CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_D_BYTES, key.aligned[2]);
    cublasLtMatmulHeuristicResult_t best{};
    int found = 0;
    const cublasStatus_t asked = cublasLtMatmulAlgoGetHeuristic(blas(), operation.handle, x.handle, y.handle, d.handle, d.handle, preference.handle, 1, &best, &found);
    if (asked != CUBLAS_STATUS_NOT_SUPPORTED) check(asked, "cublasLtMatmulAlgoGetHeuristic", about);
    choice = {asked == CUBLAS_STATUS_SUCCESS && found > 0, best.algo};
  }
  if (!choice.known) return false;
  const Scale one = 1, zero = 0;
  check(cublasLtMatmul(blas(), operation.handle, &one, p.x.data, x.handle, p.y.data, y.handle, &zero, p.d.data, d.handle, p.d.data, d.handle, &choice.algorithm, machine.workspace(), room, current_stream()), "cublasLtMatmul", about);
  return true;
}

/// The workspace of cuBLASLt, then the product where an epilogue reads it.
template <class T>
std::size_t product_workspace(const cpu::Machine& machine, const Step& s) {
  std::int64_t elements = s.words != 0 ? 1 : 0;
  for (int i = 0; i + 1 < s.dims; ++i) elements *= machine.capacity(s.dim[i]);
  return static_cast<std::size_t>(blas_workspace + elements * static_cast<std::int64_t>(sizeof(T)));
}

/// A product whose whole epilogue is one of cuBLASLt's; whether it is launched.
template <class T, DType Rounded>
bool run_with_epilogue(Machine& machine, int s, const BlasEpilogue& epilogue) {
  const Step& step = machine.step(s);
  cpu::Machine& host = machine.host();
  const int ia = step.access + step.accesses - 2, ib = ia + 1, out = step.access + epilogue.out, aux = step.access + epilogue.aux;
  const index_t m = machine.size(step.dim[0]), n = machine.size(step.dim[1]), k = machine.size(step.dim[2]);
  const Matrix a{host.pointer(ia), 0, host.stride(ia, 0), host.stride(ia, 1)}, b{host.pointer(ib), 0, host.stride(ib, 0), host.stride(ib, 1)}, c{host.pointer(out), 0, host.stride(out, 0), 1};
  if (m * n * k == 0 || !is_plain(a, m, k) || !is_plain(b, k, n)) return false;
  BoundEpilogue bound{blas_name(epilogue)};
  if (epilogue.bias >= 0) bound.bias = host.pointer(step.access + epilogue.bias);
  if (epilogue.aux >= 0) bound.aux = host.pointer(aux), bound.aux_step = host.stride(aux, 0);
  if (reinterpret_cast<std::uintptr_t>(bound.aux) % 16 != 0) return false;
  return blas_product<T, Rounded>(machine, blas_product_of(a, b, c, m, n, k, 1), bound);
}

template <class T, DType Rounded, BlasEpilogue Epilogue, std::uint64_t... Code>
void run_product(Machine& machine, int s) {
  if constexpr (Epilogue.known) {
    if (run_with_epilogue<T, Rounded>(machine, s, Epilogue)) return;
  }
  constexpr bool fused = sizeof...(Code) != 0;
  const Step& step = machine.step(s);
  cpu::Machine& host = machine.host();
  const int ia = step.access + step.accesses - (fused ? 2 : 3), ib = ia + 1, ic = ia + 2;
  const int outer_axes = step.dims - 3, last = outer_axes - 1;
  index_t sizes[max_rank + 1]{};
  for (int i = 0; i < step.dims; ++i) sizes[i] = machine.size(step.dim[i]);
  const index_t m = sizes[outer_axes], n = sizes[outer_axes + 1], k = sizes[outer_axes + 2], batches = last >= 0 ? sizes[last] : 1;
  index_t outer = 1;
  for (int i = 0; i < last; ++i) outer *= sizes[i];
  char* const product = machine.workspace() + blas_workspace;
  const auto bytes = static_cast<index_t>(sizeof(T));
  for (index_t o = 0; o < outer && m * n * batches > 0; ++o) {
    Matrix a{host.pointer(ia), last >= 0 ? host.stride(ia, last) : 0, host.stride(ia, outer_axes), host.stride(ia, outer_axes + 1)};
    Matrix b{host.pointer(ib), last >= 0 ? host.stride(ib, last) : 0, host.stride(ib, outer_axes), host.stride(ib, outer_axes + 1)};
    Matrix c{product + o * batches * m * n * bytes, m * n, n, 1};
    if constexpr (!fused) c = Matrix{host.pointer(ic), last >= 0 ? host.stride(ic, last) : 0, host.stride(ic, outer_axes), host.stride(ic, outer_axes + 1)};
    index_t rest = o;
    for (int i = last - 1; i >= 0; --i) {
      const index_t at = rest % sizes[i];
      rest /= sizes[i];
      a.data += at * host.stride(ia, i) * bytes;
      b.data += at * host.stride(ib, i) * bytes;
      if constexpr (!fused) c.data += at * host.stride(ic, i) * bytes;
    }
    if constexpr (has_blas<T>) {
      if (k > 0 && is_plain(a, m, k) && is_plain(b, k, n) && is_plain(c, m, n)) {
        if (blas_product<T, Rounded>(machine, blas_product_of(a, b, c, m, n, k, batches), {})) continue;
      }
    }
    for_each(batches * m * n, ProductElement<T>{a, b, c, m, n, k});
  }
  if constexpr (fused) launch_group<Code...>(machine, s, TileView{product, n * bytes, bytes});
}

}  // namespace ETCH_PLACE
}  // namespace device
}  // namespace ETCH_ABI
}  // namespace etch

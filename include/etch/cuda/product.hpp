// Products through cuBLASLt: [batch.., M, N, K], the inner batch axis strided, an epilogue as a fused group of its own afterwards.
//
// Matrices lie by rows or by columns, whichever has stride 1; what lies otherwise, and integers, goes through a plain kernel.
// Float operands that were rounded to bfloat16 or float16 before (autocast, tensors of halves) lose nothing on tensor cores of that type.
#pragma once

#include <etch/cuda/kernel.hpp>
#include <etch/cuda/product_element.hpp>

#include <cublasLt.h>

namespace etch {
inline namespace ETCH_ABI {
namespace device {
inline namespace ETCH_PLACE {

inline void check(cublasStatus_t result, const char* call, const Message& about = {}) {
  if (result != CUBLAS_STATUS_SUCCESS) fail("cuda", "a call must succeed", Message{} << call << " for " << about.c_str() << ": " << cublasLtGetStatusString(result));
}

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

/// Whether cuBLASLt can read rows x columns of it.
inline bool is_plain(const Matrix& a, index_t rows, index_t columns) {
  return (a.column == 1 && (a.row >= columns || rows == 1)) || (a.row == 1 && (a.column >= rows || columns == 1));
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

template <class T>
void describe(Layout& l, const Matrix& a, index_t rows, index_t columns, index_t batches) {
  const bool by_row = a.column == 1 && (a.row >= columns || rows == 1);
  const cublasLtOrder_t order = by_row ? CUBLASLT_ORDER_ROW : CUBLASLT_ORDER_COL;
  const index_t least = by_row ? columns : rows, given = by_row ? a.row : a.column, step = given > least ? given : least;
  const auto count = static_cast<std::int32_t>(batches);
  check(cublasLtMatrixLayoutCreate(&l.handle, blas_type<T>(), static_cast<std::uint64_t>(rows), static_cast<std::uint64_t>(columns), step), "cublasLtMatrixLayoutCreate");
  check(cublasLtMatrixLayoutSetAttribute(l.handle, CUBLASLT_MATRIX_LAYOUT_ORDER, &order, sizeof order), "cublasLtMatrixLayoutSetAttribute");
  check(cublasLtMatrixLayoutSetAttribute(l.handle, CUBLASLT_MATRIX_LAYOUT_BATCH_COUNT, &count, sizeof count), "cublasLtMatrixLayoutSetAttribute");
  const std::int64_t stride = a.batch;
  check(cublasLtMatrixLayoutSetAttribute(l.handle, CUBLASLT_MATRIX_LAYOUT_STRIDED_BATCH_OFFSET, &stride, sizeof stride), "cublasLtMatrixLayoutSetAttribute");
}

/// What cuBLASLt computes in.
template <class T, DType Rounded>
constexpr cublasComputeType_t blas_compute() {
  if constexpr (std::is_same_v<T, double>) return CUBLAS_COMPUTE_64F;
  else if constexpr (std::is_same_v<T, float> && Rounded == DType::bfloat16) return CUBLAS_COMPUTE_32F_FAST_16BF;
  else if constexpr (std::is_same_v<T, float> && Rounded == DType::float16) return CUBLAS_COMPUTE_32F_FAST_16F;
  else return CUBLAS_COMPUTE_32F;
}

template <class T, DType Rounded>
void blas_product(Machine& machine, index_t batches, index_t m, index_t n, index_t k, const Matrix& a, const Matrix& b, const Matrix& c) {
  const Message about = Message{} << "a product of (" << m << ", " << k << ") and (" << k << ", " << n << "), " << batches << " times";
  using Scale = std::conditional_t<std::is_same_v<T, double>, double, float>;
  Described<cublasLtMatmulDesc_t, cublasLtMatmulDescDestroy> operation;
  Described<cublasLtMatmulPreference_t, cublasLtMatmulPreferenceDestroy> preference;
  Layout la, lb, lc;
  check(cublasLtMatmulDescCreate(&operation.handle, blas_compute<T, Rounded>(), std::is_same_v<T, double> ? CUDA_R_64F : CUDA_R_32F), "cublasLtMatmulDescCreate", about);
  describe<T>(la, a, m, k, batches);
  describe<T>(lb, b, k, n, batches);
  describe<T>(lc, c, m, n, batches);
  check(cublasLtMatmulPreferenceCreate(&preference.handle), "cublasLtMatmulPreferenceCreate", about);
  const auto room = static_cast<std::size_t>(blas_workspace);
  check(cublasLtMatmulPreferenceSetAttribute(preference.handle, CUBLASLT_MATMUL_PREF_MAX_WORKSPACE_BYTES, &room, sizeof room), "cublasLtMatmulPreferenceSetAttribute", about);
  cublasLtMatmulHeuristicResult_t best{};
  int found = 0;
  check(cublasLtMatmulAlgoGetHeuristic(blas(), operation.handle, la.handle, lb.handle, lc.handle, lc.handle, preference.handle, 1, &best, &found), "cublasLtMatmulAlgoGetHeuristic", about);
  if (found == 0) fail("cuda", "cuBLASLt must know a product", about);
  const Scale one = 1, zero = 0;
  check(cublasLtMatmul(blas(), operation.handle, &one, a.data, la.handle, b.data, lb.handle, &zero, c.data, lc.handle, c.data, lc.handle, &best.algo, machine.workspace(), room, current_stream()), "cublasLtMatmul", about);
}

/// The workspace of cuBLASLt, then the product where an epilogue reads it.
template <class T>
std::size_t product_workspace(const cpu::Machine& machine, const Step& s) {
  std::int64_t elements = s.words != 0 ? 1 : 0;
  for (int i = 0; i + 1 < s.dims; ++i) elements *= machine.capacity(s.dim[i]);
  return static_cast<std::size_t>(blas_workspace + elements * static_cast<std::int64_t>(sizeof(T)));
}

template <class T, DType Rounded, std::uint64_t... Code>
void run_product(Machine& machine, int s) {
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
        blas_product<T, Rounded>(machine, batches, m, n, k, a, b, c);
        continue;
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

// cuBLASLt over a simulated GPU: products of matrices by columns, as its documentation describes them, summed in double.
#pragma once

#include_next <cublasLt.h>

#include "runtime.hpp"

#include <etch/core/dtype.hpp>

#include <algorithm>
#include <cmath>

namespace simulator {

struct Layout {
  cudaDataType type;
  std::int64_t rows, columns, step, batch = 0;
  std::int32_t batches = 1;
};
struct Operation {
  cublasComputeType_t compute;
  cudaDataType scale;
  std::int32_t transposed[2]{};
  std::uint32_t epilogue = CUBLASLT_EPILOGUE_DEFAULT;
  void *bias = nullptr, *aux = nullptr;
  std::int64_t aux_step = 0;
};
/// Keeps an attribute of this size.
template <class T>
cublasStatus_t keep(T& to, const void* value, std::size_t bytes) {
  if (value == nullptr || bytes != sizeof to) return CUBLAS_STATUS_INVALID_VALUE;
  return std::memcpy(&to, value, bytes), CUBLAS_STATUS_SUCCESS;
}

/// d = epilogue(op(a) op(b))
struct Product {
  Operation operation;
  Layout a, b, d;
  const char *at_a, *at_b;
  char* at_d;
};
inline std::size_t bytes_of(const Layout& l) {
  const std::size_t each = l.type == CUDA_R_64F ? 8 : l.type == CUDA_R_32F ? 4 : 2;
  return l.rows == 0 || l.columns == 0 ? 0 : each * static_cast<std::size_t>((l.batches - 1) * l.batch + (l.columns - 1) * l.step + l.rows);
}
/// What is wrong with it, or NOT_SUPPORTED where cuBLASLt would say so.
inline cublasStatus_t judge(const Product& p) {
  const auto rows = [&](const Layout& l, int which) { return p.operation.transposed[which] == CUBLAS_OP_N ? l.rows : l.columns; };
  const auto columns = [&](const Layout& l, int which) { return p.operation.transposed[which] == CUBLAS_OP_N ? l.columns : l.rows; };
  for (const Layout* l : {&p.a, &p.b, &p.d})
    if (l->rows <= 0 || l->columns <= 0 || l->step < l->rows || l->batches != p.d.batches || l->type != p.d.type) return CUBLAS_STATUS_INVALID_VALUE;
  if (rows(p.a, 0) != p.d.rows || columns(p.b, 1) != p.d.columns || columns(p.a, 0) != rows(p.b, 1)) return CUBLAS_STATUS_INVALID_VALUE;
  if ((p.d.type == CUDA_R_64F) != (p.operation.compute == CUBLAS_COMPUTE_64F)) return CUBLAS_STATUS_INVALID_VALUE;
  const auto e = static_cast<cublasLtEpilogue_t>(p.operation.epilogue);
  if (e != CUBLASLT_EPILOGUE_DEFAULT && (p.d.type != CUDA_R_32F || p.d.batches != 1)) return CUBLAS_STATUS_NOT_SUPPORTED;
  const bool bias = e == CUBLASLT_EPILOGUE_BIAS || e == CUBLASLT_EPILOGUE_RELU_BIAS || e == CUBLASLT_EPILOGUE_GELU_BIAS || e == CUBLASLT_EPILOGUE_GELU_AUX_BIAS;
  const bool aux = e == CUBLASLT_EPILOGUE_GELU_AUX || e == CUBLASLT_EPILOGUE_GELU_AUX_BIAS || e == CUBLASLT_EPILOGUE_DGELU;
  if (bias != (p.operation.bias != nullptr) || aux != (p.operation.aux != nullptr)) return CUBLAS_STATUS_INVALID_VALUE;
  if (aux && (p.operation.aux_step < p.d.rows || p.operation.aux_step % 8 != 0 || reinterpret_cast<std::uintptr_t>(p.operation.aux) % 16 != 0)) return CUBLAS_STATUS_NOT_SUPPORTED;
  return CUBLAS_STATUS_SUCCESS;
}
template <class T>
void multiply(const Product& p) {
  const bool ta = p.operation.transposed[0] != CUBLAS_OP_N, tb = p.operation.transposed[1] != CUBLAS_OP_N;
  const auto e = static_cast<cublasLtEpilogue_t>(p.operation.epilogue);
  const bool is_gelu = e == CUBLASLT_EPILOGUE_GELU || e == CUBLASLT_EPILOGUE_GELU_BIAS || e == CUBLASLT_EPILOGUE_GELU_AUX || e == CUBLASLT_EPILOGUE_GELU_AUX_BIAS;
  const std::int64_t k = ta ? p.a.rows : p.a.columns;
  for (std::int64_t batch = 0; batch < p.d.batches; ++batch) {
    const T *const a = reinterpret_cast<const T*>(p.at_a) + batch * p.a.batch, *const b = reinterpret_cast<const T*>(p.at_b) + batch * p.b.batch;
    T* const d = reinterpret_cast<T*>(p.at_d) + batch * p.d.batch;
    for (std::int64_t j = 0; j < p.d.columns; ++j)
      for (std::int64_t i = 0; i < p.d.rows; ++i) {
        double z = 0;
        for (std::int64_t l = 0; l < k; ++l) z += static_cast<double>(a[ta ? i * p.a.step + l : l * p.a.step + i]) * static_cast<double>(b[tb ? l * p.b.step + j : j * p.b.step + l]);
        if constexpr (std::is_same_v<T, float>) {
          if (p.operation.bias != nullptr) z += static_cast<double>(static_cast<const float*>(p.operation.bias)[i]);
          float* const aux = static_cast<float*>(p.operation.aux) + (p.operation.aux != nullptr ? j * p.operation.aux_step + i : 0);
          const double x = e == CUBLASLT_EPILOGUE_DGELU ? static_cast<double>(*aux) : z, c = std::sqrt(2 / 3.14159265358979323846), t = std::tanh(c * (x + 0.044715 * x * x * x));
          if (e == CUBLASLT_EPILOGUE_RELU || e == CUBLASLT_EPILOGUE_RELU_BIAS) z = z > 0 ? z : 0;
          if (is_gelu && p.operation.aux != nullptr) *aux = static_cast<float>(z);
          if (is_gelu) z = x / 2 * (1 + t);
          if (e == CUBLASLT_EPILOGUE_DGELU) z *= (1 + t) / 2 + x / 2 * (1 - t * t) * c * (1 + 3 * 0.044715 * x * x);
        }
        d[j * p.d.step + i] = static_cast<T>(z);
      }
  }
}
inline Layout& of(cublasLtMatrixLayout_t l) { return *reinterpret_cast<Layout*>(l); }
inline Operation& of(cublasLtMatmulDesc_t o) { return *reinterpret_cast<Operation*>(o); }

}  // namespace simulator

extern "C" {
inline cublasStatus_t cublasLtCreate(cublasLtHandle_t* h) {
  if (simulator::is_capturing()) return CUBLAS_STATUS_NOT_INITIALIZED;  // it may allocate
  return *h = reinterpret_cast<cublasLtHandle_t>(new char), CUBLAS_STATUS_SUCCESS;
}
inline cublasStatus_t cublasLtDestroy(cublasLtHandle_t h) { return delete reinterpret_cast<char*>(h), CUBLAS_STATUS_SUCCESS; }
inline const char* cublasLtGetStatusString(cublasStatus_t s) { return s == CUBLAS_STATUS_SUCCESS ? "success" : s == CUBLAS_STATUS_INVALID_VALUE ? "invalid value" : s == CUBLAS_STATUS_NOT_SUPPORTED ? "not supported" : "another status"; }
inline cublasStatus_t cublasLtMatrixLayoutCreate(cublasLtMatrixLayout_t* l, cudaDataType type, std::uint64_t rows, std::uint64_t columns, std::int64_t step) {
  *l = reinterpret_cast<cublasLtMatrixLayout_t>(new simulator::Layout{type, static_cast<std::int64_t>(rows), static_cast<std::int64_t>(columns), step});
  return CUBLAS_STATUS_SUCCESS;
}
inline cublasStatus_t cublasLtMatrixLayoutDestroy(cublasLtMatrixLayout_t l) { return delete &simulator::of(l), CUBLAS_STATUS_SUCCESS; }
inline cublasStatus_t cublasLtMatrixLayoutSetAttribute(cublasLtMatrixLayout_t l, cublasLtMatrixLayoutAttribute_t attribute, const void* value, std::size_t bytes) {
  if (attribute == CUBLASLT_MATRIX_LAYOUT_BATCH_COUNT) return simulator::keep(simulator::of(l).batches, value, bytes);
  if (attribute == CUBLASLT_MATRIX_LAYOUT_STRIDED_BATCH_OFFSET) return simulator::keep(simulator::of(l).batch, value, bytes);
  return CUBLAS_STATUS_INVALID_VALUE;
}
inline cublasStatus_t cublasLtMatmulDescCreate(cublasLtMatmulDesc_t* o, cublasComputeType_t compute, cudaDataType scale) {
  return *o = reinterpret_cast<cublasLtMatmulDesc_t>(new simulator::Operation{compute, scale}), CUBLAS_STATUS_SUCCESS;
}
inline cublasStatus_t cublasLtMatmulDescDestroy(cublasLtMatmulDesc_t o) { return delete &simulator::of(o), CUBLAS_STATUS_SUCCESS; }
inline cublasStatus_t cublasLtMatmulDescSetAttribute(cublasLtMatmulDesc_t o, cublasLtMatmulDescAttributes_t attribute, const void* value, std::size_t bytes) {
  simulator::Operation& to = simulator::of(o);
  switch (attribute) {
    case CUBLASLT_MATMUL_DESC_TRANSA: return simulator::keep(to.transposed[0], value, bytes);
    case CUBLASLT_MATMUL_DESC_TRANSB: return simulator::keep(to.transposed[1], value, bytes);
    case CUBLASLT_MATMUL_DESC_EPILOGUE: return simulator::keep(to.epilogue, value, bytes);
    case CUBLASLT_MATMUL_DESC_BIAS_POINTER: return simulator::keep(to.bias, value, bytes);
    case CUBLASLT_MATMUL_DESC_EPILOGUE_AUX_POINTER: return simulator::keep(to.aux, value, bytes);
    case CUBLASLT_MATMUL_DESC_EPILOGUE_AUX_LD: return simulator::keep(to.aux_step, value, bytes);
    default: return CUBLAS_STATUS_INVALID_VALUE;
  }
}
inline cublasStatus_t cublasLtMatmulPreferenceCreate(cublasLtMatmulPreference_t* p) { return *p = reinterpret_cast<cublasLtMatmulPreference_t>(new char), CUBLAS_STATUS_SUCCESS; }
inline cublasStatus_t cublasLtMatmulPreferenceDestroy(cublasLtMatmulPreference_t p) { return delete reinterpret_cast<char*>(p), CUBLAS_STATUS_SUCCESS; }
inline cublasStatus_t cublasLtMatmulPreferenceSetAttribute(cublasLtMatmulPreference_t, cublasLtMatmulPreferenceAttributes_t attribute, const void* value, std::size_t bytes) {
  const std::size_t expected = attribute == CUBLASLT_MATMUL_PREF_MAX_WORKSPACE_BYTES ? sizeof(std::uint64_t) : sizeof(std::uint32_t);
  return value != nullptr && bytes == expected ? CUBLAS_STATUS_SUCCESS : CUBLAS_STATUS_INVALID_VALUE;
}
inline cublasStatus_t cublasLtMatmulAlgoGetHeuristic(cublasLtHandle_t, cublasLtMatmulDesc_t o, cublasLtMatrixLayout_t a, cublasLtMatrixLayout_t b, cublasLtMatrixLayout_t, cublasLtMatrixLayout_t d, cublasLtMatmulPreference_t, int, cublasLtMatmulHeuristicResult_t* best, int* found) {
  using simulator::of;
  const cublasStatus_t status = simulator::judge({of(o), of(a), of(b), of(d), nullptr, nullptr, nullptr});
  *best = {};
  *found = status == CUBLAS_STATUS_SUCCESS ? 1 : 0;
  return status;
}
inline cublasStatus_t cublasLtMatmul(cublasLtHandle_t, cublasLtMatmulDesc_t o, const void* alpha, const void* a, cublasLtMatrixLayout_t la, const void* b, cublasLtMatrixLayout_t lb, const void* beta, const void*, cublasLtMatrixLayout_t, void* d,
                                     cublasLtMatrixLayout_t ld, const cublasLtMatmulAlgo_t*, void* workspace, std::size_t workspace_bytes, cudaStream_t stream) {
  using namespace simulator;
  const Product p{of(o), of(la), of(lb), of(ld), static_cast<const char*>(a), static_cast<const char*>(b), static_cast<char*>(d)};
  const bool in_double = p.operation.scale == CUDA_R_64F;
  if ((in_double ? *static_cast<const double*>(alpha) : static_cast<double>(*static_cast<const float*>(alpha))) != 1 || (in_double ? *static_cast<const double*>(beta) : static_cast<double>(*static_cast<const float*>(beta))) != 0) return CUBLAS_STATUS_INVALID_VALUE;
  if (const cublasStatus_t s = judge(p); s != CUBLAS_STATUS_SUCCESS) return s;
  if (reinterpret_cast<std::uintptr_t>(workspace) % 256 != 0) return CUBLAS_STATUS_INVALID_VALUE;
  if (is_apart && !(is_on_device(a, bytes_of(p.a)) && is_on_device(b, bytes_of(p.b)) && is_on_device(d, bytes_of(p.d)) && is_on_device(workspace, workspace_bytes))) return CUBLAS_STATUS_INVALID_VALUE;
  enqueue(stream, command_of({}, p, [](const Command&, const void* arguments) {
            const Product& q = *static_cast<const Product*>(arguments);
            if (q.d.type == CUDA_R_64F) multiply<double>(q);
            else if (q.d.type == CUDA_R_16F) multiply<etch::half>(q);
            else if (q.d.type == CUDA_R_16BF) multiply<etch::bfloat16>(q);
            else multiply<float>(q);
          }));
  return CUBLAS_STATUS_SUCCESS;
}
}  // extern "C"

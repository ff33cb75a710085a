// Products over fixed sizes in vectors that stay in registers.
#pragma once

#include <cstring>

namespace handwritten {

#if defined(__AVX512F__)
inline constexpr int lanes = 16;
#elif defined(__AVX__)
inline constexpr int lanes = 8;
#else
inline constexpr int lanes = 4;
#endif
using Vec [[gnu::vector_size(lanes * 4), gnu::may_alias]] = float;

/// c[Rows][Vectors lanes] += a[Rows][K] b[K][..]: a tile whose sums stay in registers.
template <int Rows, int Vectors, int K>
void tile(const float* a, int a_row, const float* b, int b_row, float* c, int c_row) {
  Vec sum[Rows][Vectors];
  std::memset(&sum, 0, sizeof sum);
  for (int k = 0; k < K; ++k)
    for (int v = 0; v < Vectors; ++v) {
      const Vec line = *reinterpret_cast<const Vec*>(b + k * b_row + v * lanes);
      for (int r = 0; r < Rows; ++r) sum[r][v] += a[r * a_row + k] * line;
    }
  for (int r = 0; r < Rows; ++r)
    for (int v = 0; v < Vectors; ++v) *reinterpret_cast<Vec*>(c + r * c_row + v * lanes) += sum[r][v];
}

/// c[M][N] += a[M][K] b[K][N], rows of b and c at whole vectors.
template <int M, int K, int N>
void product(const float (*a)[K], const float (*b)[N], float (*c)[N]) {
  constexpr int rows = M % 4 == 0 ? 4 : 1, most = rows == 4 ? 2 : 8;
  if constexpr (N % (most * lanes) == 0) {
    for (int j = 0; j < N; j += most * lanes)
      for (int i = 0; i < M; i += rows) tile<rows, most, K>(a[i], K, b[0] + j, N, c[i] + j, N);
  } else {
    for (int i = 0; i < M; ++i)
      for (int k = 0; k < K; ++k)
        for (int j = 0; j < N; ++j) c[i][j] += a[i][k] * b[k][j];
  }
}

template <int R, int C>
void transpose(const float (*from)[C], float (*to)[R]) {
  for (int i = 0; i < R; ++i)
    for (int j = 0; j < C; ++j) to[j][i] = from[i][j];
}

/// y[M][N] = x[M][K] w[K][N] + b[N]
template <int M, int K, int N>
void affine(const float (*x)[K], const float (*w)[N], const float* b, float (*y)[N]) {
  for (int i = 0; i < M; ++i)
    for (int j = 0; j < N; ++j) y[i][j] = b[j];
  product<M, K, N>(x, w, y);
}

}  // namespace handwritten

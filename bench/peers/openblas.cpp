// Products of square matrices by OpenBLAS, which picks its kernel for the processor it finds.
#include <cblas.h>

#include <string>
#include <vector>

#include "../serve.hpp"

int main(int argc, char** argv) {
  openblas_set_num_threads(1);
  bench::Bench bench(argc, argv);
  static std::vector<float> a(1024 * 1024, 0.5f), b(1024 * 1024, 0.25f), c(1024 * 1024);
  for (const int n : {64, 256, 1024})
    bench.add("matmul_" + std::to_string(n), [n] {
      cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasNoTrans, n, n, n, 1, a.data(), n, b.data(), n, 0, c.data(), n);
      bench::keep(c);
    });
  return bench.run();
}

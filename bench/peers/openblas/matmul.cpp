// Products of square matrices by OpenBLAS, which picks its kernel for the processor it finds.
#include <cblas.h>

#include "peers/matmul.hpp"

int main(int argc, char** argv) {
  bench::Bench bench(argc, argv);
  openblas_set_num_threads(bench.threads());
  bench::add_products(bench, "matmul_", [](int n, float* a, float* b, float*, float* c) {
    return [=] {
      cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasNoTrans, n, n, n, 1, a, n, b, n, 0, c, n);
      bench::keep(*c);
    };
  });
  return bench.run();
}

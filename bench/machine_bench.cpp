// What the machine can do at most, on one core: the two figures that every floor is made of.
#include <etch/cpu/split_product.hpp>

#include <cstddef>
#include <vector>

#include "serve.hpp"

namespace {

#if defined(__AVX512F__)
constexpr int lanes = 16;
#elif defined(__AVX__)
constexpr int lanes = 8;
#else
constexpr int lanes = 4;
#endif
using Vec [[gnu::vector_size(lanes * 4)]] = float;

constexpr int chains = 12, rounds = 1000;            // twelve chains cover a latency of six at two a cycle
constexpr std::size_t count = std::size_t{1} << 24;  // three arrays of 64 MiB: beyond any cache

/// Twelve independent sums of products, kept in registers.
[[gnu::noinline]] Vec fused_multiply_adds(Vec a, Vec b) {
  const auto next = [&](Vec& sum) {
#if defined(__FMA__)
    asm volatile("vfmadd213ps %2, %1, %0" : "+v"(sum) : "v"(a), "v"(b));
#else
    sum = sum * a + b;
    asm volatile("" : "+x"(sum));
#endif
  };
  Vec s0 = a, s1 = a, s2 = a, s3 = a, s4 = a, s5 = a, s6 = a, s7 = a, s8 = a, s9 = a, s10 = a, s11 = a;
  for (int r = 0; r < rounds; ++r) next(s0), next(s1), next(s2), next(s3), next(s4), next(s5), next(s6), next(s7), next(s8), next(s9), next(s10), next(s11);
  return s0 + s1 + s2 + s3 + s4 + s5 + s6 + s7 + s8 + s9 + s10 + s11;
}

/// a = b + s c, the stores past the cache.
[[gnu::noinline]] void triad(float* a, const float* b, const float* c, float s) {
  for (std::size_t i = 0; i < count; i += lanes) {
    const Vec sum = *reinterpret_cast<const Vec*>(b + i) + s * *reinterpret_cast<const Vec*>(c + i);
#if defined(__AVX512F__)
    asm volatile("vmovntps %1, %0" : "=m"(*reinterpret_cast<Vec*>(a + i)) : "v"(sum));
#elif defined(__AVX__)
    asm volatile("vmovntps %1, %0" : "=m"(*reinterpret_cast<Vec*>(a + i)) : "x"(sum));
#elif defined(__SSE__)
    asm volatile("movntps %1, %0" : "=m"(*reinterpret_cast<Vec*>(a + i)) : "x"(sum));
#else
    *reinterpret_cast<Vec*>(a + i) = sum;
#endif
  }
}

float* aligned(std::vector<float>& v) { return v.data() + (64 - reinterpret_cast<std::size_t>(v.data()) % 64) % 64 / 4; }

}  // namespace

int main(int argc, char** argv) {
  std::vector<float> a, b, c;
  Vec one{}, half{};
  one += 0.999f;
  half += 0.5f;
  bench::Bench bench(argc, argv);
  bench.add("peak_fma", [&] { bench::keep(fused_multiply_adds(one, half)); }, {.flops = 2.0 * lanes * chains * rounds});
#if ETCH_AMX
  using namespace etch::cpu::detail;
  static std::vector<float> tiles(2 * 4 * amx::chunk_bytes / 4 + 16), sums(32 * 32);
  if (amx::granted()) {  // floats in three parts, 128 terms deep
    bench.add(
        "peak_split",
        [&] {
          const amx::Unit unit;
          amx::Ahead nothing;
          const char* const a = reinterpret_cast<const char*>(aligned(tiles));
          for (int i = 0; i < 100; ++i) amx::product<true, true, true>(a, a + 4 * amx::chunk_bytes, 4, sums.data(), 32, true, nothing);
        },
        {.flops = 100 * 2.0 * 32 * 32 * 128});
  }
#endif
  bench.add(
      "triad",
      [&] {
        if (a.empty()) a.resize(count + 16), b.resize(count + 16, 1.f), c.resize(count + 16, 2.f);
        triad(aligned(a), aligned(b), aligned(c), 3.f);
      },
      {.bytes = 12.0 * count});
  return bench.run();
}

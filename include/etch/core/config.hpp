// Compiler, instruction set and checks: the one place that looks at predefined macros.
#pragma once

#define ETCH_VERSION_MAJOR 0
#define ETCH_VERSION_MINOR 1
#define ETCH_VERSION_PATCH 0

// Two files built for different CPUs must not share a symbol, or the linker picks one for both. So everything inline
// lives in an inline namespace named after what changes its code: instruction set, evaluator, checks, fast-math.
#ifndef ETCH_AMX  // 0: products of floats stay on the vector units
#if defined(__AMX_BF16__) && defined(__AVX512BW__) && defined(__linux__) && !defined(__CUDACC__) && !defined(ETCH_CPU_EIGEN)
#define ETCH_AMX 1
#else
#define ETCH_AMX 0
#endif
#endif
#if ETCH_AMX
#define ETCH_ISA amx
#define ETCH_VECTOR_BYTES 64
#elif defined(__AVX512F__) && defined(__AVX512DQ__) && defined(__AVX512VL__)
#define ETCH_ISA avx512
#define ETCH_VECTOR_BYTES 64
#elif defined(__AVX2__) && defined(__FMA__)
#define ETCH_ISA avx2
#define ETCH_VECTOR_BYTES 32
#elif defined(__ARM_NEON)
#define ETCH_ISA neon
#define ETCH_VECTOR_BYTES 16
#elif defined(__AVX__)
#define ETCH_ISA avx
#define ETCH_VECTOR_BYTES 16
#else
#define ETCH_ISA base
#define ETCH_VECTOR_BYTES 16
#endif

#if defined(ETCH_CPU_EIGEN)
#define ETCH_EVALUATOR eigen
#else
#define ETCH_EVALUATOR native
#endif

#ifndef ETCH_CHECKS
#define ETCH_CHECKS 1
#endif
#if ETCH_CHECKS
#define ETCH_CHECKED checked
#else
#define ETCH_CHECKED unchecked
#endif

#if defined(__FAST_MATH__)
#define ETCH_MATH fast
#else
#define ETCH_MATH exact
#endif

#if defined(__CUDACC__)
#define ETCH_COMPILER nvcc
#elif defined(__clang__)
#define ETCH_COMPILER clang
#else
#define ETCH_COMPILER gcc
#endif

#define ETCH_JOIN5_(a, b, c, d, e) a##_##b##_##c##_##d##_##e
#define ETCH_JOIN5(a, b, c, d, e) ETCH_JOIN5_(a, b, c, d, e)
#define ETCH_ABI ETCH_JOIN5(ETCH_ISA, ETCH_EVALUATOR, ETCH_CHECKED, ETCH_MATH, ETCH_COMPILER)

// nvcc compiles for a GPU what is constexpr and called there (--expt-relaxed-constexpr); what is marked for both sides could
// not be called with vectors at all. ETCH_SCALAR is for functions of plain numbers.
#if defined(__CUDACC__)
#define ETCH_SCALAR __host__ __device__ inline
#else
#define ETCH_SCALAR inline
#endif
#if defined(__CUDA_ARCH__)
#define ETCH_BOTH constexpr
#else
#define ETCH_BOTH
#endif

#if defined(__GNUC__) || defined(__clang__)
#define ETCH_INLINE ETCH_BOTH inline __attribute__((always_inline))
#if defined(__clang__) || defined(__CUDACC__)
#define ETCH_NOINLINE __attribute__((noinline))
#else  // nor once more for each set of arguments
#define ETCH_NOINLINE __attribute__((noinline, noclone))
#endif
#define ETCH_COLD __attribute__((noinline, cold))
#define ETCH_RESTRICT __restrict__
#define ETCH_PREFETCH(address) __builtin_prefetch(address, 0, 2)
#define ETCH_PREFETCH_WRITE(address) __builtin_prefetch(address, 1, 3)
#else
#define ETCH_INLINE ETCH_BOTH inline
#define ETCH_NOINLINE
#define ETCH_COLD
#define ETCH_RESTRICT
#define ETCH_PREFETCH(address) static_cast<void>(address)
#define ETCH_PREFETCH_WRITE(address) static_cast<void>(address)
#endif

// Stands before a loop of few steps that must not stay one, so that what it fills stays in registers.
#if defined(__CUDACC__)  // nvcc hands the pragma on to the host compiler, but calls it unrecognized
#define ETCH_UNROLL _Pragma("nv_diagnostic push") _Pragma("nv_diag_suppress 1675") _Pragma("GCC unroll 16") _Pragma("nv_diagnostic pop")
#elif defined(__GNUC__)
#define ETCH_UNROLL _Pragma("GCC unroll 16")
#else
#define ETCH_UNROLL
#endif

// A part of many kernels that is compiled once for all of them, not once more for each set of arguments; on a GPU a part of each.
#if defined(__CUDA_ARCH__)
#define ETCH_SHARED ETCH_INLINE
#else
#define ETCH_SHARED ETCH_NOINLINE inline
#endif

// Fused groups as kernels of their own: a template over the group's words, a block's threads side by side along a row.
//
//   elements      one thread each, or four neighbours, whose memory is one load or store where it is aligned
//   rows          a block takes a row after another; reductions meet in shared memory, always in the same order
//   parts         a block takes a part of the plan (and a strip of columns where rows share nothing)
#pragma once

#include <etch/cuda/machine.hpp>
#include <etch/cuda/rows.hpp>

namespace etch {
inline namespace ETCH_ABI {
namespace device {
inline namespace ETCH_PLACE {

inline constexpr int block_threads = 256;

/// Launches a kernel of whole blocks in this thread's stream; `about` is said where that fails.
template <class... P, class... A>
void launch(const Message& about, void (*kernel)(P...), dim3 blocks, const A&... arguments) {
  cudaLaunchConfig_t config{};
  config.gridDim = blocks;
  config.blockDim = dim3(block_threads);
  config.stream = current_stream();
  check(cudaLaunchKernelEx(&config, kernel, arguments...), "cudaLaunchKernelEx", about);
}

#if defined(ETCH_GPU_CODE)
/// The threads of a block, which share each row's columns.
struct BlockTeam {
  static constexpr bool in_fours = true;
  static constexpr int threads = block_threads;
  __device__ bool leads() const { return threadIdx.x == 0; }
  __device__ index_t lane() const { return static_cast<index_t>(threadIdx.x); }
  __device__ index_t lanes() const { return static_cast<index_t>(blockDim.x); }
  __device__ void sync() const { __syncthreads(); }
  /// What all threads have, reduced by halves: one order, whatever the device.
  template <int R, class V>
  __device__ V all(V v) const {
    using T = typename V::value_type;
    __shared__ T shared[threads];
    __syncthreads();
    shared[threadIdx.x] = v[0];
    __syncthreads();
    for (unsigned half = blockDim.x / 2; half > 0; half /= 2) {
      if (threadIdx.x < half) {
        const V a = simd::splat<T, 1>(shared[threadIdx.x]), b = simd::splat<T, 1>(shared[threadIdx.x + half]);
        shared[threadIdx.x] = cpu::detail::combine<R>(a, b)[0];
      }
      __syncthreads();
    }
    return simd::splat<T, 1>(shared[0]);
  }
};
#endif

/// Elements or fours of them, `across` to a row, a grid's stride apart.
template <std::uint64_t... Code>
__global__ void element_kernel([[maybe_unused]] ElementOf<Code...> element, [[maybe_unused]] index_t count, [[maybe_unused]] index_t across) {
#if defined(ETCH_GPU_CODE)
  const index_t step = static_cast<index_t>(gridDim.x) * blockDim.x;
  for (index_t i = static_cast<index_t>(blockIdx.x) * blockDim.x + threadIdx.x; i < count; i += step) {
    if constexpr (Group<Code...>::in_fours) element.template run<Group<Code...>::four, Single<true>>(i, across);
    else element.template run<1, Alone>(i, across);
  }
#endif
}

/// Part blockIdx.x of `extent`, and of its columns strip blockIdx.y, by one block.
template <std::uint64_t... Code>
__global__ void part_kernel([[maybe_unused]] PartOf<Code...> part, [[maybe_unused]] index_t strip) {
#if defined(ETCH_GPU_CODE)
  for (index_t p = blockIdx.x; p < part.extent.parts; p += gridDim.x) {
    FusedCall call;
    call.args = &part.args;
    take_part(call, part.extent, p);
    if (strip > 0) {
      const index_t from = call.col0 + static_cast<index_t>(blockIdx.y) * strip;
      call.col1 = from + strip < call.col1 ? from + strip : call.col1;
      call.col0 = from;
    }
    call.scratch = part.scratch + blockIdx.x * part.scratch_bytes;
    if constexpr (Group<Code...>::regs.tile) part.tile.point(call);
    Group<Code...>::run(call, BlockTeam{});
  }
#endif
}

/// A row after another, by one block.
template <class F>
__global__ void row_kernel([[maybe_unused]] RowsOf<F> rows) {
#if defined(ETCH_GPU_CODE)
  for (index_t row = blockIdx.x; row < rows.count; row += gridDim.x) rows.f(row, BlockTeam{}, rows.scratch + blockIdx.x * rows.scratch_bytes);
#endif
}
template <class F>
void for_each_row(const RowsOf<F>& rows) {
  if (rows.count <= 0) return;
  launch(Message{} << rows.count << " rows", row_kernel<F>, static_cast<unsigned>(rows.parts), rows);
}

/// Launches a fused group, or the epilogue of a product that lies in `tile`.
template <std::uint64_t... Code>
void launch_group(Machine& machine, int s, TileView tile) {
  using G = Group<Code...>;
  const Message about = Message{} << "a fused group of " << machine.step(s).words << " words over " << machine.step(s).loop_dims << " dimensions";
  Extent e = machine.extent(s);
  if (e.rows <= 0 || e.columns <= 0) {
    if constexpr (G::division == Division::parts) {
      machine.start_accumulators(s);
      machine.combine_accumulators(s);
    }
    return;
  }
  if constexpr (G::division == Division::elements) {
    const index_t each = G::in_fours ? G::four : 1, across = (e.columns + each - 1) / each, count = e.rows * across, blocks = (count + block_threads - 1) / block_threads;
    launch(about, element_kernel<Code...>, static_cast<unsigned>(blocks < 65536 ? blocks : 65536), ElementOf<Code...>{machine.args(s), e.columns, tile}, count, across);
  } else if constexpr (G::division == Division::rows) {
    e.parts = static_cast<int>(e.rows < (index_t{1} << 30) ? e.rows : index_t{1} << 30);
    e.by_column = false;
    const int most = machine.scratch_bytes() > 0 ? Machine::scratch_parts : 65536;
    launch(about, part_kernel<Code...>, static_cast<unsigned>(e.parts < most ? e.parts : most), PartOf<Code...>{machine.args(s), e, machine.scratch(), machine.scratch_bytes(), tile}, index_t{0});
  } else {
    machine.start_accumulators(s);
    // where no value is shared along a row, strips of columns are as independent as parts are
    constexpr bool strips = !G::has(Word::finish) && !G::row_accumulates;
    const index_t strip = strips ? block_threads : 0;
    const unsigned across = strips ? static_cast<unsigned>((e.columns + strip - 1) / strip) : 1U;
    launch(about, part_kernel<Code...>, dim3(static_cast<unsigned>(e.parts), across < 65535U ? across : 65535U), PartOf<Code...>{machine.args(s), e, machine.scratch(), machine.scratch_bytes(), tile},
           across < 65535U ? strip : (e.columns + 65534) / 65535);
    machine.combine_accumulators(s);
  }
}
}  // namespace ETCH_PLACE
}  // namespace device
}  // namespace ETCH_ABI
}  // namespace etch

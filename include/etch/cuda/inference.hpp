// A small model as a function for the user's own kernels: one thread computes it, with the CPU's plan and no table in memory.
//
//   using Call = device::Inference<Net, Tensor<float, 4>>;
//   __global__ void control(const void* net, const float* x, float* y) { char work[Call::bytes]; Call::run(net, x, y, work); }
//
// Everything but the numbers is known to the compiler. On the CPU it is the same function.
#pragma once

#include <etch/cuda/accumulators.hpp>
#include <etch/cuda/product_element.hpp>
#include <etch/run/program.hpp>

namespace etch {
inline namespace ETCH_ABI {
namespace device {

template <class M, class... In>
class Inference {
  using Code = Compiled<etch::detail::ModelSpec<M, In...>>;
  static constexpr const auto& plan = Code::plan;
  static constexpr bool has_fixed_sizes = plan.symbols == 0 && plan.random_slot < 0;
  static_assert(has_fixed_sizes, "etch: inference: sizes must be fixed, and nothing may be drawn");

  static constexpr std::size_t at_scratch = aligned(static_cast<std::size_t>(plan.arena_bytes)), at_product = at_scratch + aligned(static_cast<std::size_t>(plan.scratch_bytes));
  /// Bytes of a product that an epilogue reads.
  static constexpr std::size_t product_bytes = [] {
    std::size_t most = 0;
    for (int s = 0; s < plan.steps; ++s) {
      if (plan.step[s].kind != StepKind::dot || plan.step[s].words == 0) continue;
      std::size_t n = size_of(plan.step[s].dtype);
      for (int i = 0; i + 1 < plan.step[s].dims; ++i) n *= static_cast<std::size_t>(number_of(plan.step[s].dim[i]));
      most = n > most ? n : most;
    }
    return aligned(most);
  }();

  template <int A>
  static ETCH_INLINE char* locate(char* const* in, char* out, char* work) {
    constexpr Access a = plan.access[A];
    constexpr std::int64_t byte = a.byte + (a.extra != 0 ? number_of(a.extra) * static_cast<std::int64_t>(a.size) : 0);
    if constexpr (a.root == Root::input) return in[a.index] + byte;
    else if constexpr (a.root == Root::output) return out + byte;
    else if constexpr (a.root == Root::buffer) return work + plan.buffer[a.index].offset + byte;
    else if constexpr (a.root == Root::iota) return reinterpret_cast<char*>(byte / a.size);
    else if constexpr (a.root == Root::scratch) return reinterpret_cast<char*>(byte);
    else return nullptr;
  }
  /// The arguments of a fused loop, in this thread's memory.
  template <int S>
  struct Arguments {
    static constexpr Step step = plan.step[S];
    static constexpr int n = step.accesses > 0 ? step.accesses : 1, dims = step.loop_dims;
    char* base[n];
    index_t stride[n * (dims > 0 ? dims : 1)], chunk[n], extent[dims > 0 ? dims : 1];
    Root root[n];
    template <std::size_t... I, std::size_t... D>
    ETCH_INLINE Arguments(char* const* in, char* out, char* work, std::index_sequence<I...>, std::index_sequence<D...>) {
      ((base[I] = locate<step.access + static_cast<int>(I)>(in, out, work)), ...);
      ((chunk[I] = number<step.access + static_cast<int>(I), -1>()), ...);
      ((root[I] = plan_root<step.access + static_cast<int>(I)>()), ...);
      ((extent[D] = size_at<static_cast<int>(D)>()), ...);
      (fill<static_cast<int>(I)>(std::index_sequence<D...>{}), ...);
    }
    template <int I, std::size_t... D>
    ETCH_INLINE void fill(std::index_sequence<D...>) {
      ((stride[I * dims + static_cast<int>(D)] = number<step.access + I, static_cast<int>(D)>()), ...);
    }
    template <int D>
    static ETCH_INLINE index_t size_at() {
      constexpr index_t n = number_of(step.loop[D]);
      return n;
    }
    template <int A>
    static ETCH_INLINE Root plan_root() {
      constexpr Root r = plan.access[A].root;
      return r;
    }
    ETCH_INLINE FusedArgs view() const { return {dims, extent, base, stride, chunk, root, nullptr}; }
  };
  /// In bytes: an access's stride along D, or what lies between its chunks.
  template <int A, int D>
  static ETCH_INLINE index_t number() {
    constexpr index_t n = D < 0 ? static_cast<index_t>(plan.access[A].chunk) : number_of(plan.access[A].stride[D < 0 ? 0 : D]) * (plan.access[A].root == Root::iota ? index_t{1} : static_cast<index_t>(plan.access[A].size));
    return n;
  }
  /// Before the parts of a loop, or after them.
  template <int S, bool Before, std::size_t... C>
  static ETCH_INLINE void accumulate([[maybe_unused]] char* const* base, [[maybe_unused]] char* const* in, [[maybe_unused]] char* out, [[maybe_unused]] char* work, std::index_sequence<C...>) {
    constexpr Step s = plan.step[S];
    (
        [&] {
          constexpr Combine c = plan.combine[s.combine + static_cast<int>(C)];
          constexpr index_t count = number_of(c.count), step = plan.access[s.access + c.access].chunk;
          if constexpr (Before) {
            const StartAccumulator start{base + c.access, step, count, c.op, c.dtype};
            for (index_t i = 0; i < count * s.chunks; ++i) start(i);
          } else if constexpr (s.chunks > 1) {
            char* const to = c.target.root == Root::output ? out + c.target.byte : work + plan.buffer[c.target.index].offset + c.target.byte;
            const CombineParts parts{base + c.access, &to, step, s.chunks, c.op, c.dtype};
            for (index_t i = 0; i < count; ++i) parts(i);
          }
        }(),
        ...);
  }
  template <int S, std::size_t... W>
  static ETCH_INLINE void fused(char* const* in, char* out, char* work, const TileView& tile, std::index_sequence<W...>) {
    constexpr Step s = plan.step[S];
    const Arguments<S> a(in, out, work, std::make_index_sequence<static_cast<std::size_t>(s.accesses)>{}, std::make_index_sequence<static_cast<std::size_t>(s.loop_dims)>{});
    const FusedArgs args = a.view();
    Extent e;
    for (int d = 0; d + 1 < s.loop_dims; ++d) e.rows *= a.extent[d];
    e.columns = a.extent[s.loop_dims - 1];
    e.parts = s.chunks;
    e.by_column = s.by_column;
    using C = std::make_index_sequence<static_cast<std::size_t>(s.combines)>;
    accumulate<S, true>(a.base, in, out, work, C{});
    for (int p = 0; p < s.chunks; ++p) {
      FusedCall call;
      call.args = &args;
      take_part(call, e, p);
      call.scratch = work + at_scratch;
      tile.point(call);
      Group<plan.word[s.code + static_cast<int>(W)]...>::run(call, Alone{});
    }
    accumulate<S, false>(a.base, in, out, work, C{});
  }
  /// [batch.., M, N, K]; accesses a, b, and c where there is no epilogue.
  template <int S>
  static ETCH_INLINE void product(char* const* in, char* out, char* work) {
    constexpr Step s = plan.step[S];
    constexpr bool has_epilogue = s.words != 0;
    constexpr int batches = s.dims - 3, a = s.access + s.accesses - (has_epilogue ? 2 : 3), c = has_epilogue ? a : a + 2;
    constexpr index_t m = number_of(s.dim[batches]), n = number_of(s.dim[batches + 1]), k = number_of(s.dim[batches + 2]);
    static_assert(batches <= 1, "etch: inference: products must be of matrices, or of one batch of them");
    constexpr index_t batch = batches > 0 ? number_of(s.dim[0]) : 1, bytes = static_cast<index_t>(size_of(s.dtype));
    char* const to = work + at_product;
    constexpr index_t unit_a = plan.access[a].size, unit_b = plan.access[a + 1].size, unit_c = plan.access[c].size;
    const Matrix x{locate<a>(in, out, work), batches > 0 ? number<a, 0>() / unit_a : 0, number<a, batches>() / unit_a, number<a, batches + 1>() / unit_a};
    const Matrix y{locate<a + 1>(in, out, work), batches > 0 ? number<a + 1, 0>() / unit_b : 0, number<a + 1, batches>() / unit_b, number<a + 1, batches + 1>() / unit_b};
    const Matrix z = has_epilogue ? Matrix{to, m * n, n, 1} : Matrix{locate<c>(in, out, work), batches > 0 ? number<c, 0>() / unit_c : 0, number<c, batches>() / unit_c, number<c, batches + 1>() / unit_c};
    const ProductElement<type_of<s.dtype>> element{x, y, z, m, n, k};
    for (index_t i = 0; i < batch * m * n; ++i) element(i);
    if constexpr (has_epilogue) fused<S>(in, out, work, TileView{to, n * bytes, bytes}, std::make_index_sequence<static_cast<std::size_t>(s.words)>{});
  }
  template <int S>
  static ETCH_INLINE void step(char* const* in, char* out, char* work) {
    constexpr Step s = plan.step[S];
    constexpr bool is_small_work = s.kind == StepKind::fused || s.kind == StepKind::dot;
    static_assert(is_small_work, "etch: inference: a model in the user's kernel may hold products and what is fused; the rest is a program's");
    if constexpr (s.kind == StepKind::fused) fused<S>(in, out, work, {}, std::make_index_sequence<static_cast<std::size_t>(s.words)>{});
    else if constexpr (s.kind == StepKind::dot) product<S>(in, out, work);
  }
  template <std::size_t... S>
  static ETCH_INLINE void steps(char* const* in, char* out, char* work, std::index_sequence<S...>) {
    (step<static_cast<int>(S)>(in, out, work), ...);
  }
  template <class T>
  static ETCH_INLINE char* pointer(const T* p) {
    return const_cast<char*>(reinterpret_cast<const char*>(p));
  }

 public:
  using Result = typename etch::detail::results_of<decltype(etch::detail::call_model_fn<M>{}(etch::detail::ModelTracer<M>{}, typename In::tracer{}...))>;
  /// Bytes of memory that a call needs, aligned to 16: a thread's own, or shared memory's.
  static constexpr std::size_t bytes = at_product + product_bytes + 64;

  /// y = model(x...): the block of the model's parameters, dense inputs, a dense result, room to work in.
  static ETCH_INLINE void run(const void* model, const typename In::value_type*... x, typename Result::value_type* y, char* work) {
    char* const in[] = {pointer(static_cast<const char*>(model)), pointer(x)...};
    steps(in, pointer(y), work, std::make_index_sequence<static_cast<std::size_t>(plan.steps)>{});
  }
};

}  // namespace device
}  // namespace ETCH_ABI
}  // namespace etch

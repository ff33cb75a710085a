// UNIT JOB OUT FIRST: runs the cases of a job from FIRST on and writes what came out.
//
//   job   per case:  u32 program, u64 bytes, the inputs' bytes one after another
//   out   'B' u32 case before a case; 'O' dtype (16 bytes) u32 rank, i64 sizes, u64 bytes, data; 'X' u32 length, text; 'S' text (32 bytes), u64 count: steps of
//         a device's programs, where they ran and what they are; 'E' after it
#include "runtime.hpp"

#include <cstdlib>
#include <cstring>
#include <vector>

namespace conformance {

void Job::read(void* to, std::size_t bytes) {
  if (bytes > 0) std::memcpy(to, in_, bytes);
  in_ += bytes;
}

void Job::write(const char* dtype, int rank, const std::int64_t* sizes, const void* data, std::size_t bytes) {
  char name[16]{};
  std::strncpy(name, dtype, sizeof(name) - 1);
  const std::uint32_t r = static_cast<std::uint32_t>(rank);
  const std::uint64_t n = bytes;
  std::fputc('O', out_);
  std::fwrite(name, 1, sizeof(name), out_);
  std::fwrite(&r, sizeof(r), 1, out_);
  if (rank > 0) std::fwrite(sizes, sizeof(*sizes), r, out_);
  std::fwrite(&n, sizeof(n), 1, out_);
  if (bytes > 0) std::fwrite(data, 1, bytes, out_);
}

#if defined(CONFORMANCE_DEVICE)
void Job::tell_steps() {
  const device::Tally& t = device::tally();
  for (int route = 0; route < device::routes; ++route)
    for (int kind = 0; kind < device::step_kinds; ++kind) {
      const std::uint64_t n = static_cast<std::uint64_t>(t.ran[route][kind]);
      if (n == 0) continue;
      char text[32]{};
      std::snprintf(text, sizeof(text), "%s %s", static_cast<device::Route>(route) == device::Route::cpu ? "cpu" : "device", name_of(static_cast<etch::detail::StepKind>(kind)));
      std::fputc('S', out_);
      std::fwrite(text, 1, sizeof(text), out_);
      std::fwrite(&n, sizeof(n), 1, out_);
    }
  device::tally() = {};
}
#else
void Job::tell_steps() {}
#endif

/// c(j, k) = (((k + 17 j) 37 + 11) mod 101 - 50) / 64; a complex element is two numbers. Exact in every floating dtype.
static void fill_weights(DType dtype, void* to, std::int64_t n, int j) {
  const char* name = name_of(dtype);
  const bool complex = std::strncmp(name, "complex", 7) == 0;
  const std::size_t size = size_of(dtype) / (complex ? 2 : 1);
  for (std::int64_t k = 0; k < (complex ? 2 * n : n); ++k) {
    const float c = static_cast<float>(((k + 17 * j) * 37 + 11) % 101 - 50) / 64;
    if (size == 8) {
      static_cast<double*>(to)[k] = c;
    } else if (size == 4) {
      static_cast<float*>(to)[k] = c;
    } else {
      std::uint32_t bits;
      std::memcpy(&bits, &c, sizeof(bits));
      std::uint32_t half = bits >> 16;  // bfloat16
      if (std::strcmp(name, "float16") == 0) half = (bits & 0x7fffffffU) == 0 ? 0 : (bits >> 16 & 0x8000U) | ((bits >> 13 & 0x3ffffU) - (112U << 10));
      static_cast<std::uint16_t*>(to)[k] = static_cast<std::uint16_t>(half);
    }
  }
}

#if defined(CONFORMANCE_DEVICE)
using Machine = device::Machine;
struct Memory : device::Block {
  explicit Memory(std::size_t bytes) : Block(bytes, "a case") {}
};
#else
using Machine = cpu::Machine;
using Memory = Storage;
#endif
/// Bytes as a program reads them, and as they are written to the file.
static void copy_in(void* to, const void* from, std::size_t bytes) {
#if defined(CONFORMANCE_DEVICE)
  device::copy_in(to, from, bytes);
  device::synchronize();
#else
  std::memcpy(to, from, bytes);
#endif
}
static void copy_out(void* to, const void* from, std::size_t bytes) {
#if defined(CONFORMANCE_DEVICE)
  device::copy_out(to, from, bytes);
#else
  std::memcpy(to, from, bytes);
#endif
}

void run(Job& job, const PlanView& plan, const GraphRef& graph, int inputs, bool (*in_loss)(int)) {
  std::vector<Memory> memory, out;
  std::vector<char*> bound;
  Bindings in;
  static const int no_sizes[max_rank]{};
  int output = 0;
  for (int i = 0; i < graph.slots; ++i) {
    const Slot& s = graph.slot[i];
    if (s.kind == SlotKind::random) {
      bound.push_back(nullptr);
      continue;
    }
    const std::int64_t n = graph.elements(graph.shape[s.shape]);
    memory.emplace_back(static_cast<std::size_t>(n) * size_of(s.dtype));
    void* p = memory.back().data();
    bound.push_back(static_cast<char*>(p));
    std::vector<char> given(static_cast<std::size_t>(n) * size_of(s.dtype) + 1);
    if (i < inputs) {
      job.read(given.data(), given.size() - 1);
    } else {  // the weights of the loss: j is the number of the output
      while (!in_loss(output)) ++output;
      fill_weights(s.dtype, given.data(), n, output);
      ++output;
    }
    if (n > 0) copy_in(p, given.data(), given.size() - 1);
    in.bind(p, no_sizes);
  }
  void* to[256]{};
  int results = 0;
  for (int i = 0; i < graph.outputs; ++i) {
    if (graph.output[i].effect) continue;
    const int id = graph.output[i].node;
    out.emplace_back(static_cast<std::size_t>(graph.elements(id)) * size_of(graph.node[id].dtype));
    to[graph.output[i].slot] = out.back().data();
    ++results;
  }
  Machine machine(plan);
  cpu::RandomState random;
  machine.run(in, to, &random);
#if defined(CONFORMANCE_DEVICE)
  machine.settle();
#endif
  for (int slot = 0; slot < results; ++slot)
    for (int i = 0; i < graph.outputs; ++i) {
      if (graph.output[i].slot != slot || graph.output[i].effect) continue;
      const Node& node = graph.node[graph.output[i].node];
      const Shape& s = graph.shape[node.shape];
      std::int64_t sizes[max_rank]{}, n = 1;
      for (int k = 0; k < s.rank; ++k) n *= sizes[k] = machine.size(s.size[k]);
      const void* data = to[slot];
      if (node.op == Op::input) data = bound[node.arg >> 48] + (node.arg & 0xffffffffffffULL);  // after the effects, such as a buffer's new value
      std::vector<char> found(static_cast<std::size_t>(n) * size_of(node.dtype) + 1);
      if (n > 0) copy_out(found.data(), data, found.size() - 1);
      job.write(name_of(node.dtype), s.rank, sizes, found.data(), found.size() - 1);
    }
}

}  // namespace conformance

int main(int argc, char** argv) {
  using namespace conformance;
  if (argc != 4) return 2;
  std::FILE* file = std::fopen(argv[1], "rb");
  std::FILE* out = std::fopen(argv[2], "ab");
  if (file == nullptr || out == nullptr) return 2;
  std::fseek(file, 0, SEEK_END);
  std::vector<char> job(static_cast<std::size_t>(std::ftell(file)) + 1);
  std::rewind(file);
  if (std::fread(job.data(), 1, job.size() - 1, file) != job.size() - 1) return 2;
  const unsigned first = static_cast<unsigned>(std::atoi(argv[3]));
  const char *at = job.data(), *end = at + job.size() - 1;
  for (std::uint32_t number = 0; at < end; ++number) {
    std::uint32_t program;
    std::uint64_t bytes;
    std::memcpy(&program, at, sizeof(program));
    std::memcpy(&bytes, at + sizeof(program), sizeof(bytes));
    at += sizeof(program) + sizeof(bytes);
    if (number >= first) {
      std::fputc('B', out);
      std::fwrite(&number, sizeof(number), 1, out);
      std::fflush(out);
      Job j(at, out);
      try {
        programs[program].run(j);
      } catch (const std::exception& e) {
        const std::uint32_t length = static_cast<std::uint32_t>(std::strlen(e.what()));
        std::fputc('X', out);
        std::fwrite(&length, sizeof(length), 1, out);
        std::fwrite(e.what(), 1, length, out);
      }
      j.tell_steps();
      std::fputc('E', out);
      std::fflush(out);
    }
    at += bytes;
  }
  std::fclose(out);
}

// What a bench program is: named workloads, and the protocol by which bench/run.py interleaves it with its peers.
//
//   int main(int argc, char** argv) {
//     bench::Bench b(argc, argv);
//     cpu::set_num_threads(b.threads());
//     b.add("mlp_train", [&] { step(x, y); });  // one repetition
//     b.add("sum", [&] { ... }, {.flops = 1e6, .bytes = 4e6});  // what no program for it can do without: its floor
//     return b.run();
//   }
//
//   program             a table of all workloads
//   program --list      `NAME flops bytes arena least_arena` for each
//   program --json      a line {"name": ..., "ns": ...} for each
//   program --serve     answers each line `run NAME` with `NAME ns_min ns_median` after about 0.2 s,
//                       `error NAME` with `NAME ulp`, its largest error; nan where the exact result is not known
//   --threads N before any of them: that many threads, 1 unless said
//
// A peer that does one workload in several ways names them `NAME/way`.
#pragma once

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <string>
#include <utility>
#include <vector>

namespace bench {

/// Keeps the optimizer from dropping the computation of `value`.
template <class T>
inline void keep(const T& value) {
  asm volatile("" : : "r"(&value) : "memory");
}

/// Nanoseconds of one repetition: the least and the median of a batch's samples.
struct Timing {
  double min = 0, median = 0;
};

/// What is known of a repetition. At the least it takes, whoever computes it, additions and multiplications, and bytes between
/// cache and memory (none where the data stay in a cache). Of etch's programs the memory for intermediate values, and the least
/// that any layout of them needs. Zeros: not counted.
struct Facts {
  double flops = 0, bytes = 0, arena = 0, least_arena = 0;
  std::function<double()> error = nullptr;  ///< runs it once and returns its largest error in ulp
};

/// What is timed. Repetitions are of one sample; 0 until calibrated.
struct Workload {
  std::string name;
  std::function<void()> step;
  Facts facts;
  long repetitions = 0;
};

inline double now_in_seconds() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

inline double sample(const Workload& workload) {
  const double begin = now_in_seconds();
  for (long i = 0; i < workload.repetitions; ++i) workload.step();
  return (now_in_seconds() - begin) / static_cast<double>(workload.repetitions);
}

/// One batch: a repetition to fill the caches again, then samples for so many seconds, three at least. The clock costs some
/// 30 ns, so a sample lasts a hundredth of a batch or one repetition, whichever is longer.
inline Timing measure(Workload& workload, double batch = 0.2) {
  if (workload.repetitions == 0) {
    workload.repetitions = 1;
    for (double time = sample(workload); time * static_cast<double>(workload.repetitions) < batch / 100; time = sample(workload)) workload.repetitions *= 2;
  }
  workload.step();
  std::vector<double> samples;
  for (const double end = now_in_seconds() + batch; samples.size() < 3 || now_in_seconds() < end;) samples.push_back(sample(workload));
  std::sort(samples.begin(), samples.end());
  const std::size_t half = samples.size() / 2;
  const double median = samples.size() % 2 != 0 ? samples[half] : (samples[half - 1] + samples[half]) / 2;
  return {samples.front() * 1e9, median * 1e9};
}

/// The workloads of one program, chosen and measured as its command line says.
class Bench {
 public:
  Bench(int argc, char** argv) {
    for (int i = 1; i < argc; ++i)
      if (std::strcmp(argv[i], "--threads") == 0 && i + 1 < argc)
        threads_ = std::atoi(argv[++i]);
      else
        mode_ = argv[i];
  }

  int threads() const { return threads_; }

  /// Adds a workload; `step` is one repetition and may be called any number of times.
  void add(std::string name, std::function<void()> step, Facts facts = {}) {
    workloads_.push_back({std::move(name), std::move(step), std::move(facts)});
  }

  /// Does what the command line asks; returns what main should return.
  int run() {
    if (mode_ == "--serve") return serve();
    if (!mode_.empty() && mode_ != "--list" && mode_ != "--json") {
      std::fprintf(stderr, "bench: unknown option %s; --list, --json or --serve\n", mode_.c_str());
      return 2;
    }
    for (Workload& workload : workloads_) report(workload);
    return 0;
  }

 private:
  void report(Workload& workload) const {
    const char* name = workload.name.c_str();
    if (mode_ == "--list") {
      const Facts& facts = workload.facts;
      std::printf("%s %.0f %.0f %.0f %.0f\n", name, facts.flops, facts.bytes, facts.arena, facts.least_arena);
    } else if (mode_ == "--json") {
      std::printf("{\"name\": \"%s\", \"ns\": %.1f}\n", name, measure(workload).median);
    } else {
      const Timing timing = measure(workload);
      std::printf("%-32s %14.0f ns   (least %.0f)\n", name, timing.median, timing.min);
    }
    std::fflush(stdout);
  }

  int serve() {
    char line[256];
    while (std::fgets(line, sizeof line, stdin) != nullptr) {
      line[std::strcspn(line, "\r\n")] = '\0';
      const bool error = std::strncmp(line, "error ", 6) == 0;
      const char* name = error ? line + 6 : std::strncmp(line, "run ", 4) == 0 ? line + 4 : "";
      const auto found =
          std::find_if(workloads_.begin(), workloads_.end(), [&](const Workload& w) { return w.name == name; });
      if (found == workloads_.end()) {
        std::printf("unknown request: %s\n", line);
      } else if (error) {
        std::printf("%s %.2f\n", name, found->facts.error ? found->facts.error() : std::nan(""));
      } else {
        const Timing timing = measure(*found);
        std::printf("%s %.1f %.1f\n", name, timing.min, timing.median);
      }
      std::fflush(stdout);
    }
    return 0;
  }

  std::string mode_;
  int threads_ = 1;
  std::vector<Workload> workloads_;
};

}  // namespace bench

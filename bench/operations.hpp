// What the generated programs of bench/operations.py share: a case is one operation at one size, as etch's expression and as a
// loop over the same operands.
//
//   program            answers each line `etch|loop CASE SECONDS` with `ns_min ns_median`; `check CASE` with the greatest difference
#pragma once

#include <etch/etch.hpp>

#include "serve.hpp"

#include <cmath>
#include <cstdlib>
#include <memory>
#include <random>
#include <tuple>

namespace bench {

/// A loop of bench/operations_table.py: sizes, results, operands.
using Loop = void (*)(const long* sizes, void* const* out, const void* const* in);

/// Little of a case depends on its shapes, so that hundreds of them compile.
class Case {
 public:
  Case(const long* sizes, Loop loop) : sizes_(sizes), loop_(loop) {}
  Case(const Case&) = delete;
  Case& operator=(const Case&) = delete;
  virtual ~Case() = default;
  virtual void etch() = 0;
  /// Writes where etch writes: the same pages lie in the same places of the caches for both.
  void loop() const { loop_(sizes_, result_, in_); }
  /// The greatest between both results, relative to numbers above one.
  double difference();

 protected:
  struct Operand {
    double low, high;
    bool sorted;
  };
  template <class T>
  void input(T* x, std::int64_t count, const Operand& o);
  /// A result of etch's; the loop's is made beside it.
  void result(void* y, std::int64_t count, etch::DType dtype);

 private:
  struct Free {
    void operator()(void* p) const { std::free(p); }
  };
  const long* sizes_;
  Loop loop_;
  const void* in_[4]{};
  void* out_[2]{};
  void* result_[2]{};
  std::unique_ptr<void, Free> memory_[2];
  std::int64_t count_[2]{};
  etch::DType dtype_[2]{};
  int inputs_ = 0, results_ = 0;
};

template <class T>
void Case::input(T* x, std::int64_t count, const Operand& o) {
  static std::mt19937 generator;
  std::uniform_real_distribution<double> number(o.low, o.high);
  for (std::int64_t i = 0; i < count; ++i) {
    if constexpr (etch::detail::is_complex_type<T>) x[i] = T(static_cast<float>(number(generator)), static_cast<float>(number(generator)));
    else if constexpr (std::is_same_v<T, bool>) x[i] = number(generator) < (o.low + o.high) / 2;
    else if constexpr (std::is_integral_v<T>) x[i] = static_cast<T>(number(generator));
    else x[i] = static_cast<T>(static_cast<float>(number(generator)));
  }
  if constexpr (std::is_arithmetic_v<T>) {
    if (o.sorted) std::sort(x, x + count);
  }
  in_[inputs_++] = x;
}

inline void Case::result(void* y, std::int64_t count, etch::DType dtype) {
  const std::size_t bytes = (static_cast<std::size_t>(count) * etch::size_of(dtype) + 63) / 64 * 64;
  memory_[results_].reset(std::aligned_alloc(64, bytes));
  std::memset(memory_[results_].get(), 0, bytes);
  out_[results_] = memory_[results_].get();
  result_[results_] = y;
  count_[results_] = count;
  dtype_[results_++] = dtype;
}

inline double Case::difference() {
  etch();
  loop_(sizes_, out_, in_);
  double most = 0;
  for (int r = 0; r < results_; ++r) {
    auto element = [&](const void* p, std::int64_t i) {
      switch (dtype_[r]) {
        case etch::DType::float32: return static_cast<double>(static_cast<const float*>(p)[i]);
        case etch::DType::float64: return static_cast<const double*>(p)[i];
        case etch::DType::float16: return static_cast<double>(static_cast<float>(static_cast<const etch::half*>(p)[i]));
        case etch::DType::int64: return static_cast<double>(static_cast<const std::int64_t*>(p)[i]);
        case etch::DType::int32: return static_cast<double>(static_cast<const std::int32_t*>(p)[i]);
        case etch::DType::boolean: return static_cast<double>(static_cast<const bool*>(p)[i]);
        case etch::DType::complex64: return static_cast<double>(static_cast<const float*>(p)[2 * i] + 2 * static_cast<const float*>(p)[2 * i + 1]);
        default: return std::nan("");
      }
    };
    for (std::int64_t i = 0; i < count_[r]; ++i) {
      const double a = element(result_[r], i), b = element(out_[r], i), d = std::fabs(a - b) / (1 + std::fabs(b));
      most = d > most || d != d ? d : most;
    }
  }
  return most;
}

template <class Call, class... X>
class Assigned final : public Case {
 public:
  template <class... O>
  Assigned(const long* sizes, Loop loop, Call, const O&... o) : Case(sizes, loop) {
    [&]<std::size_t... I>(std::index_sequence<I...>) { (input(std::get<I>(x_).data(), std::get<I>(x_).numel(), Operand{o.low, o.high, o.sorted}), ...); }(std::index_sequence_for<X...>{});
    result(y_.data(), y_.numel(), etch::dtype_of<typename Y::value_type>);
    Assigned::etch();
  }
  void etch() override {
    std::apply([this](const X&... x) { y_ = Call{}(x...); }, x_);
  }

 private:
  using Y = decltype(etch::Tensor(Call{}(std::declval<const X&>()...)));
  std::tuple<X...> x_;
  Y y_;
};

/// What writes into a tensor that exists.
template <class Call, class Y>
class Written final : public Case {
 public:
  Written(const long* sizes, Loop loop) : Case(sizes, loop) { result(y_.data(), y_.numel(), etch::dtype_of<typename Y::value_type>); }
  void etch() override { Call{}(y_); }

 private:
  Y y_;
};

/// A program with two results.
template <class Call, class... X>
class Compiled final : public Case {
 public:
  template <class... O>
  Compiled(const long* sizes, Loop loop, Call, const O&... o) : Case(sizes, loop), program_(etch::compile<X...>(Call{})) {
    [&]<std::size_t... I>(std::index_sequence<I...>) { (input(std::get<I>(x_).data(), std::get<I>(x_).numel(), Operand{o.low, o.high, o.sorted}), ...); }(std::index_sequence_for<X...>{});
    const auto& y = std::apply(program_, x_);
    [&]<std::size_t... I>(std::index_sequence<I...>) {
      (result(const_cast<void*>(static_cast<const void*>(y.template get<I>().data())), y.template get<I>().numel(), etch::dtype_of<typename std::remove_cvref_t<decltype(y.template get<I>())>::value_type>), ...);
    }(std::make_index_sequence<2>{});
  }
  void etch() override { keep(std::apply(program_, x_)); }

 private:
  std::tuple<X...> x_;
  decltype(etch::compile<X...>(Call{})) program_;
};

/// An operand: its type, the range of its random numbers, and whether they are sorted.
template <class X>
struct Of {
  double low, high;
  bool sorted = false;
};
/// `y = call(x...)` beside the loop.
template <class Call, class... X>
Case* assigned(const long* sizes, Loop loop, Call call, const Of<X>&... o) {
  return new Assigned<Call, X...>(sizes, loop, call, o...);
}
/// `call(y)` beside the loop.
template <class Call, class Y>
Case* written(const long* sizes, Loop loop, Call, const Of<Y>&) {
  return new Written<Call, Y>(sizes, loop);
}
template <class Call, class... X>
Case* compiled(const long* sizes, Loop loop, Call call, const Of<X>&... o) {
  return new Compiled<Call, X...>(sizes, loop, call, o...);
}

struct Entry {
  const char* name;
  Case* (*make)();
};

inline int serve(const Entry* entry, std::size_t count) {
  etch::cpu::set_num_threads(1);
  char line[256], side[16], name[64];
  std::string now;
  std::unique_ptr<Case> made;
  Workload workload[2];
  while (std::fgets(line, sizeof line, stdin) != nullptr) {
    double seconds = 0;
    if (std::sscanf(line, "%15s %63s %lf", side, name, &seconds) < 2) return 2;
    if (now != name) {
      const auto found = std::find_if(entry, entry + count, [&](const Entry& e) { return std::strcmp(e.name, name) == 0; });
      if (found == entry + count) return 2;
      made.reset();  // what the last case held is free before the next is made
      made.reset(found->make());
      now = name;
      workload[0] = {"", [&made] { made->etch(); }};
      workload[1] = {"", [&made] { made->loop(); }};
    }
    if (std::strcmp(side, "check") == 0) {
      std::printf("%g\n", made->difference());
    } else {
      const Timing timing = measure(workload[side[0] == 'l'], seconds);
      std::printf("%.1f %.1f\n", timing.min, timing.median);
    }
    std::fflush(stdout);
  }
  return 0;
}

}  // namespace bench

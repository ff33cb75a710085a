// Matrix product against loops in double: sizes, strides, accumulation, epilogues, batches, threads.
#include <etch/cpu/matmul.hpp>

#include <doctest/doctest.h>

#include <cmath>
#include <cstring>
#include <random>
#include <vector>

namespace {

using namespace etch;
using cpu::int64;

std::mt19937 random_bits{7};

template <class T>
std::vector<T> random_values(int64 count) {
  std::vector<T> values(static_cast<std::size_t>(count));
  for (T& value : values) value = static_cast<T>(static_cast<int>(random_bits() % 2001) - 1000) / T(1000);
  return values;
}

template <class T>
struct Workspace {
  std::vector<T> memory;
  T* start;
  Workspace(int64 m, int64 n, int64 k, int threads = 1)
      : memory(cpu::matmul_workspace_bytes<T>(m, n, k) / sizeof(T) * static_cast<std::size_t>(threads) + 64),
        start(memory.data()) {
    while (reinterpret_cast<std::uintptr_t>(start) % 64 != 0) ++start;
  }
};

/// One product in every layout of A and B, with and without accumulation and epilogue.
template <class T>
struct Problem {
  int64 m, n, k;
  bool a_transposed, b_transposed;
  int64 pad;       // added to every leading dimension
  int64 step = 1;  // between neighbours of A and B
  int64 a_lead = ((a_transposed ? m : k) + pad) * step, b_lead = ((b_transposed ? k : n) + pad) * step,
        c_lead = n + pad;
  int64 a_row = a_transposed ? step : a_lead, a_col = a_transposed ? a_lead : step;
  int64 b_row = b_transposed ? step : b_lead, b_col = b_transposed ? b_lead : step;
  std::vector<T> a = random_values<T>((a_transposed ? k : m) * a_lead);
  std::vector<T> b = random_values<T>((b_transposed ? n : k) * b_lead);
  std::vector<T> c = random_values<T>(m * c_lead);

  double exact(int64 i, int64 j, bool accumulate) const {
    double sum = accumulate ? static_cast<double>(c[static_cast<std::size_t>(i * c_lead + j)]) : 0;
    for (int64 p = 0; p < k; ++p) {
      sum += static_cast<double>(a[static_cast<std::size_t>(i * a_row + p * a_col)]) *
             static_cast<double>(b[static_cast<std::size_t>(p * b_row + j * b_col)]);
    }
    return sum;
  }
  double tolerance() const { return (sizeof(T) == 4 ? 1e-6 : 2e-15) * (4 + static_cast<double>(k)); }

  /// The largest error of C, infinite where the padding was touched.
  double error(bool accumulate) {
    Workspace<T> space(m, n, k);
    std::vector<T> result = c;
    cpu::matmul<T>(m, n, k, a.data(), a_row, a_col, b.data(), b_row, b_col, result.data(), c_lead, accumulate, {},
                   space.start);
    return compare(result, accumulate);
  }
  double compare(const std::vector<T>& result, bool accumulate) const {
    double worst = 0;
    for (int64 i = 0; i < m; ++i) {
      for (int64 j = 0; j < c_lead; ++j) {
        const auto at = static_cast<std::size_t>(i * c_lead + j);
        if (j >= n)
          worst = result[at] == c[at] ? worst : INFINITY;
        else
          worst = std::fmax(worst, std::fabs(static_cast<double>(result[at]) - exact(i, j, accumulate)));
      }
    }
    return worst;
  }

  struct Sink {
    T* out;
    int64 lead, calls;
    std::vector<int> seen;
    static void apply(void* context, int64 row, int64 col, int64 rows, int64 cols, T* tile, int64 ld) {
      Sink& self = *static_cast<Sink*>(context);
      ++self.calls;
      for (int64 i = 0; i < rows; ++i) {
        for (int64 j = 0; j < cols; ++j) {
          const auto at = static_cast<std::size_t>((row + i) * self.lead + col + j);
          self.out[at] = tile[i * ld + j];
          ++self.seen[at];
        }
      }
    }
  };
  /// As error(), through an epilogue that stores; infinite where an element was not given exactly once.
  double epilogue_error(bool accumulate) {
    Workspace<T> space(m, n, k);
    std::vector<T> result = c;
    Sink sink{result.data(), c_lead, 0, std::vector<int>(c.size())};
    const std::vector<T> before = c;
    cpu::matmul<T>(m, n, k, a.data(), a_row, a_col, b.data(), b_row, b_col, accumulate ? c.data() : nullptr, c_lead,
                   accumulate, {Sink::apply, &sink}, space.start);
    if (c != before) return INFINITY;
    for (int64 i = 0; i < m; ++i) {
      for (int64 j = 0; j < c_lead; ++j) {
        if (sink.seen[static_cast<std::size_t>(i * c_lead + j)] != (j < n ? 1 : 0)) return INFINITY;
      }
    }
    return compare(result, accumulate);
  }
  double worst() {
    double most = 0;
    for (bool accumulate : {false, true}) {
      most = std::fmax(most, error(accumulate));
      most = std::fmax(most, epilogue_error(accumulate));
    }
    return most;
  }
};

template <class T>
void check_all_layouts(int64 m, int64 n, int64 k, int64 pad) {
  for (bool a_transposed : {false, true}) {
    for (bool b_transposed : {false, true}) {
      for (int64 step : {1, 2}) {
        Problem<T> problem{m, n, k, a_transposed, b_transposed, pad, step};
        const double worst = problem.worst();
        INFO(m, " x ", n, " x ", k, " pad ", pad, " step ", step, a_transposed ? " A^T" : "",
             b_transposed ? " B^T" : "");
        CHECK(worst <= problem.tolerance());
      }
    }
  }
}

}  // namespace

TEST_CASE_TEMPLATE("products of small sizes in every layout", T, float, double) {
  const int64 sizes[] = {0, 1, 2, 5, 14, 17, 33};
  for (int64 m : sizes) {
    for (int64 n : sizes) {
      for (int64 k : {0, 1, 4, 19}) check_all_layouts<T>(m, n, k, (m + n) % 3);
    }
  }
}

TEST_CASE_TEMPLATE("products of random sizes", T, float, double) {
  for (int trial = 0; trial < 20; ++trial) {
    const auto size = [](unsigned most) { return static_cast<int64>(random_bits() % most); };
    check_all_layouts<T>(size(100), size(150), size(150), size(4));
  }
}

TEST_CASE_TEMPLATE("products with several blocks, and strides that alias in the cache", T, float, double) {
  check_all_layouts<T>(61, 70, 600, 3);
  check_all_layouts<T>(3, 100, 700, 0);
  check_all_layouts<T>(70, 3, 700, 0);
  Problem<T> waiting{700, 50, 300, true, false, 0};  // more tiles than wait at a time
  CHECK(waiting.worst() <= waiting.tolerance());
  Problem<T> both{150, 520, 300, false, true, 1};
  CHECK(both.worst() <= both.tolerance());
  Problem<T> aliased{20, 80, 1024, false, false, 0};
  CHECK(aliased.worst() <= aliased.tolerance());
  Problem<T> wide{15, 1100, 260, true, false, 0};
  CHECK(wide.worst() <= wide.tolerance());
}

TEST_CASE("one row of A may have any stride between its columns, and none between rows") {
  std::vector<float> a = random_values<float>(8), b = random_values<float>(4 * 40), c(40), workspace(cpu::matmul_workspace_bytes<float>(1, 40, 4));
  cpu::matmul<float>(1, 40, 4, a.data() + 7, 0, -2, b.data(), 40, 1, c.data(), 40, false, {}, workspace.data());
  for (std::size_t j = 0; j < 40; ++j) CHECK(c[j] == doctest::Approx(a[7] * b[j] + a[5] * b[40 + j] + a[3] * b[80 + j] + a[1] * b[120 + j]).epsilon(1e-5));
}

TEST_CASE("workspace sizes are constants, bounded for large products, and enough for smaller ones") {
  const auto least = [](int64 a, int64 b) { return a < b ? a : b; };
  const int64 sizes[] = {1, 20, 33, 64, 100, 256, 257, 600, 1024, 5000, 50000};
  for (int64 n : sizes) {
    for (int64 k : sizes) {
      const std::size_t most = cpu::matmul_workspace_bytes<float>(1000, n, k);
      bool enough = true;
      for (int64 fewer : sizes) {
        enough = enough && cpu::matmul_workspace_bytes<float>(least(fewer, 1000), n, k) <= most;
        enough = enough && cpu::matmul_workspace_bytes<float>(1000, least(fewer, n), k) <= most;
        enough = enough && cpu::matmul_workspace_bytes<float>(1000, n, least(fewer, k)) <= most;
      }
      CHECK(enough);
    }
  }
  static_assert(cpu::matmul_workspace_bytes<float>(1024, 1024, 1024) < (7 << 20));
  static_assert(cpu::matmul_workspace_bytes<float>(1, 1, 1) % 64 == 0);
}

TEST_CASE_TEMPLATE("results are bit-equal for any number of threads", T, float, double) {
  const int before = cpu::num_threads();
  struct Shape {
    int64 batch, m, n, k;
  };
  for (const Shape s :
       {Shape{1, 150, 130, 300}, Shape{1, 20, 700, 200}, Shape{3, 64, 64, 200}, Shape{40, 33, 32, 30},
        Shape{1, 64, 90, 1100}, Shape{1, 150, 70, 1030}, Shape{1, 97, 128, 2300}}) {
    for (bool b_transposed : {false, true}) {
      const std::vector<T> a = random_values<T>(s.batch * s.m * s.k), b = random_values<T>(s.batch * s.k * s.n);
      std::vector<T> expected;
      for (int threads : {1, 2, 3, 5}) {
        cpu::set_num_threads(threads);
        Workspace<T> space(s.m, s.n, s.k, threads);
        std::vector<T> c(static_cast<std::size_t>(s.batch * s.m * s.n), T(-1));
        cpu::batched_matmul<T>(s.batch, s.m, s.n, s.k, a.data(), s.m * s.k, s.k, 1, b.data(), s.k * s.n,
                               b_transposed ? 1 : s.n, b_transposed ? s.k : 1, c.data(), s.m * s.n, s.n, false, {},
                               space.start);
        if (threads == 1) {
          expected = c;
          std::vector<T> single(static_cast<std::size_t>(s.m * s.n));
          const auto last = static_cast<std::size_t>(s.batch - 1);
          cpu::matmul<T>(s.m, s.n, s.k, a.data() + static_cast<int64>(last) * s.m * s.k, s.k, 1,
                         b.data() + static_cast<int64>(last) * s.k * s.n, b_transposed ? 1 : s.n,
                         b_transposed ? s.k : 1, single.data(), s.n, false, {}, space.start);
          CHECK(std::memcmp(single.data(), c.data() + last * single.size(), single.size() * sizeof(T)) == 0);
        }
        CHECK(std::memcmp(expected.data(), c.data(), c.size() * sizeof(T)) == 0);
      }
    }
  }
  cpu::set_num_threads(before);
}

TEST_CASE("an epilogue sees the rows of a batch one after the other, and the same tiles on any number of threads") {
  const int before = cpu::num_threads();
  const int64 batch = 5, m = 100, n = 90, k = 64;
  const std::vector<float> a = random_values<float>(batch * m * k), b = random_values<float>(k * n);
  struct Tiles {
    std::vector<int64> rows, cols, seen;
    static void apply(void* context, int64 row, int64 col, int64 rows, int64 cols, float*, int64) {
      Tiles& self = *static_cast<Tiles*>(context);
      self.rows[static_cast<std::size_t>(row * 90 + col)] = rows;
      self.cols[static_cast<std::size_t>(row * 90 + col)] = cols;
      for (int64 i = 0; i < rows; ++i) {
        for (int64 j = 0; j < cols; ++j) ++self.seen[static_cast<std::size_t>((row + i) * 90 + col + j)];
      }
    }
  };
  Tiles first;
  for (int threads : {1, 4}) {
    cpu::set_num_threads(threads);
    const std::vector<int64> none(static_cast<std::size_t>(batch * m * n));
    Tiles tiles{none, none, none};
    Workspace<float> space(m, n, k, threads);
    cpu::batched_matmul<float>(batch, m, n, k, a.data(), m * k, k, 1, b.data(), 0, n, 1, nullptr, 0, 0, false,
                               {Tiles::apply, &tiles}, space.start);
    CHECK(tiles.seen == std::vector<int64>(none.size(), 1));
    if (threads == 1) first = tiles;
    CHECK(tiles.rows == first.rows);
    CHECK(tiles.cols == first.cols);
  }
  cpu::set_num_threads(before);
}

TEST_CASE("spare tiles compute every height") {
  using namespace cpu::detail;
  for (int64 m = 2; m <= 16; ++m) {
    const Problem<float> p{m, 37, 50, m % 2 == 0, false, 3};
    std::vector<float> c = p.c, expected = p.c;
    Workspace<float> workspace(m, p.n, p.k);
    Product<float> item{m, p.n, p.k, p.a.data(), p.a_row, p.a_col, p.b.data(), p.b_row, p.b_col, c.data(), p.c_lead, m % 3 == 0, {}, &product_kernels<float, spare_tiles, 0>};
    multiply(item, 0, item.row_tiles().count, 0, item.panels(), workspace.start);
    item.c = expected.data(), item.kernels = &product_kernels<float>;
    multiply(item, 0, item.row_tiles().count, 0, item.panels(), workspace.start);
    CHECK(c == expected);
  }
}

TEST_CASE("a first tile that packs B computes what others do") {
  using namespace cpu::detail;
  constexpr TileSet unpacking = row_tiles & ~tiles_pack;
  for (int64 k : {70, 600}) {  // one block of k and two
    for (int64 m : {16 * Tile<float>::rows + 1, 18 * Tile<float>::rows}) {
      const Problem<float> p{m, 135, k, false, false, 3};
      CHECK(tile_packs<float>(m, p.n, k));
      std::vector<float> c = p.c, expected = p.c;
      Workspace<float> workspace(m, p.n, k);
      Product<float> item{m, p.n, k, p.a.data(), p.a_row, p.a_col, p.b.data(), p.b_row, p.b_col, c.data(), p.c_lead, m % 2 == 0, {}, &product_kernels<float>};
      multiply(item, 0, item.row_tiles().count, 0, item.panels(), workspace.start);
      item.c = expected.data(), item.kernels = &product_kernels<float, unpacking, 0>;
      multiply(item, 0, item.row_tiles().count, 0, item.panels(), workspace.start);
      CHECK(c == expected);
    }
  }
}

TEST_CASE("the tiles a product asks for are those it is cut into") {
  using namespace cpu::detail;
  for (int64 m = 1; m <= 50; ++m)
    for (int64 n = 1; n <= 70; ++n) {
      Product<float> p{};
      p.m = m, p.n = n, p.k = 8, p.a_row = 8, p.a_col = 1, p.b_row = n, p.b_col = 1;
      const TileSet tiles = tiles_of<float>(m, n, p.k, false);
      const Cut rows = p.row_tiles();
      bool all = true;
      for (int64 i = 0; i < rows.count; ++i)
        for (int64 panel = 0; panel < p.panels(); ++panel) {
          const int64 vectors = pieces(std::min(p.width(), n - panel * p.width()), Tile<float>::lanes);
          all = all && (tiles & tile_bit(static_cast<int>(rows.size(i)), static_cast<int>(vectors))) != 0;
        }
      CHECK(all);
    }
}

TEST_CASE("contiguous columns of A that lie as far apart as those of a copy are none: their product asks for no more than its own tiles") {
  using namespace cpu::detail;
  constexpr int m = a_copy_col<float>, n = 100, k = 300;
  const Problem<float> p{m, n, k, true, false, 0};
  CHECK((p.a_row == 1 && p.a_col == m));
  std::vector<float> c = p.c, expected = p.c;
  Workspace<float> workspace(m, n, k);
  Product<float> item{m, n, k, p.a.data(), p.a_row, p.a_col, p.b.data(), p.b_row, p.b_col, c.data(), p.c_lead, false, {}, &product_kernels<float, tiles_of<float>(m, n, k, false), 0>};
  multiply(item, 0, item.row_tiles().count, 0, item.panels(), workspace.start);
  item.c = expected.data(), item.kernels = &product_kernels<float>;
  multiply(item, 0, item.row_tiles().count, 0, item.panels(), workspace.start);
  CHECK(c == expected);
}

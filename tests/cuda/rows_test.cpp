// Rows that teams share: each row once, each team in scratch of its own.
#include <etch/cuda/rows.hpp>

#include <doctest/doctest.h>

#include <vector>

using namespace etch;
using device::index_t;

namespace {
struct Mark {
  int* rows;
  template <class Team>
  void operator()(index_t row, const Team& team, char* scratch) const {
    int& before = *reinterpret_cast<int*>(scratch);
    ++before;
    rows[row] += team.lanes() == 1 && team.leads() ? before : 100;
  }
};
}  // namespace

TEST_CASE("more rows than teams, and fewer") {
  for (const int count : {10, 3, 0}) {
    int rows[10]{};
    std::vector<char> scratch(4 * 64);
    device::for_each_row(device::RowsOf<Mark>{{rows}, count, 4, scratch.data(), 64});
    for (int i = 0; i < 10; ++i) CHECK(rows[i] == (i < count ? i / 4 + 1 : 0));  // its team's first, second, third
  }
}

TEST_CASE("a team of one has its own result") { CHECK(device::all<0>(device::Alone{}, 2.5f) == 2.5f); }

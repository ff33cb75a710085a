// Gradients of random programs: longer graphs, with reductions and views in both directions.
#include <plan/random_program.hpp>

using namespace test;

TEST_CASE("gradients of random programs") {
  random_programs<7000, true, etch::DType::float64, 20>(std::make_index_sequence<24>{});
}
TEST_CASE("gradients of random programs with scans and orders") {
  random_programs<9100, true, etch::DType::float64, 16, 600, true>(std::make_index_sequence<12>{});
}

// Random programs and their gradients: the plan computes what the graph means. The seeds include those that once failed.
#include <plan/random_program.hpp>

using namespace test;
using etch::DType;

TEST_CASE("values of random programs") {
  random_programs<2032, false, DType::float64, 24>(std::make_index_sequence<20>{});
}
TEST_CASE("values of random programs in float") {
  random_programs<4016, false, DType::float32, 16>(std::make_index_sequence<12>{});
}
TEST_CASE("a place that writes over another, a result of rows at a stride, rows of rows computed again") {
  random_program<2017, true, DType::float64, 16>();
  random_program<1054, true, DType::float64, 32>();
  random_program<2043, true, DType::float64, 32>();
}
TEST_CASE("values of random programs with scans and orders") {
  random_programs<9000, false, DType::float64, 20, 600, true>(std::make_index_sequence<16>{});
}

// Gradients of random programs: longer graphs, with reductions and views in both directions.
#include <plan/random_program.hpp>

using namespace test;

TEST_CASE("gradients of random programs") {
  random_programs<7000, true, etch::DType::float64, 20>(std::make_index_sequence<24>{});
}

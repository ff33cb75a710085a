// etch::eigen brings Eigen's headers along.
#include <Eigen/Core>
#include <etch/core/config.hpp>

int main() { return Eigen::Vector2f::Ones().sum() == 2.f ? 0 : 1; }

// The trainer of examples/mlp with Eigen's expressions, its gradients written by hand: what its compilation costs is compared with etch's.
#include <Eigen/Core>

#include <cmath>
#include <cstdio>

using Matrix = Eigen::Matrix<float, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;

/// A parameter with its gradient and AdamW's state.
struct Parameter {
  Matrix value, gradient, m, v;
  Parameter(int rows, int columns) : value(Matrix::Random(rows, columns) / std::sqrt(static_cast<float>(rows))), gradient(rows, columns), m(Matrix::Zero(rows, columns)), v(m) {}

  void update(float scale, float root) {
    m += 0.1f * (gradient - m);
    v += 0.001f * (gradient.cwiseAbs2() - v);
    value.array() -= 1e-5f * value.array() + scale * m.array() / (v.array().sqrt() * root + 1e-8f);
  }
};

struct Mlp {
  Parameter w1{784, 256}, b1{1, 256}, w2{256, 10}, b2{1, 10};
  Matrix x{64, 784}, hidden{64, 256}, from_hidden{64, 256}, y{64, 10};
  int labels[64], steps = 0;

  float step() {
    hidden.noalias() = x * w1.value;
    hidden = (hidden.rowwise() + b1.value.row(0)).cwiseMax(0);
    y.noalias() = hidden * w2.value;
    y.rowwise() += b2.value.row(0);
    y = (y.colwise() - y.rowwise().maxCoeff().eval()).array().exp();
    y.array().colwise() /= y.array().rowwise().sum().eval();
    float loss = 0;
    for (int i = 0; i < 64; ++i) loss -= std::log(y(i, labels[i])) / 64, y(i, labels[i]) -= 1;
    y /= 64;
    w2.gradient.noalias() = hidden.transpose() * y;
    b2.gradient = y.colwise().sum();
    from_hidden.noalias() = y * w2.value.transpose();
    from_hidden = (hidden.array() > 0).select(from_hidden, 0);
    w1.gradient.noalias() = x.transpose() * from_hidden;
    b1.gradient = from_hidden.colwise().sum();
    ++steps;
    const float scale = 1e-3f / (1 - std::pow(0.9f, static_cast<float>(steps))), root = 1 / std::sqrt(1 - std::pow(0.999f, static_cast<float>(steps)));
    w1.update(scale, root), b1.update(scale, root), w2.update(scale, root), b2.update(scale, root);
    return loss;
  }
};

int main() {
  Mlp model;
  const Matrix patterns = Matrix::Random(10, 784);
  for (int i = 1; i <= 200; ++i) {
    model.x.setRandom();
    for (int k = 0; k < 64; ++k) model.x.row(k) += patterns.row(model.labels[k] = k % 10);
    const float loss = model.step();
    if (i % 20 == 0) std::printf("step %3d  loss %.4f\n", i, static_cast<double>(loss));
  }
}

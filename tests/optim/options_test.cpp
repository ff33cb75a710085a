// Options that make no sense are refused when a training step is made, in one sentence with name and value.
#include "reference.hpp"

using namespace etch;

TEST_CASE("what an option must be") {
  CHECK_THROWS_WITH((optim::SGD{.lr = -0.1}.check()), "etch: optim: an option must not be negative; got lr = -0.1");
  CHECK_THROWS_WITH((optim::Adam{.betas = {0.9, 1}}.check()), "etch: optim: an option must be at least 0 and below 1; got betas[1] = 1");
  CHECK_THROWS_WITH((optim::AdamW{.betas = {-0.5, 0.9}}.check()), "etch: optim: an option must be at least 0 and below 1; got betas[0] = -0.5");
  CHECK_THROWS_WITH((optim::Adamax{.eps = -1}.check()), "etch: optim: an option must not be negative; got eps = -1");
  CHECK_THROWS_WITH((optim::Adadelta{.rho = 1.5}.check()), "etch: optim: an option must lie between 0 and 1; got rho = 1.5");
  CHECK_THROWS_WITH((optim::Adagrad{.lr_decay = -1}.check()), "etch: optim: an option must not be negative; got lr_decay = -1");
  CHECK_THROWS_WITH((optim::NAdam{.momentum_decay = -1}.check()), "etch: optim: an option must not be negative; got momentum_decay = -1");
  CHECK_THROWS_WITH((optim::RMSprop{.alpha = -1}.check()), "etch: optim: an option must not be negative; got alpha = -1");
  CHECK_THROWS_WITH((optim::Rprop{.etas = {0.5, 0.9}}.check()), "etch: optim::Rprop: etas[0] must lie between 0 and 1, and etas[1] above 1; got etas[1] = 0.9");
  CHECK_THROWS_WITH((optim::Adafactor{.d = 0.5}.check()), "etch: optim::Adafactor: d must be at least 1; got d = 0.5");
  CHECK_THROWS_WITH((optim::Adafactor{.beta2_decay = 0.5}.check()), "etch: optim::Adafactor: beta2_decay must not be positive; got beta2_decay = 0.5");
  CHECK_THROWS_WITH((optim::Adafactor{.eps = {-1e-30, 1e-3}}.check()), "etch: optim: an option must not be negative; got eps[0] = -1e-30");
  CHECK_THROWS_WITH((optim::Muon{.momentum = -1}.check()), "etch: optim: an option must not be negative; got momentum = -1");
  CHECK_THROWS_WITH((optim::LBFGS{.history_size = 0}.check()), "etch: optim: an option must be positive; got history_size = 0");
  CHECK_THROWS_WITH((optim::SGD{.lr = std::nan("")}.check()), "etch: optim: an option must not be negative; got lr = nan");
  CHECK_NOTHROW(optim::amsgrad(optim::Adam{}).check());
  CHECK_NOTHROW(optim::ASGD{}.check());
  CHECK_NOTHROW(optim::RAdam{}.check());
}

TEST_CASE("a training step checks them") {
  Tensor<double, numbers> x;
  CHECK_THROWS_AS(train_step(make<Numbers>(), NumbersLoss{}, optim::SGD{.lr = -1}, x), Error);
}

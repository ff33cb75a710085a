// LeNet-5 (LeCun et al., 1998), as it is taught today: with ReLU and the largest of each window.
#pragma once

#include <etch/etch.hpp>

#include "digits.hpp"

namespace lenet {

struct LeNet {
  etch::nn::Conv2d<1, 6, 5, etch::padding<2>> conv1;
  etch::nn::Conv2d<6, 16, 5> conv2;
  etch::nn::Linear<400, 120> fc1;
  etch::nn::Linear<120, 84> fc2;
  etch::nn::Linear<84, classes> fc3;
  ETCH_MODULE(conv1, conv2, fc1, fc2, fc3)
  constexpr auto forward(auto x) const {
    const auto edges = etch::max_pool2d<2>(relu(conv1(x)));
    const auto parts = etch::max_pool2d<2>(relu(conv2(edges)));
    return fc3(relu(fc2(relu(fc1(etch::flatten<1>(parts))))));
  }
};

}  // namespace lenet

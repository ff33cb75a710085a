// etch: tensors, gradients and models compiled inside the C++ compiler. The one complete include.
#pragma once

#include <etch/core/config.hpp>
#include <etch/expr/tensor.hpp>
#include <etch/grad/reverse.hpp>
#include <etch/model/make.hpp>
#include <etch/ops/activation.hpp>
#include <etch/ops/attention.hpp>
#include <etch/ops/contract.hpp>
#include <etch/ops/create.hpp>
#include <etch/ops/index.hpp>
#include <etch/ops/pointwise.hpp>
#include <etch/ops/random.hpp>
#include <etch/ops/reduce.hpp>
#include <etch/ops/shape.hpp>
#include <etch/run/assign.hpp>
#include <etch/run/program.hpp>
#include <etch/run/train_step.hpp>

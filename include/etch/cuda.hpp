// The CUDA backend, asked for by name: the same programs on a GPU (docs/cuda.md).
#pragma once

#include <etch/etch.hpp>

#include <etch/cuda/inference.hpp>
#include <etch/cuda/prefetch.hpp>
#include <etch/cuda/program.hpp>
#include <etch/cuda/var.hpp>

// All of views, joins and parts.
#pragma once

#include <etch/ops/expand.hpp>
#include <etch/ops/join.hpp>
#include <etch/ops/matrix.hpp>
#include <etch/ops/permute.hpp>
#include <etch/ops/reshape.hpp>
#include <etch/ops/slice.hpp>
#include <etch/ops/split.hpp>
#include <etch/ops/window.hpp>

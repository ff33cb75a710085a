// etch's files: models and training states as safetensors, by name.
#pragma once

#include <etch/io/safetensors.hpp>
#include <etch/io/state_dict.hpp>
#include <etch/io/training_state.hpp>

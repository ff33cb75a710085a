// Attention that never stores its score matrix: out = softmax(scale q k^T, causal) v, and its gradients. A block of queries
// passes over panels of keys that the first cache holds; scores exist for a block of both.
#pragma once

#include <etch/cpu/attention_backward.hpp>
#include <etch/cpu/attention_forward.hpp>

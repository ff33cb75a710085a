"""Indices where the input holds equal values: what they pick must be right, not which of the equal ones."""
import itertools
import math

import compare


def lines_of(shape, axis):
    """The positions of each line of elements along `axis`, row-major."""
    strides = [math.prod(shape[i + 1:]) for i in range(len(shape))]
    others = [range(n) for i, n in enumerate(shape) if i != axis]
    for place in itertools.product(*others):
        start = sum(p * s for p, s in zip(place, (s for i, s in enumerate(strides) if i != axis)))
        yield [start + k * strides[axis] for k in range(shape[axis])]


def difference(run, shape, got, want, tensors):
    """None where the indices `got` pick the same values of the first input along `dim` as `want` does."""
    x = run.call.vars[0]
    values = compare.numbers(tensors.bytes(x.stored), x.stored_dtype)
    dim = run.names.get('dim')
    if dim is None or x.rank == 0:
        lines, places = [list(range(len(values)))], [list(range(len(got)))]
    else:
        dim += x.rank if dim < 0 else 0
        lines = list(lines_of(x.shape, dim))
        kept = shape if len(shape) == x.rank else [*shape[:dim], 1, *shape[dim:]]
        places = list(lines_of(kept, dim))
    for line, place in zip(lines, places):
        g, w = [got[p] for p in place], [want[p] for p in place]
        if any(not 0 <= i < len(line) for i in g):
            return f'index {g} out of range'
        if not all(compare.close(values[line[i]], values[line[j]], 0, 0) for i, j in zip(g, w)):
            return f'indices {g} pick other values than {w}'
        if len(set(g)) < len(set(w)) == len(w):
            return f'indices {g} repeat'
    return None

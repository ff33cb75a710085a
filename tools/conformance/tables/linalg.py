"""Linear algebra: what there is of it."""

OPS = {
    'linalg.svdvals(A)': 'svdvals({A})',
    'linalg.vander(x, N=None)': 'vander<{N if N is not None else x.shape[-1]}, true>({x if x.rank else f"reshape<1>({x})"})',
}

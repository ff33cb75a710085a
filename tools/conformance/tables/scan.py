"""Scans and differences along one axis."""


def spaced(input, spacing, dim, edge_order):
    """One derivative for each dim; the spacing is one number, or a number or positions for each."""
    dims = list(range(input.rank)) if dim is None else axes(dim)
    each = spacing if isinstance(spacing, list) else [spacing] * len(dims)
    return '; '.join(call('gradient', [d, edge_order], *([input] if s is None else [input, s])) for d, s in zip(dims, each))


def between(name, y, x, dx, dim):
    return call(name, [dim], *([y] if x is None and dx is None else [y, x if x is not None else dx]))


OPS = {
    'cumsum(input, dim, *, dtype=None)': '{call("cumsum", [dtype, dim] if dtype else [dim], input)}',
    'cumprod(input, dim, *, dtype=None)': '{call("cumprod", [dtype, dim] if dtype else [dim], input)}',
    'cummax(input, dim)': '{call("cummax", [dim], input)}',
    'cummin(input, dim)': '{call("cummin", [dim], input)}',
    'logcumsumexp(input, dim)': '{call("logcumsumexp", [dim], input)}',
    'diff(input, n=1, dim=-1, prepend=None, append=None)': '{call("diff", [n, dim], input, *([] if append is prepend is None else ["nullptr" if prepend is None else prepend]), *([] if append is None else [append]))}',
    'gradient(input, *, spacing=None, dim=None, edge_order=1)': '{spaced(input, spacing, dim, edge_order)}',
    'trapezoid(y, x=None, *, dx=None, dim=-1)': '{between("trapezoid", y, x, dx, dim)}',
    'trapz(y, x=None, *, dx=None, dim=-1)': '{between("trapz", y, x, dx, dim)}',
    'cumulative_trapezoid(y, x=None, *, dx=None, dim=-1)': '{between("cumulative_trapezoid", y, x, dx, dim)}',
}

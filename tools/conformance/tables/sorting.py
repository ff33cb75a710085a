"""Order, counts and places; `unique` and `bincount` run on tensors, because values decide their sizes."""


def keep(keepdim):
    return ['keepdim'] * bool(keepdim)


def middle(name, input, dim, keepdim):
    return call(name, [] if dim is None else [dim, *keep(keepdim)], input)


def quantile(name, input, q, dim, keepdim, interpolation):
    how = [] if interpolation == 'linear' else [f'Interpolation::{interpolation}']
    return call(name, axes(dim) + keep(keepdim) + how, input, q)


def points(x, weight):
    return render(x) if weight is None else f'weighted({render(x)}, {render(weight)})'


def histogram(input, bins, range, weight, density):
    dense, x = ['density'] * bool(density), points(input, weight)
    if isinstance(bins, Var):
        return f'auto h = {call("histogram", dense, x, bins)} => h.hist; h.bin_edges'
    return f'auto h = {call("histogram", [bins, *dense], x, *(range or []))} => h.hist; h.bin_edges'


def histogramdd(input, bins, range, weight, density):
    dense, x = ['density'] * bool(density), points(input, weight)
    dims = len(bins)
    text = call('histogramdd', dense, x, *bins) if isinstance(bins[0], Var) else call('histogramdd', [*bins, *dense], x, *(range or []))
    return f'auto h = {text} => h.hist; ' + '; '.join(f'bin_edges<{d}>(h)' for d in builtins_range(dims))


builtins_range = range


def found(name, input, dim, inverse, counts):
    return Eager(f'auto u = {call(name, axes(dim), input)} => u.values' + '; u.inverse' * bool(inverse) + '; u.counts' * bool(counts))


OPS = {
    'sort(input, dim=-1, descending=False, stable=False)': '{call("sort", [dim, descending], input)}',
    'msort(input)': 'msort({input})',
    'argsort(input, dim=-1, descending=False, stable=False)': '{call("argsort", [dim, descending], input)}',
    'topk(input, k, dim=-1, largest=True, sorted=True)': '{call("topk", [k, dim, largest], input)}',
    'kthvalue(input, k, dim=-1, keepdim=False)': '{call("kthvalue", [k, dim, *keep(keepdim)], input)}',
    'median(input, dim=None, keepdim=False)': '{middle("median", input, dim, keepdim)}',
    'nanmedian(input, dim=None, keepdim=False)': '{middle("nanmedian", input, dim, keepdim)}',
    'mode(input, dim=-1, keepdim=False)': '{middle("mode", input, dim, keepdim)}',
    'quantile(input, q, dim=None, keepdim=False, *, interpolation="linear")': '{quantile("quantile", input, q, dim, keepdim, interpolation)}',
    'nanquantile(input, q, dim=None, keepdim=False, *, interpolation="linear")': '{quantile("nanquantile", input, q, dim, keepdim, interpolation)}',
    'searchsorted(sorted_sequence, input, *, out_int32=False, right=False, side=None, sorter=None)': '{call("searchsorted", [right or side == "right"] + ["std::int32_t"] * out_int32, sorted_sequence if sorter is None else f"take_along_dim<-1>({sorted_sequence}, {sorter})", input)}',
    'bucketize(input, boundaries, *, out_int32=False, right=False)': '{call("bucketize", [right] + ["std::int32_t"] * out_int32, input, boundaries)}',
    'histc(input, bins=100, min=0, max=0)': '{call("histc", [bins], input, min, max)}',
    'histogram(input, bins, *, range=None, weight=None, density=False)': '{histogram(input, bins, range, weight, density)}',
    'histogramdd(input, bins, *, range=None, weight=None, density=False)': '{histogramdd(input, bins, range, weight, density)}',
    'unique(input, sorted=True, return_inverse=False, return_counts=False, dim=None)': lambda input, sorted=True, return_inverse=False, return_counts=False, dim=None: found('unique', input, dim, return_inverse, return_counts),
    'unique_consecutive(input, return_inverse=False, return_counts=False, dim=None)': lambda input, return_inverse=False, return_counts=False, dim=None: found('unique_consecutive', input, dim, return_inverse, return_counts),
    'bincount(input, weights=None, minlength=0)': Eager('{call("bincount", [64], *[v for v in (input, weights, minlength) if v is not None])}'),
}

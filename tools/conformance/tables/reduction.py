"""Reductions: `dim` None or empty means all axes; what else they are given stands among the axes."""


def options(dim=None, keepdim=False, *more):
    return axes(dim) + ['keepdim'] * bool(keepdim) + [m for m in more if m]


def template(name, arguments, x):
    """name<arguments>(x), the angles kept where there is nothing in them."""
    return f'{name}<{render(list(arguments))}>({x})'


def order(p):
    return '' if p in ('fro', None) else 'nuclear' if p == 'nuc' else f'ord<{render(p)}>'


def moment(name, input, dim, unbiased, keepdim, correction):
    """std and var: std(dim, unbiased, keepdim) and std(unbiased), which PyTorch tells apart by their types."""
    if isinstance(dim, bool):
        dim, unbiased = None, dim
    less = int(unbiased) if unbiased is not None else 1 if correction is None else correction
    return call(name, options(dim, keepdim, '' if less == 1 else f'correction<{less}>'), input)


def norm(input, p, dim, keepdim, dtype):
    return call('norm', options(dim, keepdim, order(p)), cast(input, dtype))


OPS = {
    'sum(input, dim=None, keepdim=False, *, dtype=None)': '{call("sum", ([dtype] if dtype else []) + options(dim, keepdim), input)}',
    'sum_to_size(input, *size)': '{template("sum_to_size", size[0] if size and isinstance(size[0], (list, tuple)) else size, input)}',
    'mean(input, dim=None, keepdim=False, *, dtype=None)': '{call("mean", ([dtype] if dtype else []) + options(dim, keepdim), input)}',
    'prod(input, dim=None, keepdim=False, *, dtype=None)': '{call("prod", ([dtype] if dtype else []) + options(dim, keepdim), input)}',
    'nansum(input, dim=None, keepdim=False, *, dtype=None)': '{cast(call("nansum", options(dim, keepdim), cast(input, dtype)), dtype)}',
    'nanmean(input, dim=None, keepdim=False, *, dtype=None)': '{call("nanmean", options(dim, keepdim), cast(input, dtype))}',
    'amax(input, dim=(), keepdim=False)': '{call("amax", options(dim, keepdim), input)}',
    'amin(input, dim=(), keepdim=False)': '{call("amin", options(dim, keepdim), input)}',
    'aminmax(input, *, dim=None, keepdim=False)': '{call("aminmax", options(dim, keepdim), input)}',
    'argmax(input, dim=None, keepdim=False)': '{call("argmax", options(dim, keepdim), input)}',
    'argmin(input, dim=None, keepdim=False)': '{call("argmin", options(dim, keepdim), input)}',
    'max.reduction_no_dim(input)': 'max({input})',
    'min.reduction_no_dim(input)': 'min({input})',
    'max.reduction_with_dim(input, dim, keepdim=False)': '{call("max", options(dim, keepdim), input)}',
    'min.reduction_with_dim(input, dim, keepdim=False)': '{call("min", options(dim, keepdim), input)}',
    'logsumexp(input, dim, keepdim=False)': '{call("logsumexp", options(dim, keepdim), input)}',
    'all(input, dim=None, keepdim=False)': '{call("all", options(dim, keepdim), input)}',
    'any(input, dim=None, keepdim=False)': '{call("any", options(dim, keepdim), input)}',
    'count_nonzero(input, dim=None)': '{call("count_nonzero", options(dim), input)}',
    'var(input, dim=None, unbiased=None, keepdim=False, *, correction=None)': '{moment("var", input, dim, unbiased, keepdim, correction)}',
    'std(input, dim=None, unbiased=None, keepdim=False, *, correction=None)': '{moment("etch::std", input, dim, unbiased, keepdim, correction)}',
    'var_mean(input, dim=None, unbiased=None, keepdim=False, *, correction=None)': '{moment("var_mean", input, dim, unbiased, keepdim, correction)}',
    'std_mean(input, dim=None, unbiased=None, keepdim=False, *, correction=None)': '{moment("std_mean", input, dim, unbiased, keepdim, correction)}',
    'norm(input, p="fro", dim=None, keepdim=False, dtype=None)': '{norm(input, p, dim, keepdim, dtype)}',
    'linalg.vector_norm(x, ord=2, dim=None, keepdim=False, *, dtype=None)': '{norm(x, ord, dim, keepdim, dtype)}',
    'dist(input, other, p=2)': '{call("dist", [o for o in [order(p)] if o], input, other)}',
    'renorm(input, p, dim, maxnorm)': '{call("renorm", [dim, order(p)], input, maxnorm)}',
}

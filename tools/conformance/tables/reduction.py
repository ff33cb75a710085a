"""Reductions: `dim` None or empty means all axes."""


def keep(name, keepdim):
    return name + ('_keepdim' if keepdim else '')


OPS = {
    'sum(input, dim=None, keepdim=False, *, dtype=None)': '{call(keep("sum", keepdim), axes(dim), cast(input, dtype))}',
    'mean(input, dim=None, keepdim=False, *, dtype=None)': '{call(keep("mean", keepdim), axes(dim), cast(input, dtype))}',
    'prod(input, dim=None, keepdim=False, *, dtype=None)': '{call(keep("prod", keepdim), axes(dim), cast(input, dtype))}',
    'amax(input, dim=(), keepdim=False)': '{call(keep("amax", keepdim), axes(dim), input)}',
    'amin(input, dim=(), keepdim=False)': '{call(keep("amin", keepdim), axes(dim), input)}',
    'argmax(input, dim=None, keepdim=False)': '{call(keep("argmax", keepdim), axes(dim), input)}',
    'logsumexp(input, dim, keepdim=False)': '{call(keep("logsumexp", keepdim), axes(dim), input)}',
    'max.reduction_no_dim(input)': 'amax({input})',
    'min.reduction_no_dim(input)': 'amin({input})',
    'max.reduction_with_dim(input, dim, keepdim=False)': '{call(keep("amax", keepdim), axes(dim), input)}; {call(keep("argmax", keepdim), axes(dim), input)}',
}

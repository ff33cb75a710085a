"""Products, and what is made of them."""


def added(name):
    """beta input + alpha product: without numbers where both are 1."""
    return lambda input, a, b, beta, alpha: f'{name}({input}, {a}, {b})' if (beta, alpha) == (1, 1) else f'{name}({input}, {a}, {b}, {render(beta)}, {render(alpha)})'


def tensordot(input, other, dims):
    if isinstance(dims, int):
        return f'tensordot<{dims}>({{input}}, {{other}})'
    return f'tensordot<Axes<{render(axes(dims[0]))}>, Axes<{render(axes(dims[1]))}>>({{input}}, {{other}})'


def cov(input, correction, fweights, aweights):
    weights = [] if fweights is None and aweights is None else [fweights] if aweights is None else [fweights, aweights]
    return 'cov({input}, ' + ', '.join('nullptr' if v is None else render(v) for v in [correction, *weights]) + ')'


OPS = {
    'mm(input, mat2)': 'mm({input}, {mat2})',
    'bmm(input, mat2)': 'bmm({input}, {mat2})',
    'mv(input, vec)': 'mv({input}, {vec})',
    'dot(input, other)': 'dot({input}, {other})',
    'vdot(input, other)': 'vdot({input}, {other})',
    'inner(input, other)': 'inner({input}, {other})',
    'outer(input, vec2)': 'outer({input}, {vec2})',
    'matmul(input, other)': 'matmul({input}, {other})',
    '__rmatmul__(input, other)': 'matmul({other}, {input})',
    'addmm(input, a, b, *, beta=1, alpha=1)': added('addmm'),
    'addmv(input, a, b, *, beta=1, alpha=1)': added('addmv'),
    'addbmm(input, a, b, *, beta=1, alpha=1)': added('addbmm'),
    'baddbmm(input, a, b, *, beta=1, alpha=1)': added('baddbmm'),
    'addr(input, a, b, *, beta=1, alpha=1)': added('addr'),
    'einsum(operands, equation)': 'einsum<"{equation}">({operands})',
    'tensordot(input, other, dims=2)': tensordot,
    'kron(input, other)': 'kron({input}, {other})',
    'chain_matmul(*matrices)': 'chain_matmul({matrices})',
    'linalg.multi_dot(tensors)': 'multi_dot({tensors})',
    'linalg.vecdot(input, other, *, dim=-1)': 'vecdot<{dim}>({input}, {other})',
    'linalg.cross(input, other, *, dim=-1)': 'cross<{dim}>({input}, {other})',
    'cross(input, other, dim=None)': '{call("cross", axes(dim), input, other)}',
    'cdist(x1, x2, p=2.0, compute_mode=None)': 'cdist<{float(p)}>({x1}, {x2})',
    'nn.functional.pdist(input, p=2.0)': 'pdist<{float(p)}>({input})',
    'trace(input)': 'trace({input})',
    'cov(input, *, correction=1, fweights=None, aweights=None)': cov,
    'corrcoef(input)': 'corrcoef({input})',
}

"""Special functions."""

NUMBERS_ARE_TENSORS = True

UNARY = '''airy_ai bessel_j0 bessel_j1 bessel_y0 bessel_y1 entr erfcx expit i0e i1 i1e log_ndtr modified_bessel_i0 modified_bessel_i1 modified_bessel_k0
modified_bessel_k1 ndtr ndtri psi scaled_modified_bessel_k0 scaled_modified_bessel_k1 spherical_bessel_j0'''
POLYNOMIAL = '''chebyshev_polynomial_t chebyshev_polynomial_u chebyshev_polynomial_v chebyshev_polynomial_w hermite_polynomial_h hermite_polynomial_he
laguerre_polynomial_l legendre_polynomial_p shifted_chebyshev_polynomial_t shifted_chebyshev_polynomial_u shifted_chebyshev_polynomial_v
shifted_chebyshev_polynomial_w'''

def order(a, b, n):
    """polygamma(n, input), in either order: PyTorch's test databases put the tensor first."""
    n, x = (n, a) if n is not None else (b, a) if isinstance(a, Var) else (a, b)
    return f'polygamma<{n}>({x})'


OPS = {
    **{f'{op}(input)': f'{op}({{input}})' for op in 'digamma erf erfc erfinv i0 lgamma sinc'.split()},
    **{f'special.{op}(input)': f'{op}({{input}})' for op in UNARY.split()},
    **{f'special.{op}(input, n)': f'{op}({{input}}, {{n}})' for op in POLYNOMIAL.split()},
    **{f'{op}(input, other)': f'{op}({{input}}, {{other}})' for op in ['igamma', 'igammac']},
    **{f'special.{op}(input, other)': f'{op}({{input}}, {{other}})' for op in ['xlogy', 'xlog1py', 'zeta']},
    'mvlgamma(input, p)': 'mvlgamma<{p}>({input})',
    **{f'{op}(a, b=None, *, n=None)': order for op in ['polygamma', 'special.polygamma']},
    'special.logit(input, eps=None)': '{call("logit", [], input, *[eps] * (eps is not None))}',
}

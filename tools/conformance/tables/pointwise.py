"""Pointwise operations."""

NUMBERS_ARE_TENSORS = True  # add(2.5, 1.5): the first number stands for a rank-0 tensor

UNARY = '''abs acos acosh angle asin asinh atan atanh bitwise_not ceil conj cos cosh deg2rad erf erfc exp exp2 expm1 floor frac log log10 log1p log2 neg positive
rad2deg reciprocal relu rsqrt sgn sigmoid sign sin sinh sqrt square tan tanh trunc'''
BINARY = '''atan2 bitwise_and bitwise_left_shift bitwise_or bitwise_right_shift bitwise_xor copysign div.no_rounding_mode float_power floor_divide fmod gcd heaviside
hypot lcm ldexp logaddexp logaddexp2 mul nextafter remainder true_divide xlogy'''

OPS = {
    **{f'{op}(input)': f'{op}({{input}})' for op in UNARY.split()},
    **{f'{op}(input, other)': f'{op.split(".")[0]}({{input}}, {{other}})' for op in BINARY.split()},
    **{f'{op}(input, other, *, alpha=1)': f'{{call("{op}", [], input, other, *[alpha] * (alpha != 1))}}' for op in ['add', 'sub', 'rsub']},
    **{f'{op}(input, tensor1, tensor2, *, value=1)': f'{{call("{op}", [], input, tensor1, tensor2, *[value] * (value != 1))}}' for op in ['addcmul', 'addcdiv']},
    'div(input, other, *, rounding_mode=None)': '{call("div", f"Rounding::{rounding_mode}" if rounding_mode else [], input, other)}',
    'pow(input, exponent)': 'pow({input}, {exponent})',
    'clamp(input, min=None, max=None)': lambda input, min, max: 'clamp_max({input}, {max})' if min is None else 'clamp_min({input}, {min})' if max is None else 'clamp({input}, {min}, {max})',
    'clamp_min(input, min)': 'clamp_min({input}, {min})',
    'clamp_max(input, max)': 'clamp_max({input}, {max})',
    'lerp(input, end, weight)': 'lerp({input}, {end}, {weight})',
    'round(input, *, decimals=0)': '{call("round", [], input, *[decimals] * (decimals != 0))}',
    'nan_to_num(input, nan=0.0, posinf=None, neginf=None)': '{call("nan_to_num", [], input, nan or 0.0, *[v for v in [posinf, neginf] if v is not None])}',
    'frexp(input)': 'frexp({input})',
    'logit(input, eps=None)': '{call("logit", [], input, *[eps] * (eps is not None))}',
    '__radd__(input, other)': '{other} + {input}',
    '__rsub__(input, other)': '{other} - {input}',
    '__rmul__(input, other)': '{other} * {input}',
    '__rdiv__(input, other)': '{other} / {input}',
    '__rmod__(input, other)': '{other} % {input}',
    '__rpow__(input, other)': 'pow({other}, {input})',
    '__rand__(input, other)': '{other} & {input}',
    '__ror__(input, other)': '{other} | {input}',
    '__rxor__(input, other)': '{other} ^ {input}',
}

"""Pointwise operations."""

NUMBERS_ARE_TENSORS = True  # add(2.5, 1.5): the first number stands for a rank-0 tensor

UNARY = '''abs acos acosh asin asinh atan atanh ceil cos cosh erf erfc exp exp2 expm1 floor log log10 log1p log2 neg reciprocal rsqrt sigmoid sign sin sinh sqrt
square tan tanh trunc relu isnan'''
BINARY = 'atan2 fmod logical_and logical_or logical_xor eq ne lt le gt ge'

OPS = {
    **{f'{op}(input)': f'{op}({{input}})' for op in UNARY.split()},
    **{f'{op}(input, other)': f'{op}({{input}}, {{other}})' for op in BINARY.split()},
    'pow(input, exponent)': 'pow({input}, {exponent})',
    'add(input, other, *, alpha=1)': 'add({input}, {other if alpha == 1 else f"mul({render(other)}, {render(alpha)})"})',
    'sub(input, other, *, alpha=1)': 'sub({input}, {other if alpha == 1 else f"mul({render(other)}, {render(alpha)})"})',
    'rsub(input, other, *, alpha=1)': 'sub({other}, {input if alpha == 1 else f"mul({render(input)}, {render(alpha)})"})',
    'mul(input, other)': 'mul({input}, {other})',
    'div.no_rounding_mode(input, other)': '{input} / {other}',
    'true_divide(input, other)': '{input} / {other}',
    'maximum(input, other)': 'maximum({input}, {other})',
    'minimum(input, other)': 'minimum({input}, {other})',
    'clamp(input, min=None, max=None)': 'clamp({input}, {min}, {max})',
    'round(input)': 'round({input})',
    'logical_not(input)': 'logical_not({input})',
    '__radd__(input, other)': '{other} + {input}',
    '__rsub__(input, other)': '{other} - {input}',
    '__rmul__(input, other)': '{other} * {input}',
    '__rdiv__(input, other)': '{other} / {input}',
    '__rpow__(input, other)': 'pow({other}, {input})',
}

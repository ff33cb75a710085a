"""Comparison, logic and kinds of numbers."""

NUMBERS_ARE_TENSORS = True

UNARY = 'isfinite isinf isnan isneginf isposinf isreal logical_not signbit'
BINARY = 'eq equal fmax fmin ge gt le logical_and logical_or logical_xor lt maximum minimum ne'

OPS = {
    **{f'{op}(input)': f'{op}({{input}})' for op in UNARY.split()},
    **{f'{op}(input, other)': f'{op}({{input}}, {{other}})' for op in BINARY.split()},
    'max.binary(input, other)': 'maximum({input}, {other})',
    'min.binary(input, other)': 'minimum({input}, {other})',
    'isclose(input, other, rtol=1e-05, atol=1e-08, equal_nan=False)': '{call("isclose", ["true"] * equal_nan, input, other, rtol, atol)}',
    'allclose(input, other, rtol=1e-05, atol=1e-08, equal_nan=False)': '{call("allclose", ["true"] * equal_nan, input, other, rtol, atol)}',
    'isin(elements, test_elements, *, assume_unique=False, invert=False)': '{call("isin", ["true"] * invert, elements, test_elements)}',
}

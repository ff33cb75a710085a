"""What came out against what should have."""
import cmath
import math
import struct

FORMAT = {'float64': 'd', 'float32': 'f', 'float16': 'e', 'int64': 'q', 'int32': 'i', 'int16': 'h', 'int8': 'b', 'uint8': 'B', 'bool': '?', 'complex64': 'f', 'complex128': 'd'}
TOLERANCE = {'float16': (1e-3, 1e-5), 'bfloat16': (1.6e-2, 1e-5), 'float32': (1.3e-6, 1e-5), 'complex64': (1.3e-6, 1e-5), 'float64': (1e-7, 1e-7), 'complex128': (1e-7, 1e-7)}


def numbers(data, dtype):
    """Bytes as Python's numbers; complex ones as their real view (`paired` joins it)."""
    if dtype == 'bfloat16':
        return [struct.unpack('<f', b'\0\0' + data[i:i + 2])[0] for i in range(0, len(data), 2)]
    code = FORMAT[dtype]
    return list(struct.unpack(f'<{len(data) // struct.calcsize(code)}{code}', data))


def pack(values, dtype):
    if dtype == 'bfloat16':
        return b''.join(struct.pack('<f', v)[2:] for v in values)
    return struct.pack(f'<{len(values)}{FORMAT[dtype]}', *values)


def paired(values):
    """The complex numbers of a real view."""
    return [complex(*pair) for pair in zip(values[::2], values[1::2])]


def close(got, want, rtol, atol):
    if got == want:
        return True
    if isinstance(want, complex) and not (cmath.isfinite(got) and cmath.isfinite(want)):
        return close(got.real, want.real, rtol, atol) and close(got.imag, want.imag, rtol, atol)
    if isinstance(got, float) or isinstance(want, float):
        if math.isnan(want) or math.isnan(got):
            return math.isnan(want) and math.isnan(got)
        if math.isinf(want) or math.isinf(got):
            return False
    return abs(got - want) <= atol + rtol * abs(want)


def difference(got, want, rtol, atol):
    """The worst element as a sentence, or None where all are close."""
    if len(got) != len(want):
        return f'{len(got)} numbers, expected {len(want)}'
    wrong = [i for i, (g, w) in enumerate(zip(got, want)) if not close(g, w, rtol, atol)]
    if not wrong:
        return None
    worst = max(wrong, key=lambda i: abs(got[i] - want[i]) if cmath.isfinite(got[i]) and cmath.isfinite(want[i]) else math.inf)
    return f'at {worst} expected {want[worst]!r}, found {got[worst]!r} ({len(wrong)} of {len(want)} differ)'

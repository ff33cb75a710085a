"""torch.masked: without a mask the plain operation."""


def options(dim=None, keepdim=False, *more):
    return axes(dim) + ['keepdim'] * bool(keepdim) + [m for m in more if m]


def reduced(name, input, mask, dim, keepdim, dtype=None, *more):
    if dim in ([], ()) and input.rank > 0:
        raise Missing(f'masked.{name}: no axis at all')
    x = cast(input, dtype)
    return cast(call(name, options(dim, keepdim, *more), x) if mask is None else call(f'masked::{name}', options(dim, keepdim, *more), x, mask), dtype)


def own(text, input):
    """torch.masked returns the input's dtype where the plain operation would not."""
    return f'to<{input.cpp}>({text})' if not input.floating and not input.complex else text


def indexed(name, input, mask, dim, keepdim):
    """torch.masked returns indices in the input's dtype."""
    result = reduced(name, input, mask, dim, keepdim)
    return result if mask is not None else f'to<{input.cpp}>({result})'


def along(name, input, dim, mask, dtype):
    x = cast(input, dtype)
    if mask is not None:
        return call(f'masked::{name}', [dim], x, mask)
    return own(call(name, [dim], x), input) if name in ('cumsum', 'cumprod') and dtype is None else call(name, [dim], x)


def moment(name, input, dim, unbiased, correction, keepdim, mask):
    less = int(unbiased) if unbiased is not None else 1 if correction is None else correction
    x = input if input.floating or input.complex or input.dtype == 'bool' else f'to<float>({input})'
    more = options(dim, keepdim, '' if less == 1 else f'correction<{render(less)}>')
    plain = 'etch::std' if name == 'std' else name
    if mask is not None:
        return call(f'masked::{name}', more, x, mask)
    return f'to<{input.cpp}>({call(plain, more, x)})' if input.complex else call(plain, more, x)


def order(p):
    return '' if p in (None, 2, 2.0) else f'ord<{render(p)}>'


OPS = {
    **{f'masked.{name}(input, dim=None, *, keepdim=False, dtype=None, mask=None)': f'{{reduced("{name}", input, mask, dim, keepdim, dtype)}}' for name in 'sum prod amax amin mean'.split()},
    **{f'masked.{name}(input, dim=None, *, keepdim=False, dtype=None, mask=None)': f'{{indexed("{name}", input, mask, dim, keepdim)}}' for name in 'argmax argmin'.split()},
    'masked.logsumexp(input, dim=None, *, keepdim=False, dtype=None, mask=None)': '{own(reduced("logsumexp", input, mask, dim, keepdim, dtype), input)}',
    **{f'masked.{name}(input, dim, *, dtype=None, mask=None)': f'{{along("{name}", input, dim, mask, dtype)}}' for name in 'cumsum cumprod softmax log_softmax softmin'.split()},
    'masked.var(input, dim=None, unbiased=None, *, correction=None, keepdim=False, dtype=None, mask=None)': '{moment("var", input, dim, unbiased, correction, keepdim, mask)}',
    'masked.std(input, dim=None, unbiased=None, *, correction=None, keepdim=False, dtype=None, mask=None)': '{moment("std", input, dim, unbiased, correction, keepdim, mask)}',
    'masked.norm(input, ord=2.0, dim=None, *, keepdim=False, dtype=None, mask=None)': '{reduced("norm", input, mask, dim, keepdim, dtype, order(ord))}',
    'masked.normalize(input, ord, dim, *, eps=1e-12, dtype=None, mask=None)': '{call("masked::normalize", [dim] + [o for o in [order(ord)] if o], *([input] if mask is None else [input, mask, eps]))}',
    'masked.median(input, dim=-1, *, keepdim=False, dtype=None, mask=None)': '{call("median", options(dim, keepdim), input) + ".values" if mask is None else call("masked::median", options(dim, keepdim), input, mask)}',
    'masked.logaddexp(input, other, *, dtype=None, input_mask=None, other_mask=None)': '{call("logaddexp", (), input, other) if input_mask is None else call("masked::logaddexp", (), input, other, input_mask, other_mask)}',
}

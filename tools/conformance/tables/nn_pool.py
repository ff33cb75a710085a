"""Pooling: options stand among the template arguments."""


def listed(value):
    return list(value) if isinstance(value, (list, tuple)) else [value]


def numbers(name, value, default=None):
    """An option `name<..>`; nothing where it is the default."""
    return [] if value is None or all(v == default for v in listed(value)) else [f'{name}<{render(listed(value))}>']


def kernel(size):
    size = listed(size)
    return [render(size[0]) if len(size) == 1 else f'ints<{render(size)}>{{}}']


def window(kernel_size, stride=None, padding=0, dilation=1, ceil_mode=False, return_indices=False):
    return (kernel(kernel_size) + ([] if stride in (None, [], ()) else numbers('stride', stride)) + numbers('padding', padding, 0) + numbers('dilation', dilation, 1)
            + ['ceil_mode'] * bool(ceil_mode) + ['return_indices'] * bool(return_indices))


def average(name, input, kernel_size, stride, padding, ceil_mode, count_include_pad, divisor_override=None):
    options = window(kernel_size, stride, padding, 1, ceil_mode) + ['count_include_pad<false>'] * (not count_include_pad) + numbers('divisor_override', divisor_override)
    return call(name, options, input)


def norm(name, input, norm_type, kernel_size, stride, ceil_mode):
    return call(name, [render(float(norm_type))] + window(kernel_size, stride, 0, 1, ceil_mode), input)


def adaptive(name, input, output_size, return_indices=False):
    return call(name, ['every' if n is None else render(n) for n in listed(output_size)] + ['return_indices'] * bool(return_indices), input)


def unpool(name, axes_, input, indices, kernel_size, stride, padding, output_size):
    size = [] if output_size is None else numbers('output_size', listed(output_size)[-axes_:])
    return call(name, window(kernel_size, stride, padding) + size, input, indices)


def fractional(name, axes_, input, kernel_size, output_size, output_ratio, return_indices, samples):
    if output_size is None:
        ratio = listed(output_ratio) * (axes_ if len(listed(output_ratio)) == 1 else 1)
        output_size = [int(n * r) for n, r in zip(input.shape[-axes_:], ratio)]
    options = kernel(kernel_size) + numbers('output_size', output_size) + ['return_indices'] * bool(return_indices)
    return call(name, options, input, *([] if samples is None else [samples]))


OPS = {
    **{f'nn.functional.max_pool{d}d(input, kernel_size, stride=None, padding=0, dilation=1, ceil_mode=False, return_indices=False)':
       f'{{call("max_pool{d}d", window(kernel_size, stride, padding, dilation, ceil_mode, return_indices), input)}}' for d in (1, 2, 3)},
    'nn.functional.avg_pool1d(input, kernel_size, stride=None, padding=0, ceil_mode=False, count_include_pad=True)': '{average("avg_pool1d", input, kernel_size, stride, padding, ceil_mode, count_include_pad)}',
    **{f'nn.functional.avg_pool{d}d(input, kernel_size, stride=None, padding=0, ceil_mode=False, count_include_pad=True, divisor_override=None)':
       f'{{average("avg_pool{d}d", input, kernel_size, stride, padding, ceil_mode, count_include_pad, divisor_override)}}' for d in (2, 3)},
    **{f'nn.functional.lp_pool{d}d(input, norm_type, kernel_size, stride=None, ceil_mode=False)': f'{{norm("lp_pool{d}d", input, norm_type, kernel_size, stride, ceil_mode)}}' for d in (1, 2, 3)},
    **{f'nn.functional.adaptive_avg_pool{d}d(input, output_size)': f'{{adaptive("adaptive_avg_pool{d}d", input, output_size)}}' for d in (1, 2, 3)},
    **{f'nn.functional.adaptive_max_pool{d}d(input, output_size, return_indices=False)': f'{{adaptive("adaptive_max_pool{d}d", input, output_size, return_indices)}}' for d in (1, 2, 3)},
    **{f'nn.functional.max_unpool{d}d(input, indices, kernel_size, stride=None, padding=0, output_size=None)': f'{{unpool("max_unpool{d}d", {d}, input, indices, kernel_size, stride, padding, output_size)}}' for d in (1, 2, 3)},
    **{f'nn.functional.fractional_max_pool{d}d(input, kernel_size, output_size=None, output_ratio=None, return_indices=False, _random_samples=None)':
       f'{{fractional("fractional_max_pool{d}d", {d}, input, kernel_size, output_size, output_ratio, return_indices, _random_samples)}}' for d in (2, 3)},
}

"""Convolutions and linear layers as functions: options stand among the template arguments."""


def numbers(name, value, default):
    """An option `name<..>`; nothing where it is the default."""
    value = list(value) if isinstance(value, (list, tuple)) else [value]
    return [] if all(v == default for v in value) else [f'{name}<{render(value)}>']


def conv(name, input, weight, bias, stride, padding, dilation, groups, output_padding=0):
    options = numbers('stride', stride, 1) + numbers('dilation', dilation, 1) + numbers('output_padding', output_padding, 0) + numbers('groups', groups, 1)
    if padding != 'valid':
        options += ['padding_same'] if padding == 'same' else numbers('padding', padding, 0)
    return call(name, options, input, weight, *([] if bias is None else [bias]))


def linear(input, weight, bias):
    return call('linear', (), input, weight, *([] if bias is None else [bias]))


def linear_cross_entropy(input, weight, target, bias, class_weight, reduction, ignore_index, smoothing):
    arguments = [f'Reduction::{reduction}', -100 if ignore_index is None else ignore_index, smoothing]
    more = ([] if bias is None else [f'linear_bias({bias})']) + ([] if class_weight is None else [class_weight])
    return call('linear_cross_entropy', arguments, input, weight, target, *more)


OPS = {
    **{f'nn.functional.conv{d}d(input, weight, bias=None, stride=1, padding=0, dilation=1, groups=1)': f'{{conv("conv{d}d", input, weight, bias, stride, padding, dilation, groups)}}' for d in (1, 2, 3)},
    **{f'nn.functional.conv_transpose{d}d(input, weight, bias=None, stride=1, padding=0, output_padding=0, groups=1, dilation=1)':
       f'{{conv("conv_transpose{d}d", input, weight, bias, stride, padding, dilation, groups, output_padding)}}' for d in (1, 2, 3)},
    'nn.functional.linear_cross_entropy(input, linear_weight, target, *, linear_bias=None, weight=None, reduction="mean", ignore_index=None, label_smoothing=0.0)':
        '{linear_cross_entropy(input, linear_weight, target, linear_bias, weight, reduction, ignore_index, label_smoothing)}',
    'nn.functional.linear(input, weight, bias=None)': '{linear(input, weight, bias)}',
    'nn.functional.bilinear(input1, input2, weight, bias=None)': '{call("bilinear", (), input1, input2, weight, *([] if bias is None else [bias]))}',
}

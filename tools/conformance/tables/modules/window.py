"""Convolution, pooling, normalisation, padding and images: options stand among the template arguments."""


def listed(value):
    return list(value) if isinstance(value, (list, tuple)) else [value]


def numbers(name, value, default=None):
    return [] if value is None or all(v == default for v in listed(value)) else [f'{name}<{render(listed(value))}>']


def kernel(size):
    size = listed(size)
    return [render(size[0]) if len(set(size)) == 1 else f'ints<{render(size)}>{{}}']


def typed(text, *options):
    """nn::text<options..>, of the case's element type."""
    return f'nn::{text}<{render([o for o in options if o != ""])}>'


def element(T):
    return '' if T == 'float' else f'element<{T}>'


def conv(name, channels, out_channels, kernel_size, stride=1, padding=0, dilation=1, groups=1, bias=True, padding_mode='zeros', output_padding=0):
    options = numbers('stride', stride, 1) + numbers('dilation', dilation, 1) + numbers('groups', groups, 1) + numbers('output_padding', output_padding, 0) + ['no_bias'] * (not bias)
    if padding != 'valid':
        options += ['padding_same'] if padding == 'same' else numbers('padding', padding, 0)
    if padding_mode != 'zeros':
        options.append(f'PadMode::{padding_mode}')
    return lambda T: typed(name, channels, out_channels, *kernel(kernel_size), *options, element(T))


def lazy(name):
    """A lazy convolution sized by the case's input; whether it has a bias, the case's parameters say."""
    return f'{{sized(conv("Lazy{name}", "", out_channels, kernel_size, stride, padding, dilation, groups, params.get("bias") is not None, padding_mode, output_padding)(T), inputs, T)}}'


def sized(layer, inputs, T):
    return f'nn::materialized<{layer}, Tensor<{render([T, *inputs[0].shape])}>>'


def window(kernel_size, stride=None, padding=0, dilation=1, ceil_mode=False, return_indices=False):
    return (kernel(kernel_size) + ([] if stride in (None, [], ()) else numbers('stride', stride)) + numbers('padding', padding, 0) + numbers('dilation', dilation, 1)
            + ['ceil_mode'] * bool(ceil_mode) + ['return_indices'] * bool(return_indices))


def adaptive(name, output_size, return_indices=False):
    return typed(name, *['every' if n is None else n for n in listed(output_size)], *['return_indices'] * bool(return_indices))


def fractional(name, axes_, inputs, kernel_size, output_size, output_ratio, return_indices, samples, T):
    if output_size is None:
        ratio = listed(output_ratio) * (axes_ if len(listed(output_ratio)) == 1 else 1)
        output_size = [int(n * r) for n, r in zip(inputs[0].shape[-axes_:], ratio)]
    return typed(name, *kernel(kernel_size), *numbers('output_size', output_size), *['return_indices'] * bool(return_indices), *([] if samples is None else numbers('random_samples', samples.shape)), element(T))


def norm(name, C, eps, momentum, affine, track_running_stats, bias, T, default):
    return typed(name, C, *numbers('eps', eps, 1e-5), *(['no_momentum'] if momentum is None else numbers('momentum', momentum, 0.1)), *[f'affine<{render(affine)}>'] * (affine != default),
                 *[f'track_running_stats<{render(track_running_stats)}>'] * (track_running_stats != default), *['no_bias'] * (affine and not bias), element(T))


def shaped(shape):
    return render(listed(shape)[0]) if len(listed(shape)) == 1 else f'ints<{render(listed(shape))}>{{}}'


def last(name, shape, eps, default, affine, bias, T):
    return typed(name, shaped(shape), *([] if eps is None else numbers('eps', eps, default)), *['affine<false>'] * (not affine), *['no_bias'] * (affine and bias is False), element(T))


def resample(mode, size, scale_factor, align_corners, recompute=None):
    return typed('Upsample', f'Resample::{mode.replace("-", "_")}', *numbers('output_size', size), *numbers('scale_factor', scale_factor), *['align_corners'] * bool(align_corners), *['recompute_scale_factor'] * bool(recompute))


def columns(name, kernel_size, dilation, padding, stride, output_size=None):
    if output_size is not None and len(listed(output_size)) == 1:
        output_size = listed(output_size) * 2
    return typed(name, *kernel(kernel_size), *numbers('output_size', output_size), *numbers('dilation', dilation, 1), *numbers('padding', padding, 0), *numbers('stride', stride, 1))


CONV = 'kernel_size, stride=1, padding=0, dilation=1, groups=1, bias=True, padding_mode="zeros", output_padding=0, device=None, dtype=None'
BACK = 'kernel_size, stride=1, padding=0, output_padding=0, groups=1, bias=True, dilation=1, padding_mode="zeros", device=None, dtype=None'
USE = 'kernel_size, stride, padding, dilation, groups, bias, padding_mode, output_padding'
LAZY_NORM = 'eps=1e-5, momentum=0.1, affine={0}, track_running_stats={0}, device=None, dtype=None, *, bias=True'
NORM = 'num_features, eps=1e-5, momentum=0.1, affine={0}, track_running_stats={0}, device=None, dtype=None, *, bias=True'

OPS = {
    **{f'nn.Conv{d}d(in_channels, out_channels, {CONV})': Module(f'{{conv("Conv{d}d", in_channels, out_channels, {USE})(T)}}') for d in (1, 2, 3)},
    **{f'nn.ConvTranspose{d}d(in_channels, out_channels, {BACK})': Module(f'{{conv("ConvTranspose{d}d", in_channels, out_channels, {USE})(T)}}') for d in (1, 2, 3)},
    **{f'nn.LazyConv{d}d(out_channels, {CONV})': Module(lazy(f'Conv{d}d')) for d in (1, 2, 3)},
    **{f'nn.LazyConvTranspose{d}d(out_channels, {BACK})': Module(lazy(f'ConvTranspose{d}d')) for d in (1, 2, 3)},
    **{f'nn.MaxPool{d}d(kernel_size, stride=None, padding=0, dilation=1, return_indices=False, ceil_mode=False)':
       Module(f'{{typed("MaxPool{d}d", *window(kernel_size, stride, padding, dilation, ceil_mode, return_indices))}}') for d in (1, 2, 3)},
    **{f'nn.AvgPool{d}d(kernel_size, stride=None, padding=0, ceil_mode=False, count_include_pad=True, divisor_override=None)':
       Module(f'{{typed("AvgPool{d}d", *window(kernel_size, stride, padding, 1, ceil_mode), *["count_include_pad<false>"] * (not count_include_pad), *numbers("divisor_override", divisor_override))}}') for d in (1, 2, 3)},
    **{f'nn.LPPool{d}d(norm_type, kernel_size, stride=None, ceil_mode=False)': Module(f'{{typed("LPPool{d}d", float(norm_type), *window(kernel_size, stride, 0, 1, ceil_mode))}}') for d in (1, 2, 3)},
    **{f'nn.AdaptiveAvgPool{d}d(output_size)': Module(f'{{adaptive("AdaptiveAvgPool{d}d", output_size)}}') for d in (1, 2, 3)},
    **{f'nn.AdaptiveMaxPool{d}d(output_size, return_indices=False)': Module(f'{{adaptive("AdaptiveMaxPool{d}d", output_size, return_indices)}}') for d in (1, 2, 3)},
    **{f'nn.FractionalMaxPool{d}d(kernel_size, output_size=None, output_ratio=None, return_indices=False, _random_samples=None)':
       Module(f'{{fractional("FractionalMaxPool{d}d", {d}, inputs, kernel_size, output_size, output_ratio, return_indices, _random_samples, T)}}') for d in (2, 3)},
    **{f'nn.MaxUnpool{d}d(kernel_size, stride=None, padding=0)':
       Module(f'{{typed("MaxUnpool{d}d", *window(kernel_size, stride, padding), *numbers("output_size", inputs[2][-{d}:] if len(inputs) > 2 and inputs[2] else None))}}',
              forward='module({inputs[:2]})') for d in (1, 2, 3)},
    **{f'nn.BatchNorm{d}d({NORM.format(True)})': Module(f'{{norm("BatchNorm{d}d", num_features, eps, momentum, affine, track_running_stats, bias, T, True)}}') for d in (1, 2, 3)},
    **{f'nn.InstanceNorm{d}d({NORM.format(False)})': Module(f'{{norm("InstanceNorm{d}d", num_features, eps, momentum, affine, track_running_stats, bias, T, False)}}') for d in (1, 2, 3)},
    **{f'nn.LazyBatchNorm{d}d({LAZY_NORM.format(True)})': Module(f'{{sized(norm("LazyBatchNorm{d}d", "", eps, momentum, affine, track_running_stats, bias, T, True), inputs, T)}}') for d in (1, 2, 3)},
    **{f'nn.LazyInstanceNorm{d}d({LAZY_NORM.format(False)})': Module(f'{{sized(norm("LazyInstanceNorm{d}d", "", eps, momentum, affine, track_running_stats, bias, T, False), inputs, T)}}') for d in (1, 2, 3)},
    'nn.LazyLinear(out_features, bias=True)': Module('{sized(f"nn::LazyLinear<{render([out_features, bias, T])}>", inputs, T)}'),
    'nn.GroupNorm(num_groups, num_channels, eps=1e-5, affine=True, device=None, dtype=None, *, bias=True)':
        Module('{typed("GroupNorm", num_groups, num_channels, *numbers("eps", eps, 1e-5), *["affine<false>"] * (not affine), *["no_bias"] * (affine and not bias), element(T))}'),
    'nn.LayerNorm(normalized_shape, eps=1e-5, elementwise_affine=True, bias=True)': Module('{last("LayerNorm", normalized_shape, eps, 1e-5, elementwise_affine, bias, T)}'),
    'nn.RMSNorm(normalized_shape, eps=None, elementwise_affine=True)': Module('{last("RMSNorm", normalized_shape, eps, None, elementwise_affine, None, T)}'),
    'nn.LocalResponseNorm(size, alpha=1e-4, beta=0.75, k=1.0)': Module('{typed("LocalResponseNorm", size, float(alpha), float(beta), float(k))}'),
    'nn.CrossMapLRN2d(size, alpha=1e-4, beta=0.75, k=1)': Module('{typed("LocalResponseNorm", size, float(alpha), float(beta), float(k))}'),
    **{f'nn.{name}{d}d(padding)': Module(f'{{typed("{name}{d}d", *listed(padding))}}') for name in 'ReflectionPad ReplicationPad CircularPad ZeroPad'.split() for d in (1, 2, 3)},
    **{f'nn.ConstantPad{d}d(padding, value)': Module(f'{{typed("ConstantPad{d}d", value, *listed(padding))}}') for d in (1, 2, 3)},
    'nn.Upsample(size=None, scale_factor=None, mode="nearest", align_corners=None, recompute_scale_factor=None)': Module('{resample(mode, size, scale_factor, align_corners, recompute_scale_factor)}'),
    'nn.UpsamplingNearest2d(size=None, scale_factor=None)': Module('{resample("nearest", size, scale_factor, None)}'),
    'nn.UpsamplingBilinear2d(size=None, scale_factor=None)': Module('{resample("bilinear", size, scale_factor, True)}'),
    'nn.PixelShuffle(upscale_factor)': Module('nn::PixelShuffle<{upscale_factor}>'),
    'nn.PixelUnshuffle(downscale_factor)': Module('nn::PixelUnshuffle<{downscale_factor}>'),
    'nn.ChannelShuffle(groups)': Module('nn::ChannelShuffle<{groups}>'),
    'nn.Unfold(kernel_size, dilation=1, padding=0, stride=1)': Module('{columns("Unfold", kernel_size, dilation, padding, stride)}'),
    'nn.Fold(output_size, kernel_size, dilation=1, padding=0, stride=1)': Module('{columns("Fold", kernel_size, dilation, padding, stride, output_size)}'),
}

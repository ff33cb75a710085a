"""Resampling, folding, shuffles and grids."""


def listed(value):
    return list(value) if isinstance(value, (list, tuple)) else [value]


def numbers(name, value, default=None):
    return [] if value is None or all(v == default for v in listed(value)) else [f'{name}<{render(listed(value))}>']


def resample(input, size, scale_factor, mode, align_corners, recompute=None, antialias=False):
    options = numbers('output_size', size) + numbers('scale_factor', scale_factor) + ['align_corners'] * bool(align_corners) + ['recompute_scale_factor'] * bool(recompute) + ['antialias'] * bool(antialias)
    return call('interpolate', ['Resample::' + mode.replace('-', '_')] + options, input)


def upsample(input, size, scale_factor, mode, align_corners):
    if mode == 'bilinear_auto':
        mode = {3: 'linear', 4: 'bilinear', 5: 'trilinear'}[input.rank]
    return resample(input, size, scale_factor, mode, align_corners)


def kernel(size):
    size = listed(size)
    return [render(size[0]) if len(size) == 1 else f'ints<{render(size)}>{{}}']


def columns(name, input, kernel_size, dilation, padding, stride, output_size=None):
    return call(name, kernel(kernel_size) + numbers('output_size', output_size) + numbers('dilation', dilation, 1) + numbers('padding', padding, 0) + numbers('stride', stride, 1), input)


def sample(input, grid, mode, padding_mode, align_corners):
    return call('grid_sample', [f'Sample::{mode}', f'SamplePadding::{padding_mode}'] + ['align_corners'] * bool(align_corners), input, grid)


OPS = {
    'nn.functional.interpolate(input, size=None, scale_factor=None, mode="nearest", align_corners=None, recompute_scale_factor=None, antialias=False)':
        '{resample(input, size, scale_factor, mode, align_corners, recompute_scale_factor, antialias)}',
    'nn.functional.upsample(input, size=None, scale_factor=None, mode="nearest", align_corners=None)': '{resample(input, size, scale_factor, mode, align_corners)}',
    'nn.functional.upsample_nearest(input, size=None, scale_factor=None)': '{resample(input, size, scale_factor, "nearest", None)}',
    'nn.functional.upsample_bilinear(input, size=None, scale_factor=None)': '{upsample(input, size, scale_factor, "bilinear_auto", True)}',
    'nn.functional.pixel_shuffle(input, upscale_factor)': 'pixel_shuffle<{upscale_factor}>({input})',
    'nn.functional.pixel_unshuffle(input, downscale_factor)': 'pixel_unshuffle<{downscale_factor}>({input})',
    'nn.functional.channel_shuffle(input, groups)': 'channel_shuffle<{groups}>({input})',
    'nn.functional.pad(input, pad, mode="constant", value=None)': '{call("pad", [f"PadMode::{mode}"] + list(pad), input, *([] if value is None else [value]))}',
    'nn.functional.unfold(input, kernel_size, dilation=1, padding=0, stride=1)': '{columns("unfold", input, kernel_size, dilation, padding, stride)}',
    'nn.functional.fold(input, output_size, kernel_size, dilation=1, padding=0, stride=1)': '{columns("fold", input, kernel_size, dilation, padding, stride, output_size)}',
    'nn.functional.grid_sample(input, grid, mode="bilinear", padding_mode="zeros", align_corners=None)': '{sample(input, grid, mode, padding_mode, align_corners)}',
    **{f'grid_sampler_{d}d(input, grid, interpolation_mode, padding_mode, align_corners)':
       '{sample(input, grid, ("bilinear", "nearest", "bicubic")[interpolation_mode], ("zeros", "border", "reflection")[padding_mode], align_corners)}' for d in (2, 3)},
    'nn.functional.affine_grid(theta, size, align_corners=None)': '{call("affine_grid", [f"ints<{render(list(size))}>"] + ["align_corners"] * bool(align_corners), theta)}',
}

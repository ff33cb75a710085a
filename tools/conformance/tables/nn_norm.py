"""Normalisation: statistics, weight and bias where they are given."""


def affine(input, weight, bias):
    """Weight and bias as arguments; a missing one before one that is there is made."""
    if weight is None and bias is not None:
        return [f'etch::ones_like({bias})', bias]
    return [a for a in (weight, bias) if a is not None]


def batch(input, running_mean, running_var, weight, bias, training, eps):
    more = affine(input, weight, bias)
    if len(more) == 1:
        more.append(f'zeros_like({weight})')
    return call('batch_norm', (), input, *more, eps) if training else call('batch_norm_with', (), input, running_mean, running_var, *more, eps)


def instance(input, running_mean, running_var, weight, bias, use_input_stats, eps):
    if not use_input_stats:
        return batch(input, running_mean, running_var, weight, bias, False, eps)
    return call('instance_norm', (), input, *affine(input, weight, bias), eps)


def sizes(shape):
    return f'ints<{render(list(shape))}>'


def layer(name, input, normalized_shape, weight, bias, eps):
    eps = [] if eps is None else [eps]
    if weight is None and bias is None:
        return call(name, [sizes(normalized_shape)], input, *eps)
    return call(name, (), input, *affine(input, weight, bias), *eps)


OPS = {
    'nn.functional.normalize(input, p=2.0, dim=1, eps=1e-12, out=None)': '{call("normalize", [*axes(dim), f"ord<{render(float(p))}>"], input, eps)}',
    'nn.functional.batch_norm(input, running_mean, running_var, weight=None, bias=None, training=False, momentum=0.1, eps=1e-5)': '{batch(input, running_mean, running_var, weight, bias, training, eps)}',
    'nn.functional.instance_norm(input, running_mean=None, running_var=None, weight=None, bias=None, use_input_stats=True, momentum=0.1, eps=1e-5)':
        '{instance(input, running_mean, running_var, weight, bias, use_input_stats, eps)}',
    'nn.functional.group_norm(input, num_groups, weight=None, bias=None, eps=1e-5)': '{call("group_norm", [num_groups], input, *affine(input, weight, bias), eps)}',
    'nn.functional.layer_norm(input, normalized_shape, weight=None, bias=None, eps=1e-5)': '{layer("layer_norm", input, normalized_shape, weight, bias, eps)}',
    'nn.functional.rms_norm(input, normalized_shape, weight=None, eps=None)': '{layer("rms_norm", input, normalized_shape, weight, None, eps)}',
    'nn.functional.local_response_norm(input, size, alpha=1e-4, beta=0.75, k=1.0)': '{call("local_response_norm", [size], input, float(alpha), float(beta), float(k))}',
}

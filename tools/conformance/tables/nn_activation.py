"""torch.nn.functional's activations."""


def soft(name, input, dim, dtype):
    if dim is None:  # as PyTorch's, which warns
        dim = 0 if input.rank in (0, 1, 3) else 1
    return call(name, [dim], cast(input, dtype))


OPS = {
    **{f'nn.functional.{op}(input, inplace=False)': f'{op}({{input}})' for op in 'relu relu6 selu silu mish hardsigmoid hardswish'.split()},
    **{f'nn.functional.{op}(input)': f'{op}({{input}})' for op in 'logsigmoid tanhshrink softsign tanh sigmoid'.split()},
    **{f'{op}(input, dim=None, _stacklevel=3, dtype=None)': f'{{soft("{op.split(".")[-1]}", input, dim, dtype)}}' for op in 'softmax log_softmax nn.functional.softmin'.split()},
    'nn.functional.leaky_relu(input, negative_slope=0.01, inplace=False)': '{call("leaky_relu", [], input, *[negative_slope] * (negative_slope != 0.01))}',
    'nn.functional.elu(input, alpha=1.0, inplace=False)': '{call("elu", [], input, *[alpha] * (alpha != 1))}',
    'nn.functional.celu(input, alpha=1.0, inplace=False)': '{call("celu", [], input, *[alpha] * (alpha != 1))}',
    'nn.functional.gelu(input, *, approximate="none")': '{dict(none="gelu", tanh="gelu_tanh").get(approximate, f"nn::GELU<Approximate::{approximate}>{{}}")}({input})',
    'nn.functional.glu(input, dim=-1)': 'glu<{dim}>({input})',
    'nn.functional.prelu(input, weight)': 'prelu({input}, {weight})',
    'nn.functional.rrelu(input, lower=0.125, upper=1/3, training=False, inplace=False)': lambda training, **_: (Drawn if training else str)('rrelu(in_mode({input}, {training}), {lower}, {upper})'),
    'nn.functional.threshold(input, threshold, value, inplace=False)': 'threshold({input}, {threshold}, {value})',
    'nn.functional.hardtanh(input, min_val=-1.0, max_val=1.0, inplace=False)': 'hardtanh({input}, {min_val}, {max_val})',
    'nn.functional.hardshrink(input, lambd=0.5)': 'hardshrink({input}, {lambd})',
    'nn.functional.softshrink(input, lambd=0.5)': 'softshrink({input}, {lambd})',
    'nn.functional.softplus(input, beta=1, threshold=20)': 'softplus({input}, {beta}, {threshold})',
    'nn.functional.gumbel_softmax(logits, tau=1, hard=False, eps=1e-10, dim=-1)': Drawn('gumbel_softmax<{dim}, {hard}>({logits}, {tau})'),
}

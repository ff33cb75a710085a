"""Activations."""


def floats(**values):
    """Template arguments up to the last that is not its default: values are (given, default)."""
    given = [v for v, _ in values.values()]
    while given and given[-1] == list(values.values())[len(given) - 1][1]:
        given.pop()
    return given


def along(dim, inputs):
    """The axis, or that of PyTorch's old rule where none is given."""
    return dim if dim is not None else 0 if inputs[0].rank in (0, 1, 3) else 1


OPS = {
    **{f'nn.{m}(inplace=False)': Module(f'nn::{m}') for m in 'ReLU ReLU6 SiLU Mish SELU Hardsigmoid Hardswish'.split()},
    **{f'nn.{m}()': Module(f'nn::{m}') for m in 'Tanh Sigmoid LogSigmoid Tanhshrink Softsign Softmax2d'.split()},
    **{f'nn.{m}(dim=None)': Module(f'nn::{m}<{{dim if dim is not None else along(dim, inputs)}}>') for m in 'Softmax Softmin LogSoftmax'.split()},
    'nn.LeakyReLU(negative_slope=0.01, inplace=False)': Module('nn::LeakyReLU<{floats(s=(negative_slope, 0.01))}>'),
    'nn.ELU(alpha=1.0, inplace=False)': Module('nn::ELU<{floats(a=(alpha, 1))}>'),
    'nn.CELU(alpha=1.0, inplace=False)': Module('nn::CELU<{floats(a=(alpha, 1))}>'),
    'nn.Softplus(beta=1.0, threshold=20.0)': Module('nn::Softplus<{floats(b=(beta, 1), t=(threshold, 20))}>'),
    'nn.Hardtanh(min_val=-1.0, max_val=1.0, inplace=False)': Module('nn::Hardtanh<{floats(a=(min_val, -1), b=(max_val, 1))}>'),
    'nn.Hardshrink(lambd=0.5)': Module('nn::Hardshrink<{floats(l=(lambd, 0.5))}>'),
    'nn.Softshrink(lambd=0.5)': Module('nn::Softshrink<{floats(l=(lambd, 0.5))}>'),
    'nn.Threshold(threshold, value, inplace=False)': Module('nn::Threshold<{threshold}, {value}>'),
    'nn.RReLU(lower=0.125, upper=1/3, inplace=False)': Module('nn::RReLU<{lower}, {upper}>'),
    'nn.GLU(dim=-1)': Module('nn::GLU<{dim}>'),
    'nn.GELU(approximate="none")': Module('nn::GELU<Approximate::{approximate}>'),
    'nn.PReLU(num_parameters=1, init=0.25)': Module('nn::PReLU<{num_parameters}, {T}>'),
}

"""Initialisers: of those that draw, the deviation and the bound of what they gave."""


def drawn(name, shape, *values):
    bound = name.endswith('uniform_')
    text = f'measured<Tensor<{render(["double", *shape])}>>([](auto& x, Generator& g) {{{{ nn::init::{name}({render(["x", "g", *values])}); }}}})'
    return Eager(text if bound else f'{text}.deviation')


def filled(name, shape, *values):
    return Eager(f'Tensor<{render(["float", *shape])}> x; nn::init::{name}({render(["x", *values])}) => x')


def kaiming(name, shape, a, mode, nonlinearity):
    return drawn(name, shape, float(a), f'nn::init::FanMode::{mode}', f'nn::init::Nonlinearity::{nonlinearity}')


OPS = {
    'nn.init.calculate_gain(nonlinearity, param=None)': Eager('nn::init::calculate_gain(nn::init::Nonlinearity::{nonlinearity}{"" if param is None else f", {param}"})'),
    'nn.init.uniform_(shape, a=0.0, b=1.0)': lambda shape, a, b: drawn('uniform_', shape, float(a), float(b)),
    'nn.init.normal_(shape, mean=0.0, std=1.0)': lambda shape, mean, std: drawn('normal_', shape, float(mean), float(std)),
    'nn.init.trunc_normal_(shape, mean=0.0, std=1.0, a=-2.0, b=2.0)': lambda shape, mean, std, a, b: drawn('trunc_normal_', shape, float(mean), float(std), float(a), float(b)),
    'nn.init.xavier_uniform_(shape, gain=1.0)': lambda shape, gain: drawn('xavier_uniform_', shape, gain),
    'nn.init.xavier_normal_(shape, gain=1.0)': lambda shape, gain: drawn('xavier_normal_', shape, gain),
    'nn.init.kaiming_uniform_(shape, a=0, mode="fan_in", nonlinearity="leaky_relu")': lambda **v: kaiming('kaiming_uniform_', **v),
    'nn.init.kaiming_normal_(shape, a=0, mode="fan_in", nonlinearity="leaky_relu")': lambda **v: kaiming('kaiming_normal_', **v),
    'nn.init.eye_(shape)': lambda shape: filled('eye_', shape),
    'nn.init.dirac_(shape, groups=1)': lambda shape, groups: filled('dirac_', shape, groups),
    'nn.init.constant_(shape, val)': lambda shape, val: filled('constant_', shape, val),
    'nn.init.ones_(shape)': lambda shape: filled('ones_', shape),
    'nn.init.zeros_(shape)': lambda shape: filled('zeros_', shape),
}

"""Dropout of elements and of channels."""


def drops(name):
    def line(training, p, **_):
        text = f'{name}<{{float(p)}}>(in_mode({{input}}, {{training}}))'
        return Drawn(text) if training and 0 < p < 1 else text
    return line


OPS = {
    **{f'nn.functional.{op}(input, p=0.5, training=True, inplace=False)': drops(op) for op in 'dropout dropout1d dropout2d dropout3d'.split()},
    **{f'nn.functional.{op}(input, p=0.5, training=False, inplace=False)': drops(op) for op in 'alpha_dropout feature_alpha_dropout'.split()},
}

"""Linear layers and containers."""

OPS = {
    'nn.Linear(in_features, out_features, bias=True)': Module('nn::Linear<{in_features}, {out_features}, {bias}, {T}>'),
}

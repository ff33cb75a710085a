"""Losses as modules."""


def red(r):
    return f'Reduction::{r}'


def weight_type(weight, T, name='LossWeight'):
    return 'nn::Unweighted' if weight is None else f'nn::{name}<{render([T, *weight.shape])}>'


def axis(inputs):
    """PyTorch has the classes on axis 1 of two or more."""
    return min(1, inputs[0].rank - 1)


def lengths(inputs):
    """The inputs, with lists of numbers as constants."""
    return [v if isinstance(v, Var) else f'numbers<{render(v)}>({inputs[0]})' for v in inputs]


def distance(function):
    """The type of a distance of two tracers."""
    if function is not None:
        raise Missing('a distance whose settings are not printed')
    return 'nn::PairwiseDistance<>'


def linear_cross_entropy(in_features, num_classes, out_features, bias, reduction, weight, ignore_index, label_smoothing, params, buffers, T):
    """Where the constructor was not recorded, for `options`, which say how PyTorch computes and not what, the parameters say the sizes."""
    if in_features is None:
        in_features, bias, weight = params['linear.weight'].shape[1], 'linear.bias' in params, buffers.get('weight')
    arguments = [in_features, num_classes, red(reduction), -100 if ignore_index is None else ignore_index, label_smoothing, weight_type(weight, T), bias, T, *out_features]
    return f'nn::LinearCrossEntropyLoss<{render(arguments)}>'


OLD = 'size_average=None, reduce=None, reduction="mean"'
OPS = {
    'nn.CTCLoss(blank=0, reduction="mean", zero_infinity=False)': Module('nn::CTCLoss<{blank}, {red(reduction)}, {zero_infinity}>', forward='module({lengths(inputs)})'),
    f'nn.MSELoss({OLD})': Module('nn::MSELoss<{red(reduction)}>'),
    f'nn.L1Loss({OLD})': Module('nn::L1Loss<{red(reduction)}>'),
    f'nn.SmoothL1Loss({OLD}, beta=1.0)': Module('nn::SmoothL1Loss<{red(reduction)}, {beta}>'),
    f'nn.HuberLoss(reduction="mean", delta=1.0)': Module('nn::HuberLoss<{red(reduction)}, {delta}>'),
    f'nn.KLDivLoss({OLD}, log_target=False)': Module('nn::KLDivLoss<{red(reduction)}, {log_target}>'),
    f'nn.PoissonNLLLoss(log_input=True, full=False, size_average=None, eps=1e-8, reduce=None, reduction="mean")': Module('nn::PoissonNLLLoss<{red(reduction)}, {log_input}, {full}, {eps}>'),
    f'nn.GaussianNLLLoss(*, full=False, eps=1e-6, reduction="mean")': Module('nn::GaussianNLLLoss<{red(reduction)}, {full}, {eps}>'),
    f'nn.SoftMarginLoss({OLD})': Module('nn::SoftMarginLoss<{red(reduction)}>'),
    f'nn.HingeEmbeddingLoss(margin=1.0, {OLD})': Module('nn::HingeEmbeddingLoss<{red(reduction)}, {margin}>'),
    f'nn.MarginRankingLoss(margin=0.0, {OLD})': Module('nn::MarginRankingLoss<{red(reduction)}, {margin}>'),
    f'nn.CosineEmbeddingLoss(margin=0.0, {OLD})': Module('nn::CosineEmbeddingLoss<{red(reduction)}, {margin}>'),
    f'nn.MultiLabelMarginLoss({OLD})': Module('nn::MultiLabelMarginLoss<{red(reduction)}>'),
    f'nn.TripletMarginLoss(margin=1.0, p=2.0, eps=1e-6, swap=False, {OLD})': Module('nn::TripletMarginLoss<{red(reduction)}, {margin}, {float(p)}, {swap}, {eps}>'),
    'nn.TripletMarginWithDistanceLoss(*, distance_function=None, margin=1.0, swap=False, reduction="mean")':
        Module('nn::TripletMarginWithDistanceLoss<{distance(distance_function)}, {red(reduction)}, {margin}, {swap}>'),
    f'nn.MultiLabelSoftMarginLoss(weight=None, {OLD})': Module('nn::MultiLabelSoftMarginLoss<{red(reduction)}, {weight_type(weight, T)}>'),
    f'nn.MultiMarginLoss(p=1, margin=1.0, weight=None, {OLD})': Module('nn::MultiMarginLoss<{red(reduction)}, {p}, {margin}, {weight_type(weight, T)}>'),
    f'nn.BCELoss(weight=None, {OLD})': Module('nn::BCELoss<{red(reduction)}, {weight_type(weight, T)}>'),
    f'nn.BCEWithLogitsLoss(weight=None, {OLD}, pos_weight=None)':
        Module('nn::BCEWithLogitsLoss<{red(reduction)}, {weight_type(weight, T)}{"" if pos_weight is None else ", " + weight_type(pos_weight, T, "PosWeight")}>'),
    f'nn.NLLLoss(weight=None, size_average=None, ignore_index=-100, reduce=None, reduction="mean")':
        Module('nn::NLLLoss<{red(reduction)}, {ignore_index}, {weight_type(weight, T)}, {axis(inputs)}>'),
    f'nn.CrossEntropyLoss(weight=None, size_average=None, ignore_index=-100, reduce=None, reduction="mean", label_smoothing=0.0)':
        Module('nn::CrossEntropyLoss<{red(reduction)}, {ignore_index}, {label_smoothing}, {weight_type(weight, T)}, {axis(inputs)}>'),
    f'nn.LinearCrossEntropyLoss(in_features=None, num_classes=None, *, out_features=(), bias=False, reduction="mean", weight=None, ignore_index=None, label_smoothing=0.0, options=None)':
        Module('{linear_cross_entropy(in_features, num_classes, out_features, bias, reduction, weight, ignore_index, label_smoothing, params, buffers, T)}'),
    'nn.AdaptiveLogSoftmaxWithLoss(in_features, n_classes, cutoffs, div_value=4.0, head_bias=False)':
        Module('nn::AdaptiveLogSoftmaxWithLoss<{in_features}, {n_classes}, ints<{[c for c in cutoffs if c != n_classes]}>{{}}, {float(div_value)}, {head_bias}, {T}>'),
}

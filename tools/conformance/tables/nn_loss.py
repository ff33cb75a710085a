"""torch.nn.functional's losses."""


def reduced(name, reduction, *more):
    """name<Reduction::.., more..>, up to the last that is not its default."""
    given = [f'Reduction::{reduction}', *more]
    return f'{name}<{render(given)}>'


def classes(name, input, target, weight, reduction, *more):
    """A loss over classes, which PyTorch has on axis 1 of two or more."""
    axis = min(1, input.rank - 1)
    return f'{reduced(name, reduction, *more, axis)}({render([v for v in (input, target, weight) if v is not None])})'


def weighted(name, reduction, *values):
    return f'{reduced(name, reduction)}({render([v for v in values if v is not None])})'


def numbers(value, like):
    """A tensor, or a list of numbers as a constant."""
    return value if isinstance(value, Var) else f'numbers<{render(value)}>({like})'


OLD = 'size_average=None, reduce=None, reduction="mean"'
OPS = {
    f'nn.functional.cross_entropy(input, target, weight=None, size_average=None, ignore_index=-100, reduce=None, reduction="mean", label_smoothing=0.0)':
        '{classes("cross_entropy", input, target, weight, reduction, ignore_index, label_smoothing)}',
    f'nn.functional.nll_loss(input, target, weight=None, size_average=None, ignore_index=-100, reduce=None, reduction="mean")':
        '{classes("nll_loss", input, target, weight, reduction, ignore_index)}',
    f'nn.functional.mse_loss(input, target, {OLD}, weight=None)': '{weighted("mse_loss", reduction, input, target, weight)}',
    f'nn.functional.l1_loss(input, target, {OLD}, weight=None)': '{weighted("l1_loss", reduction, input, target, weight)}',
    f'nn.functional.smooth_l1_loss(input, target, {OLD}, beta=1.0)': '{weighted("smooth_l1_loss", reduction, input, target, beta)}',
    f'nn.functional.huber_loss(input, target, reduction="mean", delta=1.0, weight=None)': '{weighted("huber_loss", reduction, input, target, delta, weight)}',
    f'nn.functional.binary_cross_entropy(input, target, weight=None, {OLD})': '{weighted("binary_cross_entropy", reduction, input, target, weight)}',
    f'nn.functional.binary_cross_entropy_with_logits(input, target, weight=None, {OLD}, pos_weight=None)':
        '{weighted("binary_cross_entropy_with_logits", reduction, input, target, 1 if weight is None and pos_weight is not None else weight, pos_weight)}',
    'nn.functional.ctc_loss(log_probs, targets, input_lengths, target_lengths, blank=0, reduction="mean", zero_infinity=False)':
        '{reduced("ctc_loss", reduction, blank, zero_infinity)}({log_probs}, {targets}, {numbers(input_lengths, log_probs)}, {numbers(target_lengths, log_probs)})',
    f'nn.functional.kl_div(input, target, {OLD}, log_target=False)': '{reduced("kl_div", reduction, log_target)}({input}, {target})',
    f'nn.functional.poisson_nll_loss(input, target, log_input=True, full=False, size_average=None, eps=1e-8, reduce=None, reduction="mean")':
        '{reduced("poisson_nll_loss", reduction, log_input, full)}({input}, {target}, {eps})',
    f'nn.functional.gaussian_nll_loss(input, target, var, full=False, eps=1e-6, reduction="mean")': '{reduced("gaussian_nll_loss", reduction, full)}({input}, {target}, {var}, {eps})',
    f'nn.functional.soft_margin_loss(input, target, {OLD})': '{weighted("soft_margin_loss", reduction, input, target)}',
    f'nn.functional.hinge_embedding_loss(input, target, margin=1.0, {OLD})': '{weighted("hinge_embedding_loss", reduction, input, target, margin)}',
    f'nn.functional.margin_ranking_loss(input1, input2, target, margin=0, {OLD})': '{weighted("margin_ranking_loss", reduction, input1, input2, target, margin)}',
    f'nn.functional.cosine_embedding_loss(input1, input2, target, margin=0, {OLD})': '{weighted("cosine_embedding_loss", reduction, input1, input2, target, margin)}',
    f'nn.functional.multi_margin_loss(input, target, p=1, margin=1.0, weight=None, {OLD})':
        '{reduced("multi_margin_loss", reduction, p)}({[v for v in (input, target, margin, weight) if v is not None]})',
    f'nn.functional.multilabel_margin_loss(input, target, {OLD})': '{weighted("multilabel_margin_loss", reduction, input, target)}',
    f'nn.functional.multilabel_soft_margin_loss(input, target, weight=None, {OLD})': '{weighted("multilabel_soft_margin_loss", reduction, input, target, weight)}',
    f'nn.functional.triplet_margin_loss(anchor, positive, negative, margin=1.0, p=2, eps=1e-6, swap=False, {OLD})':
        '{reduced("triplet_margin_loss", reduction, float(p), swap)}({anchor}, {positive}, {negative}, {margin}, {eps})',
    f'nn.functional.triplet_margin_with_distance_loss(anchor, positive, negative, *, distance_function=None, margin=1.0, swap=False, reduction="mean")':
        '{reduced("triplet_margin_loss", reduction, 2.0, swap)}({anchor}, {positive}, {negative}, {margin})',
}

"""Optimizers: five steps on a problem whose name the case has; parameters, losses and gradients on the way."""

PROBLEMS = {'quadratic': 'Quadratic', 'rosenbrock': 'Rosenbrock', 'matrix_quadratic': 'MatrixQuadratic'}
SPEED = ('foreach', 'fused', 'capturable', 'differentiable')  # how PyTorch computes, not what


def braced(fields, options, spell=None):
    """`{.lr = 0.1, .betas = {0.9, 0.99}}`, in the order of the struct; None is the default."""
    options = {k: v for k, v in options.items() if v is not None and k not in SPEED}
    unknown = set(options) - set(fields.split())
    if unknown:
        raise Missing(f'the option {min(unknown)}')

    def text(name, value):
        if spell and name in spell:
            return spell[name](value)
        return f'{{{render(value)}}}' if isinstance(value, (list, tuple)) else render(value)
    return '{' + ', '.join(f'.{name} = {text(name, options[name])}' for name in fields.split() if name in options) + '}'


def optimizer(name, fields, wrap=None, spell=None):
    """The line of an optimizer; `wrap` are options that are a function around it in etch."""
    def line(start, options):
        options = dict(options)
        around = [(w, options.pop(w)) for w in (wrap or ()) if w in options]
        text = f'optim::{name}{braced(fields, options, spell)}'
        for w, value in around:
            if value is False:
                continue
            text = f'optim::{w}({text})' if value is True else f'optim::{w}<{render(value)}>({text})'
        text = text.replace('{', '{{').replace('}', '}}')
        return Eager('auto t = trajectory<{PROBLEMS[case["problem"]]}>({start}, ' + text + ') => t.params; t.loss; t.gradient')
    return line


OPS = {
    'optim.SGD(start, options)': optimizer('SGD', 'lr momentum dampening weight_decay nesterov maximize'),
    'optim.Adam(start, options)': optimizer('Adam', 'lr betas eps weight_decay maximize decoupled_weight_decay', ['amsgrad']),
    'optim.AdamW(start, options)': optimizer('AdamW', 'lr betas eps weight_decay maximize', ['amsgrad']),
    'optim.SparseAdam(start, options)': optimizer('SparseAdam', 'lr betas eps maximize'),
    'optim.Adagrad(start, options)': optimizer('Adagrad', 'lr lr_decay weight_decay initial_accumulator_value eps maximize'),
    'optim.Adadelta(start, options)': optimizer('Adadelta', 'lr rho eps weight_decay maximize'),
    'optim.Adamax(start, options)': optimizer('Adamax', 'lr betas eps weight_decay maximize'),
    'optim.NAdam(start, options)': optimizer('NAdam', 'lr betas eps weight_decay momentum_decay decoupled_weight_decay maximize'),
    'optim.RAdam(start, options)': optimizer('RAdam', 'lr betas eps weight_decay decoupled_weight_decay maximize'),
    'optim.RMSprop(start, options)': optimizer('RMSprop', 'lr alpha eps weight_decay momentum maximize', ['centered']),
    'optim.Rprop(start, options)': optimizer('Rprop', 'lr etas step_sizes maximize'),
    'optim.ASGD(start, options)': optimizer('ASGD', 'lr lambd alpha t0 weight_decay maximize'),
    'optim.LBFGS(start, options)': optimizer('LBFGS', 'lr max_iter max_eval tolerance_grad tolerance_change history_size line_search_fn',
                                             spell={'line_search_fn': 'optim::LBFGS::{}'.format}),
    'optim.Adafactor(start, options)': optimizer('Adafactor', 'lr beta2_decay eps d weight_decay maximize',
                                                 spell={'eps': lambda eps: f'{{{-1 if eps[0] is None else render(eps[0])}, {render(eps[1])}}}'}),
    'optim.Muon(start, options)': optimizer('Muon', 'lr weight_decay momentum nesterov ns_coefficients eps adjust_lr_fn', ['ns_steps'],
                                            spell={'adjust_lr_fn': 'optim::Muon::{}'.format}),
    'nn.utils.clip_grad_norm_(grads, max_norm, norm_type=2.0, error_if_nonfinite=False, foreach=None)':
        Eager('const auto norm = static_cast<{grads[0].cpp}>(nn::utils::clip_grad_norm_(nn::utils::gradients({grads}), {max_norm}, {norm_type}, {error_if_nonfinite})) => norm; {"; ".join(map(str, grads))}'),
    'optim.swa_utils.AveragedModel(weights, decay)': Eager('averaged({weights}, {decay})'),
}

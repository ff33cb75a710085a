"""Schedules: the rates (and momenta) of SGD's parameter groups, when the schedule is bound and after each of its steps."""
import ast
import re

FIELDS = {
    'StepLR': 'step_size gamma', 'MultiStepLR': 'milestones gamma', 'ConstantLR': 'factor total_iters', 'LinearLR': 'start_factor end_factor total_iters',
    'ExponentialLR': 'gamma', 'PolynomialLR': 'total_iters power', 'CosineAnnealingLR': 'T_max eta_min', 'CosineAnnealingWarmRestarts': 'T_0 T_mult eta_min',
    'CyclicLR': 'base_lr max_lr step_size_up step_size_down mode gamma scale_mode cycle_momentum base_momentum max_momentum',
    'OneCycleLR': 'max_lr total_steps epochs steps_per_epoch pct_start anneal_strategy cycle_momentum base_momentum max_momentum div_factor final_div_factor three_phase',
    'ReduceLROnPlateau': 'mode factor patience threshold threshold_mode cooldown min_lr eps', 'SWALR': 'swa_lr anneal_epochs anneal_strategy'}
WORDS = ('mode', 'scale_mode', 'threshold_mode')


NAMES = {'epoch//10': '0.5**(epoch//10)'}  # functions that the data calls by a name and not by their formula


def function(text):
    """A function of the epoch, as Python, in C++; words in brackets behind it are a remark."""
    def cpp(node):
        if isinstance(node, ast.Constant):
            return render(float(node.value))
        if isinstance(node, ast.Name):
            return 'e'
        if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
            return f'-({cpp(node.operand)})'
        if isinstance(node, ast.Call) and node.func.id in ('min', 'max'):
            a, b = map(cpp, node.args)
            return f'std::f{node.func.id}({a}, {b})'
        if isinstance(node, ast.BinOp):
            a, b = cpp(node.left), cpp(node.right)
            signs = {ast.Add: '+', ast.Sub: '-', ast.Mult: '*', ast.Div: '/'}
            if type(node.op) in signs:
                return f'({a} {signs[type(node.op)]} {b})'
            return {ast.Pow: f'std::pow({a}, {b})', ast.FloorDiv: f'std::floor({a} / {b})', ast.Mod: f'std::fmod({a}, {b})'}[type(node.op)]
        raise Missing(f'the function {text} has no C++ form')
    formula = NAMES.get(text, re.sub(r'\s*\([a-z ]+\)$', '', text))
    return f'[](std::int64_t epoch) {{ [[maybe_unused]] const double e = static_cast<double>(epoch); return {cpp(ast.parse(formula, mode="eval").body)}; }}'


def schedule(name, options):
    """A schedule as C++."""
    if name in ('LambdaLR', 'MultiplicativeLR'):
        return f'optim::{name}{{{function(options["lr_lambda"])}}}'
    if name in ('SequentialLR', 'ChainedScheduler'):
        parts = ', '.join(schedule(s['name'], s['options']) for s in options['schedulers'])
        return f'optim::{name}({{{render(options["milestones"])}}}, {parts})' if name == 'SequentialLR' else f'optim::{name}({parts})'
    fields = FIELDS[name].split()
    given = {k: v for k, v in options.items() if v is not None}
    if set(given) - set(fields):
        raise Missing(f'the option {min(set(given) - set(fields))}')

    def text(k, v):
        if k == 'anneal_strategy':
            return f'optim::Anneal::{v}'
        if k in WORDS:
            return f'optim::{name}::{v}'
        return f'{{{render(v)}}}' if isinstance(v, list) else render(v)
    return f'optim::{name}{{' + ', '.join(f'.{k} = {text(k, given[k])}' for k in fields if k in given) + '}'


def line(name):
    def fill(metrics=None, *, options, initial_lr):
        group = [f'optim::SGD{{.lr = {render(lr)}, .momentum = 0.9}}' for lr in initial_lr]
        groups = ', '.join(group[:1] + [f'optim::group("{i}", {g})' for i, g in enumerate(group[1:])])
        text = f'optim::param_groups({groups}), {schedule(name, options)}'.replace('{', '{{').replace('}', '}}')
        size = '<{case["outputs"][0]["shape"]}>'
        results = 'r.lr; r.momentum' if name in ('CyclicLR', 'OneCycleLR') else 'r.lr'
        return Eager(f'const RateTable{size} r({text}{", {metrics}.data()" if metrics is not None else ""}) => {results}')
    return fill


OPS = {f'optim.lr_scheduler.{name}(metrics=None, *, options, initial_lr)': line(name)
       for name in ('LambdaLR', 'MultiplicativeLR', 'SequentialLR', 'ChainedScheduler', *FIELDS)}

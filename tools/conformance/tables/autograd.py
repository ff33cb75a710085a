"""Derivatives of functions."""

FUNCTIONS = {
    'sum(x**3)': 'sum(pow(x, 3))',
    'sum(sin(x)*x)': 'sum(sin(x) * x)',
    'logsumexp(x*x)': 'logsumexp<0>(x * x)',
    'prod(tanh(x)+2)': 'prod(tanh(x) + 2)',
    'sum(exp(-x*x))': 'sum(exp(-x * x))',
    'x0*x1 + x1**2*x2': 'select_axis<0, 0>(x) * select_axis<0, 1>(x) + square(select_axis<0, 1>(x)) * select_axis<0, 2>(x)',
    'x*x': 'x * x',
    'cumsum(sin(x))': 'cumsum<0>(sin(x))',
    'softmax(x)': 'softmax<0>(x)',
    '[x0*x1, x1+x2, exp(x0)]': 'stack<0>(select_axis<0, 0>(x) * select_axis<0, 1>(x), select_axis<0, 1>(x) + select_axis<0, 2>(x), exp(select_axis<0, 0>(x)))',
    'tanh(x)*sum(x)': 'tanh(x) * sum(x)',
}


def f(case):
    """The function of a case as a lambda."""
    if case['function'] not in FUNCTIONS:
        raise Missing(f'no function {case["function"]}')
    return f'[](auto x) {{ return {FUNCTIONS[case["function"]]}; }}'


OPS = {
    'autograd.functional.jacobian(x)': 'jacobian({f(case)})({x})',
    'autograd.functional.hessian(x)': 'hessian({f(case)})({x})',
    'autograd.functional.vhp(x, v)': 'vhp({f(case)})({x}, {v}).template get<1>()',
    'autograd.functional.hvp(x, v)': 'hvp({f(case)})({x}, {v}).template get<1>()',
    'func.jvp(x, v)': 'jvp({f(case)})({x}, {v}).template get<1>()',
    'func.vjp(x, v)': 'vjp({f(case)})({x}, {v}).template get<1>()',
    '"autograd.grad(create_graph): gradient of (||grad f|| - 1)^2"(x)':
        'grad([](auto z) {{ const auto g = grad({f(case)})(z); return square(sqrt(sum(g * g)) - 1); }})({x})',
}

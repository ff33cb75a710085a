"""Derivatives of functions."""

def f(case):
    """The function of a case as a lambda."""
    return f'[](auto x) {{ return {formula(case["function"])}; }}'


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

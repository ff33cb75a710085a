"""Calls that PyTorch refuses, where an operation's own line does not say what a user would write."""


def count(start, end, step):
    """How many numbers arange gives; in etch the caller says it."""
    size = (end - start) / step if step else 0
    return (math.ceil(size) if size >= 0 else math.floor(size)) if math.isfinite(size) else size


def result(name, input, dim, keepdim, out):
    text = f'{name}<{render(axes(dim))}>({input})'
    return Eager(text if out is None else f'{out} = {text} => {out}')


def method(text):
    """A method of the first argument, which C++ can only write of a tensor."""
    return 'self({input}), ' + text


OPS = {
    'item(input)': Eager('{input}.item()'),
    'arange(start, end, step=1, *, dtype=None, out=None)': lambda start, end, step, dtype, out: Inexpressible(
        ('{out} = ' if out else '') + 'arange<float, {count(start, end, step)}>({0 if math.isinf(start) else start}, {step})' + (' => {out}' if out else ''), 'the number of elements is in the type'),
    'linspace(start, end, steps, *, dtype=None)': 'linspace<float, {steps}>({start}, {end})',
    'amax(input, dim=(), keepdim=False, *, out=None)': lambda input, dim, keepdim, out: result('amax', input, dim, keepdim, out),
    'amin(input, dim=(), keepdim=False, *, out=None)': lambda input, dim, keepdim, out: result('amin', input, dim, keepdim, out),
    'aminmax(input, *, dim=None, keepdim=False, out=None)': lambda input, dim, keepdim, out: Eager('{call("aminmax", axes(dim), input)}' if out is None else '{out[0]} = {call("aminmax", axes(dim), input)}.min; {out[1]} = {call("aminmax", axes(dim), input)}.max => {out[0]}'),
    'gather(input, dim, index, *, sparse_grad=False, out=None)': lambda input, dim, index, sparse_grad, out: Eager('gather<{dim}>({input}, {index})' if out is None else '{out} = gather<{dim}>({input}, {index}) => {out}'),
    'complex(real, imag, *, out=None)': lambda real, imag, out: Eager('complex({real}, {imag})' if out is None else '{out} = complex({real}, {imag}) => {out}'),
    'multinomial(input, num_samples, replacement=False, *, out=None)':
        lambda input, num_samples, replacement, out: Eager(('{out} = ' if out else '') + 'multinomial<{num_samples}, {replacement}>({input})' + (' => {out}' if out else '')),
    'cat(tensors, dim=0, *, out=None)': Inexpressible('cat<{dim}>({tensors}{"" if isinstance(tensors, list) else "..."})', 'a list of tensors is a pack'),
    'max.binary(input, other)': '{f"max<{other}>({input})" if isinstance(other, int) else f"max({render(input)}, {render(other)})"}',
    'min.binary(input, other)': '{f"min<{other}>({input})" if isinstance(other, int) and isinstance(input, Var) else f"min({render(input)}, {render(other)})"}',
    'hstack(tensors)': Inexpressible('hstack({tensors})', 'a call without tensors has no type'),
    'vstack(tensors)': Inexpressible('vstack({tensors})', 'a call without tensors has no type'),
    'dstack(tensors)': Inexpressible('dstack({tensors})', 'a call without tensors has no type'),
    'gradient(input, *, spacing=None, dim=None, edge_order=1)':
        Inexpressible('gradient<{render([*axes(dim), edge_order])}>({input}{"" if spacing is None else ", "}{spacing})', 'one derivative at a time, with one spacing'),
    'rot90(input, k=1, dims=(0, 1))': Inexpressible('rot90<{k}, ints<{dims}>>({input})' , 'the plane is two template arguments, not a list'),
    'hsplit(input, indices_or_sections)': 'hsplit<{text(indices_or_sections)}>({input})',
    'vsplit(input, indices_or_sections)': 'vsplit<{text(indices_or_sections)}>({input})',
    'dsplit(input, indices_or_sections)': 'dsplit<{text(indices_or_sections)}>({input})',
    'unbind(input, dim=0)': 'unbind<{dim}>({input})',
    'remainder(input, other)': method('remainder({input}, {other})'),
    '__rand__(input, other)': method('{other} & {input}'),
    '__ror__(input, other)': method('{other} | {input}'),
    '__radd__(input, other)': method('{other} + {input}'),
    '__rmul__(input, other)': method('{other} * {input}'),
    '__rdiv__(input, other)': Inexpressible(method('{other} / {input}'), 'a number has no methods'),
    '__rxor__(input, other)': method('bitwise_xor({other}, {input})'),
}


def text(value):
    """A string as a value: no template argument that stands for sizes; a list as one argument."""
    return f'ints<{render(value)}>' if isinstance(value, list) else f'"{value}"' if isinstance(value, str) else value

"""Reading and writing by index, by mask and through views."""


def ints(values):
    return f'ints<{render(list(values))}>'


def count(case):
    """How many elements a mask selects: in a traced function the caller says it."""
    return case['outputs'][0]['shape'][0]


def item(i, size=None):
    """One item of an index."""
    if isinstance(i, Var):
        return render(i)
    if i is None:
        return 'newaxis'
    if i is Ellipsis:
        return 'ellipsis'
    if isinstance(i, slice):
        if (i.start, i.stop, i.step) == (None, None, None):
            return 'every'
        return f'Slice<{", ".join(str(v) for v in (i.start or 0, "2147483647" if i.stop is None else i.stop, i.step or 1))}>{{}}'
    return ints(i) + '{}' if isinstance(i, list) else render(i)


def items(index):
    return ', '.join(item(i) for i in (index if isinstance(index, tuple) else (index,)))


def places(index):
    """(statements, index): a mask stands for the places it selects, one index for each of its axes; how many, the caller says."""
    before, parts = '', []
    for i in index if isinstance(index, tuple) else (index,):
        if isinstance(i, Var) and i.dtype == 'bool':
            before += f'const auto {i}_at = nonzero_static<{sum(map(bool, i.numbers))}>({i}); '
            parts += [f'select_axis<1, {k}>({i}_at)' for k in range(i.rank)]
        else:
            parts.append(i)
    return before + '=> ' * bool(before), tuple(parts)


def getitem(input, index):
    before, index = places(index)
    return f'{before}{input}({items(index)})'


def how(reduce):
    return f'Reduce::{ {None: "none", "add": "sum", "multiply": "prod"}.get(reduce, reduce)}'


def reduced(name, dim, reduce, include_self, *values):
    return call(name, [dim, how(reduce)] + ['false'] * (not include_self), *values)


def scattered(input, dim, index, src, reduce):
    return call('scatter', [dim] + [how(reduce)] * (reduce is not None), input, index, src)


def narrowed(input, dim, start, length):
    return f'narrow<{dim}, {length}>({input}, {start})' if isinstance(start, Var) else f'narrow<{dim}, {start}, {length}>({input})'


def strides(input, src, size, stride, storage_offset):
    return f'as_strided_scatter<{ints(size)}, {ints(stride)}, {storage_offset or 0}>({input}, {src})'


def slice_bounds(input, dim, start, end, step):
    n = input.shape[dim]
    start, end = (0 if start is None else start), (n if end is None else end)
    start, end = (max(v + n, 0) if v < 0 else min(v, n) for v in (start, end))
    return [dim, start, max(start, end), step]


def coordinates(indices, shape):
    shape = [shape] if isinstance(shape, int) else shape
    if not shape:
        return Eager('')
    return f'auto i = unravel_index<{render(shape)}>({indices}) => ' + '; '.join(f'i.template get<{k}>()' for k in range(len(shape)))


def listed(input, as_tuple):
    if not as_tuple:
        return Eager(f'nonzero({input})')
    return Eager(f'auto i = nonzero_tuple({input}) => ' + '; '.join(f'i.get<{k}>()' for k in range(max(input.rank, 1))))


def chosen(condition, input, other):
    """Of two numbers PyTorch's result has the default dtype; in etch they have the type that C++ gives them."""
    text = f'where({render(condition)}, {render(input)}, {render(other)})'
    kinds = [type(v) for v in (input, other)]
    return text if Var in kinds else f'to<complex64>({text})' if complex in kinds else f'to<float>({text})' if float in kinds else text


OPS = {
    'item(self)': Eager('{self}.item()'),
    'gather(input, dim, index, *, sparse_grad=False)': 'gather<{dim}>({input}, {index})',
    'index_select(input, dim, index)': 'index_select<{dim}>({input}, {index})',
    'take(input, index)': 'take({input}, {index})',
    'take_along_dim(input, indices, dim=None)': '{call("take_along_dim", axes(dim), input, indices)}',
    'narrow(input, dim, start, length)': '{narrowed(input, dim, start, length)}',
    '__getitem__(input, index)': '{getitem(input, index)}',
    'scatter(input, dim, index, src, *, reduce=None)': '{scattered(input, dim, index, src, reduce)}',
    'scatter_add(input, dim, index, src)': 'scatter_add<{dim}>({input}, {index}, {src})',
    'scatter_reduce(input, dim, index, src, reduce, *, include_self=True)': '{reduced("scatter_reduce", dim, reduce, include_self, input, index, src)}',
    'index_add(input, dim, index, source, *, alpha=1)': '{call("index_add", [dim], *([input, index, source] + [alpha] * (alpha != 1)))}',
    'index_copy(input, dim, index, source)': 'index_copy<{dim}>({input}, {index}, {source})',
    'index_fill(input, dim, index, value)': 'index_fill<{dim}>({input}, {index}, {value})',
    'index_reduce(input, dim, index, source, reduce, *, include_self=True)': '{reduced("index_reduce", dim, reduce, include_self, input, index, source)}',
    'index_put(input, indices, values, accumulate=False)': 'index_put{"<true>" if accumulate else ""}({input}, indices({items(tuple(indices))}), {values})',
    'put(input, index, source, accumulate=False)': 'put{"<true>" if accumulate else ""}({input}, {index}, {source})',
    'masked_fill(input, mask, value)': 'masked_fill({input}, {mask}, {value})',
    'masked_scatter(input, mask, source)': 'masked_scatter({input}, {mask}, {source})',
    'masked_select(input, mask)': Eager('masked_select({input}, {mask})', grad='masked_select<{count(case)}>({input}, {mask})'),
    'nonzero(input, *, as_tuple=False)': lambda input, as_tuple: listed(input, as_tuple),
    'nonzero_static(input, *, size, fill_value=-1)': '{call("nonzero_static", [size] + [fill_value] * (fill_value != -1), input)}',
    'argwhere(input)': Eager('argwhere({input})'),
    'where(input, condition, other)': '{chosen(condition, input, other)}',
    'select_scatter(input, src, dim, index)': 'select_scatter<{dim}, {index}>({input}, {src})',
    'slice_scatter(input, src, dim=0, start=None, end=None, step=1)': '{call("slice_scatter", slice_bounds(input, dim, start, end, step), input, src)}',
    'diagonal_scatter(input, src, offset=0, dim1=0, dim2=1)': 'diagonal_scatter<{offset}, {dim1}, {dim2}>({input}, {src})',
    'as_strided_scatter(input, src, size, stride, storage_offset=None)': '{strides(input, src, size, stride, storage_offset)}',
    'unravel_index(indices, shape)': lambda indices, shape: coordinates(indices, shape),
}

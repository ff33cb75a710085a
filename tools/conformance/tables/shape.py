"""Views, joins and parts."""


def ints(values):
    return f'ints<{render(list(values))}>'


def many(name, arguments, outputs):
    """A function of several results, each by its index."""
    return '; '.join(f'{name}({arguments}).template get<{i}>()' for i in range(outputs))


def values(x):
    """A number or a list, or what a tensor that stands for one holds."""
    if not isinstance(x, Var):
        return x
    return [int(n) for n in x.numbers] if x.rank else int(x.numbers[0])


def divided(name, how, dim, x, case):
    """split and its like: `how` is a number, a list or a tensor of either."""
    how = values(how)
    first = ints(how) if isinstance(how, (list, tuple)) else render(how)
    return many(f'{name}<{render([first] + axes(dim))}>', render(x), len(case['outputs']))


def listed(name, tensors):
    """name(x), or of each of a list."""
    return '; '.join(f'{name}({render(x)})' for x in (tensors if isinstance(tensors, (list, tuple)) else [tensors]))


def template(name, arguments, *tensors):
    """name<arguments>(tensors), the angles kept where there is nothing in them."""
    return f'{name}<{render(list(arguments))}>({render(list(tensors))})'


def moved(name, source, destination, x):
    pair = [source, destination] if isinstance(source, int) else [ints(source), ints(destination)]
    return template(name, pair, x)


def sliced(x, dim, start, end, step):
    """The index of a slice along one axis, its bounds counted from the front and cut to the axis."""
    dim = axis(dim, x)
    dim = dim if 0 <= dim < x.rank else x.rank
    n = x.shape[dim] if dim < x.rank else 1
    start, end = (0 if start is None else start), (n if end is None else end)
    start, end = (min(max(v + n if v < 0 else v, 0), n) for v in (start, end))
    return ', '.join(['every'] * dim + [f'Slice<{start}, {max(start, end)}, {step}>{{}}'])


def rolled(x, shifts, dims):
    if isinstance(shifts, int):
        return template('roll', [shifts] + axes(dims[0] if isinstance(dims, (list, tuple)) and dims else None if isinstance(dims, (list, tuple)) else dims), x)
    return template('roll', [ints(shifts), ints(axes(dims))], x)


def repeated_elements(x, repeats, dim, output_size):
    if isinstance(repeats, int):
        return template('repeat_interleave', [repeats] + axes(dim), x)
    total = output_size if output_size is not None else sum(values(repeats))
    return template('repeat_interleave', [total] + axes(dim), x, repeats)


OPS = {
    # the same elements in another shape
    'view(input, *shape)': '{call("view", shape[0] if isinstance(shape[0], list) else shape, input)}',
    'reshape(input, shape)': '{template("reshape", shape, input)}',
    'view_as(input, other)': 'view_as({input}, {other})',
    'reshape_as(input, other)': 'reshape_as({input}, {other})',
    'flatten(input, start_dim=0, end_dim=-1)': 'flatten<{start_dim}, {end_dim}>({input})',
    'unflatten(input, dim, sizes)': '{template("unflatten", [dim, *sizes], input)}',
    'ravel(input)': 'ravel({input})',
    'squeeze(input, dim=None)': '{render(input) if dim is not None and not axes(dim) else call("squeeze", axes(dim), input)}',
    'unsqueeze(input, dim)': 'unsqueeze<{dim}>({input})',
    'atleast_1d(*tensors)': '{listed("atleast_1d", tensors[0] if len(tensors) == 1 else tensors)}',
    'atleast_2d(*tensors)': '{listed("atleast_2d", tensors[0] if len(tensors) == 1 else tensors)}',
    'atleast_3d(*tensors)': '{listed("atleast_3d", tensors[0] if len(tensors) == 1 else tensors)}',
    'resolve_conj(input)': '{input}',
    'resolve_neg(input)': '{input}',
    'real(input)': 'real({input})',
    'imag(input)': 'imag({input})',
    'view_as_real(input)': 'view_as_real({input})',
    'view_as_complex(input)': 'view_as_complex({input})',
    # axes in another order
    'permute(input, dims)': '{template("permute", dims, input)}',
    'transpose(input, dim0, dim1)': 'transpose<{dim0}, {dim1}>({input})',
    'swapaxes(input, axis0, axis1)': 'swapaxes<{axis0}, {axis1}>({input})',
    'swapdims(input, dim0, dim1)': 'swapdims<{dim0}, {dim1}>({input})',
    'movedim(input, source, destination)': '{moved("movedim", source, destination, input)}',
    't(input)': 't({input})',
    'T(input)': 't({input})',
    'H(input)': 'adjoint({input})',
    'mT(input)': 'mT({input})',
    'mH(input)': 'mH({input})',
    # some elements
    **{f'{op}(input, dim, start, length)': 'narrow<{dim}, {values(start)}, {length}>({input})' for op in ['narrow', 'narrow_copy']},
    'select(input, dim, index)': 'select_axis<{dim}, {index}>({input})',
    'slice(input, dim=0, start=None, end=None, step=1)': '{input}({sliced(input, dim, start, end, step)})',
    'flip(input, dims)': '{template("flip", dims, input)}',
    'fliplr(input)': 'fliplr({input})',
    'flipud(input)': 'flipud({input})',
    'rot90(input, k=1, dims=(0, 1))': '{template("rot90", [k, *dims], input)}',
    'diagonal(input, offset=0, dim1=0, dim2=1)': 'diagonal<{offset}, {dim1}, {dim2}>({input})',
    'linalg.diagonal(A, *, offset=0, dim1=-2, dim2=-1)': 'diagonal<{offset}, {dim1}, {dim2}>({A})',
    'unfold(input, dimension, size, step)': 'unfold<{dimension}, {size}, {step}>({input})',
    'as_strided(input, size, stride, storage_offset=0)': '{template("as_strided", [ints(size), ints(stride), storage_offset], input)}',
    # elements repeated
    'expand(input, size)': '{template("expand", size, input)}',
    'expand_as(input, other)': 'expand_as({input}, {other})',
    'broadcast_to(input, size)': '{template("broadcast_to", size, input)}',
    'broadcast_tensors(*tensors)': '{many("broadcast_tensors", render(tensors), len(tensors))}',
    'broadcast_shapes(*shapes)': '{"; ".join(f"broadcast_shapes<{render([ints(s) for s in map(axes, shapes)])}>()[{i}].size" for i in range(len(case["outputs"])))}',
    'repeat(input, repeats)': '{template("repeat", repeats, input)}',
    'tile(input, dims)': '{template("tile", dims, input)}',
    'repeat_interleave(input, repeats, dim=None, *, output_size=None)': '{repeated_elements(input, repeats, dim, output_size)}',
    # joined
    'cat(tensors, dim=0)': 'cat<{dim}>({tensors})',
    'stack(tensors, dim=0)': 'stack<{dim}>({tensors})',
    'hstack(tensors)': 'hstack({tensors})',
    'vstack(tensors)': 'vstack({tensors})',
    'dstack(tensors)': 'dstack({tensors})',
    'column_stack(tensors)': 'column_stack({tensors})',
    'block_diag(*tensors)': 'block_diag({tensors})',
    'roll(input, shifts, dims=())': '{rolled(input, shifts, dims)}',
    'constant_pad_nd(input, pad, value=0)': '{template("constant_pad_nd", pad, input, value)}',
    # parts
    **{f'{op}(input, split_size, dim=0)': '{divided("split", split_size, dim, input, case)}' for op in ['split', 'unsafe_split']},
    'split_with_sizes(input, split_sizes, dim=0)': '{divided("split", split_sizes, dim, input, case)}',
    **{f'{op}(input, chunks, dim=0)': '{divided("chunk", chunks, dim, input, case)}' for op in ['chunk', 'unsafe_chunk']},
    'tensor_split(input, indices_or_sections, dim=0)': '{divided("tensor_split", indices_or_sections, dim, input, case)}',
    'hsplit(input, indices_or_sections)': '{divided("hsplit", indices_or_sections, None, input, case)}',
    'vsplit(input, indices_or_sections)': '{divided("vsplit", indices_or_sections, None, input, case)}',
    'dsplit(input, indices_or_sections)': '{divided("dsplit", indices_or_sections, None, input, case)}',
    'unbind(input, dim=0)': '{many(f"unbind<{dim}>", render(input), len(case["outputs"]))}',
    # matrices
    'tril(input, diagonal=0)': 'tril<{diagonal}>({input})',
    'triu(input, diagonal=0)': 'triu<{diagonal}>({input})',
    'diag(input, diagonal=0)': 'diag<{diagonal}>({input})',
    'diag_embed(input, offset=0, dim1=-2, dim2=-1)': 'diag_embed<{offset}, {dim1}, {dim2}>({input})',
    'diagflat(input, offset=0)': 'diagflat<{offset}>({input})',
    'trace(input)': 'trace({input})',
    'cross(input, other, dim=None)': '{call("cross", axes(dim), input, other)}',
    'combinations(input, r=2, with_replacement=False)': 'combinations<{r}, {with_replacement}>({input})',
    # complex numbers
    **{f'{op}(input)': f'{op}({{input}})' for op in 'real imag conj conj_physical resolve_conj resolve_neg view_as_real view_as_complex'.split()},
}

# the same, copied: what an expression is assigned to is a copy anyway
COPIED = 'view expand permute transpose t squeeze unsqueeze diagonal unfold as_strided select slice split split_with_sizes unbind'.split()
OPS |= {key.replace('(', '_copy(', 1): line for key, line in OPS.items() if key.partition('(')[0] in COPIED}
OPS['alias_copy(input)'] = '{input}'

"""Tensors made from nothing, of another's shape, or as another dtype."""


def type_of(dtype, default='float'):
    return default if dtype is None else CPP[str(dtype)]


def made(name, sizes, dtype, *values, default='float'):
    """name<T, sizes...>(values), of the default dtype where none is given."""
    return f'{name}<{render([type_of(dtype, default), *sizes])}>({render(list(values))})'


def like(name, x, sizes, dtype, *values):
    """name<[T,] sizes...>(x, values), where T is x's unless it is given."""
    return f'{name}<{render(([] if dtype is None else [CPP[str(dtype)]]) + list(sizes))}>({render([x, *values])})'


def same_shape(name, x, dtype, *values):
    angles = f'<{CPP[str(dtype)]}>' if dtype is not None else ''
    return f'{name}{angles}({render([x, *values])})'


def converted(x, dtype):
    return f'to<{CPP[dtype]}>({render(x)})'


def target_dtype(args, dtype=None):
    """The dtype among the arguments of `to`, or that of a tensor among them."""
    return next((a if isinstance(a, DType) else DType(a.dtype) for a in (dtype, *args) if isinstance(a, (DType, Var))), None)


def progression(case, start, end, step, dtype):
    """arange: the number of elements is the recorded result's."""
    start, end = (0, start) if end is None else (start, end)
    whole = all(isinstance(v, int) for v in (start, end, step))
    return made('arange', case['outputs'][0]['shape'], dtype, start, step, default='std::int64_t' if whole else 'float')


def triangle(name, row, col, offset, dtype):
    return f'{name}<{row}, {col}, {offset}, {type_of(dtype, "std::int64_t")}>()'


def grid(tensors, indexing, case):
    name = f'meshgrid<Indexing::{indexing}>' if indexing else 'meshgrid'
    return '; '.join(f'{name}({render(tensors)}).template get<{i}>()' for i in range(len(case['outputs'])))


OPS = {
    'zeros(size, *, dtype=None, requires_grad=False)': '{made("zeros", size, dtype)}',
    'ones(size, *, dtype=None, requires_grad=False)': '{made("ones", size, dtype)}',
    'empty(size, *, dtype=None, requires_grad=False)': '{made("etch::empty", size, dtype)}',
    'full(size, fill_value, *, dtype=None, requires_grad=False)': '{made("full", size, dtype, fill_value)}',
    'eye(n, m=None, *, dtype=None, requires_grad=False)': '{made("eye", [n] if m is None else [n, m], dtype)}',
    'scalar_tensor(s, *, dtype=None, requires_grad=False)': 'scalar_tensor<{type_of(dtype)}>({s})',
    'arange(start, end=None, step=1, *, dtype=None, requires_grad=False)': '{progression(case, start, end, step, dtype)}',
    'linspace(start, end, steps, *, dtype=None, requires_grad=False)': '{made("linspace", [steps], dtype, start, end)}',
    'logspace(start, end, steps, base=10.0, *, dtype=None, requires_grad=False)': '{made("logspace", [steps], dtype, start, end, base)}',
    'tril_indices(row, col, offset=0, *, dtype=None)': '{triangle("tril_indices", row, col, offset, dtype)}',
    'triu_indices(row, col, offset=0, *, dtype=None)': '{triangle("triu_indices", row, col, offset, dtype)}',
    'zeros_like(input, *, dtype=None)': '{same_shape("zeros_like", input, dtype)}',
    'ones_like(input, *, dtype=None)': '{same_shape("ones_like", input, dtype)}',
    'empty_like(input, *, dtype=None)': '{same_shape("empty_like", input, dtype)}',
    'full_like(input, fill_value, *, dtype=None)': '{same_shape("full_like", input, dtype, fill_value)}',
    'new_zeros(input, size, *, dtype=None)': '{like("new_zeros", input, size, dtype)}',
    'new_ones(input, size, *, dtype=None)': '{like("new_ones", input, size, dtype)}',
    'new_empty(input, size, *, dtype=None)': '{like("new_empty", input, size, dtype)}',
    'new_full(input, size, fill_value, *, dtype=None)': '{like("new_full", input, size, dtype, fill_value)}',
    'fill(input, value)': 'fill({input}, {value})',
    'zero_(input)': Eager('zero_({input}) => {input}', grad='zeros_like({input})'),
    'clone(input)': 'clone({input})',
    'contiguous(input)': 'contiguous({input})',
    # dtypes
    'to(input, *args, dtype=None)': '{cast(input, target_dtype(args, dtype))}',
    'bool(input)': '{converted(input, "bool")}',
    'byte(input)': '{converted(input, "uint8")}',
    'char(input)': '{converted(input, "int8")}',
    'short(input)': '{converted(input, "int16")}',
    'int(input)': '{converted(input, "int32")}',
    'long(input)': '{converted(input, "int64")}',
    'half(input)': '{converted(input, "float16")}',
    'bfloat16(input)': '{converted(input, "bfloat16")}',
    'float(input)': '{converted(input, "float32")}',
    'double(input)': '{converted(input, "float64")}',
    'cfloat(input)': '{converted(input, "complex64")}',
    'cdouble(input)': '{converted(input, "complex128")}',
    'complex(real, imag)': 'complex({real}, {imag})',
    'polar(abs, angle)': 'polar({abs}, {angle})',
    # grids
    'meshgrid.variadic_tensors(*tensors, indexing=None)': '{grid(tensors, indexing, case)}',
    'meshgrid.list_of_tensors(tensors, indexing=None)': '{grid(tensors, indexing, case)}',
    'cartesian_prod(*tensors)': 'cartesian_prod({tensors})',
}

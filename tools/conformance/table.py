"""From a call of PyTorch to C++: values, the table of operations, and the templates of its lines.

A line of a table is  'op.variant(signature)': 'template', the name in double quotes where it holds a parenthesis.  The signature is PyTorch's, as Python; the template is C++
in which {expression} is a Python expression over the arguments, rendered as C++:

    'sum(input, dim=(), keepdim=False, *, dtype=None)': 'sum{"_keepdim" if keepdim else ""}<{dim}>({cast(input, dtype)})'
"""
import ast
import importlib.util
import math
import pathlib
import textwrap

CPP = {'float64': 'double', 'float32': 'float', 'float16': 'etch::half', 'bfloat16': 'bfloat16', 'int64': 'std::int64_t', 'int32': 'std::int32_t', 'int16': 'std::int16_t',
       'int8': 'std::int8_t', 'uint8': 'std::uint8_t', 'bool': 'bool', 'complex64': 'complex64', 'complex128': 'complex128'}


class Missing(Exception):
    """etch has no such operation: counted as missing, with the reason."""


class Broken(Exception):
    """A line of the table fails: the case fails, with the reason."""


class Var:
    """A tensor argument: its C++ name, shape and dtype."""

    def __init__(self, name, path, shape, dtype, stored=None, value=None):
        self.name, self.path, self.shape, self.dtype, self.stored, self.value = name, path, list(shape), dtype, stored, value

    rank = property(lambda self: len(self.shape))
    numel = property(lambda self: math.prod(self.shape))
    cpp = property(lambda self: CPP[self.dtype])
    floating = property(lambda self: self.dtype in ('float64', 'float32', 'float16', 'bfloat16'))
    complex = property(lambda self: self.dtype.startswith('complex'))

    @property
    def numbers(self):
        """What it holds, for operations whose result has a shape that depends on it."""
        from compare import numbers
        return numbers(self.tensors.bytes(self.stored), self.stored_dtype)

    def __str__(self):
        return self.name


class DType(str):
    """A dtype argument; renders as the C++ type."""
    cpp = property(lambda self: CPP[str(self)])


class Index(tuple):
    """The index tuple of __getitem__ and its like."""


def render(value):
    """A value as C++."""
    if isinstance(value, DType):
        return value.cpp
    if isinstance(value, (str, Var)):
        return str(value)
    if value is None:
        return ''
    if isinstance(value, bool):
        return 'true' if value else 'false'
    if isinstance(value, int):
        return str(value) if -2**31 <= value < 2**31 else 'std::numeric_limits<std::int64_t>::min()' if value == -2**63 else f'{value}LL'
    if isinstance(value, float):
        return 'nan' if math.isnan(value) else ('inf' if value > 0 else '-inf') if math.isinf(value) else repr(value)
    if isinstance(value, complex):
        return f'complex128({render(value.real)}, {render(value.imag)})'
    if isinstance(value, (list, tuple)):
        return ', '.join('nullptr' if v is None else render(v) for v in value)
    raise Missing(f'an argument of type {type(value).__name__} has no C++ form')


def fill(template, names):
    """A template with each {expression} evaluated over `names`; {{ and }} are braces."""
    out, i = [], 0
    while i < len(template):
        c = template[i]
        if template[i:i + 2] in ('{{', '}}'):
            out.append(c)
            i += 2
        elif c == '{':
            depth, j = 1, i + 1
            while depth:
                depth += {'{': 1, '}': -1}.get(template[j], 0)
                j += 1
            out.append(render(eval(template[i + 1:j - 1], names)))
            i = j
        else:
            out.append(c)
            i += 1
    return ''.join(out)


class Eager(str):
    """A template that runs on tensors and not on tracers; `grad` is a template of the traced call its gradients are taken of."""

    def __new__(cls, text, grad=None):
        self = super().__new__(cls, text)
        self.grad = grad
        return self


class Inexpressible(Eager):
    """A call whose arguments no function of etch takes, and why; it counts as refused when the compiler says just that."""

    def __new__(cls, text, reason):
        self = super().__new__(cls, text)
        self.reason = reason
        return self


class Drawn(str):
    """A template of a call that draws random numbers: its gradients are compared in shape only, as `stochastic` outputs are."""


class Module(str):
    """A template of a module's type, filled with the arguments of its constructor; `forward` is one of the call of `module` on
    the case's `inputs`, and knows the constructor's arguments too."""

    def __new__(cls, text, forward='module({inputs})'):
        self = super().__new__(cls, text)
        self.forward = forward
        return self


PLACES = {'device', 'memory_format', 'layout', 'pin_memory', 'non_blocking'}  # where a result lies, and in what order: here that is the type's business


def reduced(names):
    """A loss's `size_average` and `reduce`, which PyTorch still takes, as its `reduction`."""
    average, reduce = names.get('size_average'), names.get('reduce')
    if 'size_average' in names and (average is not None or reduce is not None):
        names['reduction'] = 'none' if reduce is False else 'sum' if average is False else 'mean'
    return names


class Line:
    """One line of a table."""

    def __init__(self, key, template, module):
        self.key, self.template, self.module = key, template, module
        name, quote, rest = key[1:].partition('"') if key[0] == '"' else (key[:key.index('(')], '', key[key.index('('):])
        self.name, rest = name, rest[1:]
        self.bind = eval(f'lambda {rest[:-1]}: dict(locals())')

    def fill(self, call, case, grad=False):
        """(C++ of the call, its template, the names of its arguments); Missing where the line does not cover the call."""
        names = self.arguments(*call.constructor(self.bind.__code__.co_varnames)) if call.module else self.arguments(call.args, call.kwargs)
        try:
            template = self.template(**names) if callable(self.template) else self.template
            if isinstance(template, Module):
                return self.module_text(template, call, case, names), template, names
            if grad:
                template = getattr(template, 'grad', template)
            if template is None:
                raise Missing(f'{self.key}: not for these arguments')
            return fill(template, {**vars(self.module), 'case': case, **names}), template, names
        except Missing:
            raise
        except Exception as error:
            raise Broken(f'the line {self.key} breaks: {type(error).__name__}: {error}') from None


    def arguments(self, args, kwargs):
        kwargs = {k: v for k, v in kwargs.items() if k not in PLACES or k in self.bind.__code__.co_varnames}
        try:
            return reduced(self.bind(*args, **kwargs))
        except TypeError as error:
            raise Missing(f'{self.key}: {str(error).replace("<lambda>() ", "")}') from None

    def module_type(self, T, args, kwargs):
        """The C++ type of a module constructed with these arguments, for modules that hold modules."""
        names = self.arguments(args, kwargs)
        template = self.template(**names) if callable(self.template) else self.template
        return fill(template, {**vars(self.module), 'T': T, **names})

    def module_text(self, template, call, case, names):
        """Binds a module's tensors by their names, calls it, and gives what its buffers hold afterwards."""
        known = {**vars(self.module), 'case': case, 'T': call.T, 'inputs': call.inputs, 'params': call.kwargs['params'], 'buffers': call.kwargs['buffers'], 'forward_kwargs': call.kwargs['forward_kwargs'], **names}
        state = [(name, v) for group in ('params', 'buffers') for name, v in call.kwargs[group].items() if isinstance(v, Var)]
        bound = ''.join(f', Named{{"{name}", {v}}}' for name, v in state)
        after = [dict(state)[name.partition(': ')[2]] for name in case.get('output_names', []) if name.startswith('buffer after: ')]
        before, _, results = fill(template.forward, known).rpartition('=>')
        return (f'using M = {fill(template, known)}; const Loaded<M> loaded({call.vars[0]}.builder, {render(case["training"])}{bound}); const auto& module = module_of<M>(); '
                f'{before}{";" * bool(before.strip())} const auto y = {results} => y' + ''.join(f'; {v}' for v in after))


class Table:
    """All lines: a case's own family first, then any. A family is a file, or a folder of files."""

    def __init__(self, folder):
        self.families = {}
        self.flags = {}
        folder = pathlib.Path(folder)
        for path in sorted([*folder.glob('*.py'), *folder.glob('*/*.py')]):
            family = path.stem if path.parent == folder else path.parent.name
            spec = importlib.util.spec_from_file_location(f'table_{family}_{path.stem}', path)
            module = importlib.util.module_from_spec(spec)
            module.__dict__.update(helpers(), line_of=self.line_of)
            spec.loader.exec_module(module)
            lines = [Line(key, template, module) for key, template in getattr(module, 'OPS', {}).items()]
            self.families.setdefault(family, {}).update({line.name: line for line in lines})

    def line_of(self, name):
        """The line of this name in any family."""
        for lines in self.families.values():
            if name in lines:
                return lines[name]
        raise Missing(f'no line for {name} in the table')

    def find(self, case):
        family, op, variant = case['id'].split('/')[0], case['op'], case.get('variant', '')
        names = [f'{op}.{variant}'] * bool(variant) + [op]
        for alias in case.get('aliases', []):
            names += [f'{alias}.{variant}'] * bool(variant) + [alias]
        for lines in [self.families.get(family, {}), *self.families.values()]:
            for name in names:
                if name in lines:
                    return lines[name]
        raise Missing('no line in the table')


# ---- what templates may call -------------------------------------------------------------------------------------------


def cast(x, dtype):
    """x, or x as another dtype where one is given."""
    return render(x) if dtype is None else f'to<{render(DType(dtype))}>({render(x)})'


def axes(dim, x=None):
    """Axes as a list: None is none (all), a number is one."""
    return [] if dim is None else [dim] if isinstance(dim, int) else list(dim)


def axis(dim, x):
    """A dim counted from the front."""
    rank = max(x.rank, 1)
    return dim + rank if dim < 0 else dim


def call(name, arguments=(), *values):
    """name<arguments>(values): without <> where there are no arguments."""
    angle = f'<{render(arguments)}>' if len(axes(arguments)) else ''
    return f'{name}{angle}({render(list(values))})'


ALONG = {'softmax', 'log_softmax', 'cumsum', 'cumprod', 'logsumexp', 'logcumsumexp'}  # PyTorch's need a dim: the only one


def formula(text):
    """A formula of a vector x (x0 is its first element), as Python, in C++."""

    def cpp(node):
        if isinstance(node, ast.Constant):
            return render(node.value)
        if isinstance(node, ast.Name):
            return node.id if node.id == 'x' else f'select_axis<0, {int(node.id[1:])}>(x)'
        if isinstance(node, ast.List):
            return f'stack<0>({", ".join(map(cpp, node.elts))})'
        if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
            return f'-({cpp(node.operand)})'
        if isinstance(node, ast.BinOp):
            if isinstance(node.op, ast.Pow):
                return f'pow({cpp(node.left)}, {cpp(node.right)})'
            return f'({cpp(node.left)} { {ast.Add: "+", ast.Sub: "-", ast.Mult: "*", ast.Div: "/"}[type(node.op)]} {cpp(node.right)})'
        if isinstance(node, ast.Call):
            return f'{node.func.id}{"<0>" * (node.func.id in ALONG)}({", ".join(map(cpp, node.args))})'
        raise Missing(f'the formula {text} has no C++ form')

    return cpp(ast.parse(text, mode='eval').body)


def helpers():
    return {'Missing': Missing, 'Var': Var, 'DType': DType, 'Index': Index, 'Eager': Eager, 'Inexpressible': Inexpressible, 'Module': Module, 'Drawn': Drawn, 'render': render, 'cast': cast, 'axes': axes, 'axis': axis, 'call': call, 'formula': formula,
            'math': math, 'dedent': textwrap.dedent, 'CPP': CPP}

"""From cases to programs: what is compiled once per call of an operation on given shapes, whatever the numbers."""
import table as t
from compare import pack

WIDER = {'float32': 'float64', 'complex64': 'complex128'}


def split(text, mark):
    """`text` at each `mark` outside brackets."""
    parts, depth, start = [], 0, 0
    for i, c in enumerate(text):
        depth += {'(': 1, '[': 1, '{': 1, ')': -1, ']': -1, '}': -1}.get(c, 0)
        if c == mark and depth == 0:
            parts.append(text[start:i].strip())
            start = i + 1
    return [p for p in (*parts, text[start:].strip()) if p]


class Call:
    """The arguments of a case, decoded: tensors as `Var`s (their dtypes widened where `wide`), everything else as itself."""

    def __init__(self, case, wide=False, numbers_are_tensors=False):
        self.vars, self.wide = [], wide
        self.args = [self.decode(v, f'a{i}') for i, v in enumerate(case['args'])]
        self.kwargs = {k: self.decode(v, f'k.{k}') for k, v in case['kwargs'].items()}
        self.module = 'params' in self.kwargs and 'buffers' in self.kwargs
        if self.module:
            self.inputs = [*self.args, *self.kwargs['forward_kwargs'].values()]
            self.T = 'double' if wide else 'float' if case['dtype'] == 'float32' else t.CPP[case['dtype']]
            self.ctor, self.attrs = case.get('ctor'), dict(case.get('attrs', {}))
            if 'criterion_tests' in case.get('source', ''):
                self.attrs.setdefault('reduction', 'sum')  # PyTorch's tests of criteria sum, whether the module remembers it or not
        if numbers_are_tensors and not self.vars and self.args and isinstance(self.args[0], (bool, int, float, complex)):
            value = self.args[0]
            dtype = 'bool' if isinstance(value, bool) else 'int64' if isinstance(value, int) else 'float32' if isinstance(value, float) else 'complex64'
            self.args[0] = self.var('a0', [], dtype, value=value)

    def constructor(self, parameters):
        """(args, kwargs) of a module's constructor, or, where they were not recorded, what its settings of these names, its parameters and its buffers
        tell. A tensor that the module keeps as a buffer stands for its shape; any other is one more input."""
        if self.ctor is None:
            named = {k.rpartition('.')[2] for k in self.kwargs['params']}
            told = {'bias': bool(named & {'bias', 'bias_ih', 'bias_ih_l0', 'in_proj_bias'}), 'add_bias_kv': 'bias_k' in named, **self.kwargs['buffers'],
                    **{{'norm': 'p'}.get(k, k): self.decode(v, f'c.{k}') for k, v in self.attrs.items()}}
            return [], {k: v for k, v in told.items() if k in parameters}
        shapes = {k: t.Var(f'c_{k}', f'c.{k}', v['shape'], v['dtype']) for k, v in self.ctor['kwargs'].items() if k in self.kwargs['buffers'] and isinstance(v, dict) and 't' in v}
        return ([self.decode(v, f'c.{i}') for i, v in enumerate(self.ctor['args'])],
                {k: shapes[k] if k in shapes else self.decode(v, f'c.{k}') for k, v in self.ctor['kwargs'].items() if k != 'dtype' or k in parameters})  # T says it

    def var(self, path, shape, dtype, **kept):
        v = t.Var(path.replace('.', '_'), path, shape, WIDER.get(dtype, dtype) if self.wide else dtype, **kept)
        v.stored_dtype = dtype
        self.vars.append(v)
        return v

    def stored(self, path):
        """The bytes of an input as they are stored, and their dtype."""
        v = next(v for v in self.vars if v.path == path)
        return v.tensors.bytes(v.stored), v.stored_dtype

    def decode(self, value, path):
        if isinstance(value, list):
            return [self.decode(v, f'{path}.{i}') for i, v in enumerate(value)]
        if not isinstance(value, dict):
            return value
        if 't' in value:
            return self.var(path, value['shape'], value['dtype'], stored=value['t'])
        if 'float' in value:
            return float(value['float'])
        if 'complex' in value:
            return complex(*(float(p['float']) if isinstance(p, dict) else p for p in value['complex']))
        if 'dtype' in value:
            return t.DType(value['dtype'])
        if 'slice' in value:
            return slice(*value['slice'])
        if 'ellipsis' in value:
            return Ellipsis
        if 'tuple' in value:
            return t.Index(self.decode(v, f'{path}.{i}') for i, v in enumerate(value['tuple']))
        if 'dict' in value:
            return {k: self.decode(v, f'{path}.{k}') for k, v in value['dict'].items()}
        return value


class Program:
    """One C++ program: `body` defines what entry {i} runs."""

    def __init__(self, text, entry):
        self.text, self.entry = text, entry  # {i} is its number in the unit

    def __eq__(self, other):
        return (self.text, self.entry) == (other.text, other.entry)

    def __hash__(self):
        return hash((self.text, self.entry))


def tensor_type(v):
    return f'Tensor<{", ".join([v.cpp, *map(str, v.shape)])}>'


def program(text, eager, call, wrt, loss):
    """The program of a call, `statements => results`; `wrt` and `loss` say what its gradients are."""
    before, _, results = text.rpartition('=>')
    before = f'{before.strip().rstrip(";")}; ' if before.strip() else ''
    if eager:
        statements = ''.join(f'  auto {v.name} = job.tensor<{", ".join([v.cpp, *map(str, v.shape)])}>();\n' for v in call.vars)
        statements += f'  {before}\n' * bool(before) + ''.join(f'  job.result({r});\n' for r in split(results, ';'))
        return Program(f'static void run@(Job& job) {{\n{statements}}}\n', '&run@')
    parameters = ', '.join(f'auto {v.name}' for v in call.vars)
    function = f'struct F@ {{ constexpr auto operator()({parameters}) const {{ {before}return outputs({", ".join(split(results, ";"))}); }} }};\n'
    types = ', '.join(tensor_type(v) for v in call.vars)
    return Program(function, f'&traced<F@, Wrt<{", ".join(map(str, wrt))}>, Loss<{", ".join(map(str, loss))}>, {types}>')


def input_bytes(call, tensors):
    """The inputs in the order and the dtypes in which the program reads them."""
    from compare import numbers
    data = []
    for v in call.vars:
        if v.stored is None:
            data.append(pack([v.value.real, v.value.imag] if v.complex else [v.value], v.dtype))
        elif v.dtype == v.stored_dtype:
            data.append(tensors.bytes(v.stored))
        else:
            data.append(pack(numbers(tensors.bytes(v.stored), v.stored_dtype), v.dtype))
    return b''.join(data)


class Run:
    """One run of one program for a case: its outputs, gradients or both, in the case's own dtype or in float64."""

    def __init__(self, case, line, tensors, wide=False, outputs=True, gradients=False):
        self.call = Call(case, wide, getattr(line.module, 'NUMBERS_ARE_TENSORS', False) and bool(case['outputs']))
        for v in self.call.vars:
            v.tensors = tensors
        refused = 'raises' in case  # on tensors, as a user writes it
        text, self.template, self.names = line.fill(self.call, {**case, 'outputs': [{'shape': [1]}]} if refused else case, not outputs)
        eager = refused or isinstance(self.template, t.Eager) or not self.call.vars
        self.wide, self.outputs = wide, outputs
        self.grads = list(case.get('grads') or {}) if gradients and not eager else []
        paths = {v.path: i for i, v in enumerate(self.call.vars)}
        self.program = program(text, eager, self.call, [paths[g] for g in self.grads], case.get('grad_outputs', []) if self.grads else [])
        self.input = input_bytes(self.call, tensors)
        self.eager = eager
        self.result = None  # list of (dtype, shape, bytes), or a sentence


def runs(case, line, tensors):
    """What a case needs: one program where its outputs and gradients can come from one, in one dtype."""
    gradients, narrow = bool(case.get('grads')), case.get('grad_f32_close', True)
    first = Run(case, line, tensors, gradients=gradients and narrow)
    result = [first]
    if gradients and (first.eager or not narrow):
        result.append(Run(case, line, tensors, wide=not narrow, outputs=not first.eager, gradients=True))
    if not case.get('f32_close', True) and (len(result) == 1 or not result[1].wide):
        result.append(Run(case, line, tensors, wide=True))
    return result

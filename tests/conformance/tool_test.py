#!/usr/bin/env python3
"""The conformance command on a folder made here: what is right passes, and every kind of wrong is found and counted."""
import json
import pathlib
import shutil
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
TOOL = ROOT / 'tools/conformance'
sys.path.insert(0, str(TOOL))
import compare  # noqa: E402
import sample  # noqa: E402

STORED = {'float32': 'F32', 'float64': 'F64', 'int64': 'I64', 'float16': 'F16', 'complex64': 'F32'}
TABLE = '''
OPS = {
    'double(input)': '{input} + {input}',
    'both(input, other)': '{input} * {other}; {input} - {other}',
    'biggest(input, dim=None)': 'argmax<{dim}>({input})',
    'fill(input)': Eager('{input}(0) = 7 => {input}', grad='{input} * 0 + 7'),
    'crash(input)': Eager('*static_cast<volatile int*>(nullptr) = 0 => {input}'),
    'hang(input)': Eager('for (volatile int i = 0; i == 0;) {{}} => {input}'),
    'fails(input)': Eager('fail("fails", "it must not be called") => {input}'),
    'nonsense(input)': 'no_such_function({input})',
    'raises(input)': '{input.no_such_field}',
    'sum(input, dim)': 'sum<{dim}>({input})',
    'number(a)': '{a} + 1',
    'turned(input)': 'complex({input}, {input} * 1e-6)',
    'whole(input)': Eager('Tensor(complex({input}, {input})).item()'),
    'refuses(input)': 'self({input})',
    'nn.Linear(in_features, out_features, bias=True)': Module('nn::Linear<{in_features}, {out_features}, {bias}, {T}>'),
}
'''


class Folder:
    """Cases of a family `tool`, written with their expected state and a word of what is said about them."""

    def __init__(self):
        self.cases, self.tensors, self.expected = [], {}, {}

    def tensor(self, name, shape, values, dtype='float32'):
        self.tensors[name] = (STORED[dtype], shape + [2] * (dtype == 'complex64'), compare.pack(values, dtype))
        return {'t': name, 'shape': shape, 'dtype': dtype}

    def add(self, state, op, args, outputs=(), grads=None, says='', **fields):
        name = f'tool/{op}/{len(self.cases):02}'

        def tensors(values, letter):
            return [self.tensor(f'{name}/{letter}{i}', *v) if isinstance(v, tuple) else v for i, v in enumerate(values)]

        case = {'id': name, 'op': op, 'variant': '', 'dtype': 'float32', 'args': tensors(args, 'a'), 'kwargs': {}, 'outputs': tensors(outputs, 'o'), **fields}
        if grads is not None:
            case['grads'] = {k: v and self.tensor(f'{name}/g.{k}', *v) for k, v in grads.items()}
            case.setdefault('grad_outputs', [0])
        self.cases.append(case)
        self.expected[name] = (state, says)


    def module(self, state, op, params, args, outputs, grads=None, says='', buffers=None, **fields):
        """A case of a module with this state_dict."""
        prefix = f'tool/{op}/{len(self.cases):02}/k.'

        def tensors(group, values):
            return {'dict': {k: self.tensor(f'{prefix}{group}.{k}', *v) for k, v in values.items()}}

        kwargs = {'params': tensors('params', params), 'buffers': tensors('buffers', buffers or {}), 'forward_kwargs': {'dict': {}}}
        self.add(state, op, args, outputs, grads, says, kwargs=kwargs, **fields)


def weights(n, j=0):
    return [(((k + 17 * j) * 37 + 11) % 101 - 50) / 64 for k in range(n)]


def make():
    f = Folder()
    x, y = ([3], [1., 2., 3.]), ([3], [4., 5., 6.])
    c, d = weights(3), weights(3, 1)
    right, slope = ([3], [2., 4., 6.]), ([3], [2 * v for v in c], 'float64')
    f.add('passed', 'double', [x], [right], {'a0': slope})
    f.add('passed', 'double', [x], [right], {'a0': slope}, grad_f32_close=False)
    f.add('passed', 'double', [([], [3.])], [([], [6.])], {'a0': ([], [2 * c[0]], 'float64')})
    f.add('passed', 'double', [([2], [float('nan'), float('inf')])], [([2], [float('nan'), float('inf')])])
    f.add('failed', 'double', [x], [([3], [2., 4., 6.001])], {'a0': slope}, says='output 0: at 2 expected 6.00099')
    f.add('failed', 'double', [x], [([3], [2., 4., float('nan')])], says='expected nan, found 6.0')
    f.add('failed', 'double', [x], [([3, 1], [2., 4., 6.])], says='shape [3, 1] expected, found [3]')
    f.add('failed', 'double', [x], [([3], [2., 4., 6.], 'float64')], says='dtype float64 expected, found float32')
    f.add('failed', 'double', [x], [right], {'a0': ([3], [2 * c[0], 2 * c[1], 3 * c[2]], 'float64')}, says='gradient a0: at 2')
    f.add('failed', 'double', [x], [right], {'a0': None}, says='gradient a0: none expected')
    f.add('failed', 'double', [x], [right, right], says='1 outputs, expected 2')
    product, difference = ([3], [4., 10., 18.]), ([3], [-3., -3., -3.])
    by_x = ([3], [v * c[k] + d[k] for k, v in enumerate(y[1])], 'float64')
    by_y = ([3], [v * c[k] - d[k] for k, v in enumerate(x[1])], 'float64')
    f.add('passed', 'both', [x, y], [product, difference], {'a0': by_x, 'a1': by_y}, grad_outputs=[0, 1])
    f.add('failed', 'both', [x, y], [product, difference], {'a0': by_x, 'a1': by_y}, grad_outputs=[0], says='gradient a0')
    f.add('passed', 'fill', [x], [([3], [7., 2., 3.])])
    f.add('failed', 'fill', [x], [([3], [7., 2., 3.])], {'a0': ([3], [0., 1., 1.], 'float64')}, says='gradient a0')
    ties = [([4], [1., 5., 5., 0.]), 0]
    f.add('passed', 'biggest', ties, [([], [2], 'int64')], ties=True)
    f.add('passed', 'biggest', ties, [([], [1], 'int64')], ties=True)
    f.add('failed', 'biggest', ties, [([], [3], 'int64')], ties=True, says='pick other values')
    f.add('passed', 'turned', [([1], [1000.])], [([1], [1000., 0.], 'complex64')])  # 0.001 of a modulus of 1000
    f.add('failed', 'turned', [([1], [1000.])], [([1], [1000., 0.01], 'complex64')], says='output 0')
    f.add('passed', 'whole', [([], [2.])], [{'complex': [2., 2.]}])
    f.add('failed', 'whole', [([], [2.])], [{'complex': [2., 3.]}], says='output 0')
    f.add('passed', 'double', [x], [([3], [0., 0., 0.])], stochastic=True)
    f.add('missing', 'unheard_of', [x], [right])
    f.add('missing', 'double', [x, x], [right])
    f.add('failed', 'crash', [x], [x], says='signal 11')
    f.add('failed', 'crash', [y], [y], says='signal 11')
    f.add('failed', 'hang', [x], [x], says='longer than')
    f.add('failed', 'fails', [x], [x], says='etch: fails: it must not be called')
    f.add('failed', 'nonsense', [x], [x], says='does not compile')
    f.add('failed', 'raises', [x], [x], says='the line raises(input) breaks')
    f.add('passed', 'renamed', [x], [right], aliases=['double'])
    refused = {'raises': 'RuntimeError', 'message_regex': ''}
    f.add('passed', 'sum', [x, 3], **refused)
    f.add('failed', 'sum', [x, 0], **refused, says='not refused')
    f.add('passed', 'fails', [x], **refused)
    f.add('failed', 'crash', [x], **refused, says='signal 11')
    f.add('failed', 'nonsense', [x], **refused, says='does not compile')
    f.add('passed', 'refuses', [2], raises='TypeError', message_regex='')
    f.add('failed', 'refuses', [2], **refused, says='no matching function')
    line, unit = {'ctor': {'args': [3], 'kwargs': {'out_features': 1}}, 'training': True}, ([1], [1. + 4. + 9. + 5.])
    state = {'weight': ([1, 3], x[1]), 'bias': ([1], [5.])}
    slopes = {'a0': ([3], [v * c[0] for v in x[1]], 'float64'), 'k.params.weight': ([1, 3], [v * c[0] for v in x[1]], 'float64'), 'k.params.bias': ([1], [c[0]], 'float64')}
    f.module('passed', 'nn.Linear', state, [x], [unit], slopes, **line)
    f.module('passed', 'nn.Linear', state, [x], [unit], slopes, training=False, attrs={'in_features': 3, 'out_features': 1, 'training': False})
    f.module('failed', 'nn.Linear', state, [x], [unit], {**slopes, 'k.params.bias': ([1], [2 * c[0]], 'float64')}, says='gradient k.params.bias', **line)
    f.module('failed', 'nn.Linear', {**state, 'bias': ([2], [5., 5.])}, [x], [unit], says='another_shape', **line)
    f.module('failed', 'nn.Linear', {'weight': state['weight']}, [x], [unit], says='that_the_state_has_not', **line)
    f.module('failed', 'nn.Linear', {**state, 'other': state['bias']}, [x], [unit], says='that_the_module_has_not', **line)
    return f


def run(folder, build, *more):
    out = folder / 'out.result'
    command = [sys.executable, TOOL / 'main.py', folder, '--tables', folder, '--build', build, '--seconds', '5', '--out', out, *more]
    result = subprocess.run(command, capture_output=True, text=True)
    if not out.exists():
        sys.exit(result.stdout + result.stderr)
    return result, json.loads(out.read_text())


def main():
    wrong = []

    def check(holds, what):
        if not holds:
            wrong.append(what)

    with tempfile.TemporaryDirectory() as scratch:
        folder, build = pathlib.Path(scratch, 'cases'), pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else pathlib.Path(scratch, 'build'))
        shutil.rmtree(build, ignore_errors=True)
        folder.mkdir()
        f = make()
        (folder / 'tool.py').write_text(TABLE)
        sample.write(folder, 'tool', f.cases, f.tensors)
        result, report = run(folder, build)
        for case in report['cases']:
            state, says = f.expected[case['id']]
            check(case['state'] == state and says in '; '.join(case['problems']), f'{case["id"]}: {state} ({says}) expected, found {case["state"]}: {case["problems"]}')
        count = {s: sum(state == s for state, _ in f.expected.values()) for s in ('passed', 'failed', 'missing')}
        check(f'tool  passed {count["passed"]}, failed {count["failed"]}, missing {count["missing"]}' in result.stdout, 'the summary counts every case once')
        check(result.returncode == 1, 'what failed shows in the exit status')
        check(result.stdout.count('FAILED tool/') == count['failed'], 'one line for each failure')
        check('double(float32[3])' in result.stdout, 'a failure tells operation and shapes')
        check(report['compiled'] > 0, 'the first run compiles')

        again, report = run(folder, build, '--only', 'tool/(double|both|biggest|nonsense)/')
        check(report['compiled'] == 0, 'a second run compiles nothing')
        good, report = run(folder, build, '--only', '/(00|01|02)$')
        check(good.returncode == 0 and report['passed'] == 3 and report['failed'] == 0, 'the exit status is 0 when nothing failed')

        # a family without its tensors, or a folder without cases, is no success
        check(run_alone(folder, '--only', 'no such case') != 0, 'no case is no success')
    for what in wrong:
        print('etch: conformance:', what)
    print(f'{len(f.cases)} cases, {len(wrong)} wrong')
    sys.exit(1 if wrong else 0)


def run_alone(folder, *more):
    return subprocess.run([sys.executable, TOOL / 'main.py', folder, '--tables', folder, *more], capture_output=True).returncode


if __name__ == '__main__':
    main()

#!/usr/bin/env python3
"""Runs the cases of an oracle folder through etch: generates programs, builds and runs them, compares.

    ./run conformance DIR [--only REGEX] [--out FILE]
"""
import argparse
import collections
import concurrent.futures
import json
import math
import os
import re
import sys
import time

import build
import compare
import generate
import manifest
import table
import ties

PER_UNIT = 24
# what compilers say of arguments that no function takes
NO_FUNCTION = 'does not compile: (no match|class template argument deduction failed|could not convert|cannot convert|invalid conversion|no viable|invalid operands|expansion pattern)'
# and of a word that is none of an option's, such as a reduction
NO_ENUMERATOR = r'does not compile: .\w+. is not a member of .etch::(\w+::)?\w+.$'


def as_wanted(got, want):
    """A program's complex result is written as its real view: under the name and shape of the complex tensor that is wanted."""
    dtype, shape, data = got
    whole = {'float32': 'complex64', 'float64': 'complex128'}.get(dtype)
    if isinstance(want, dict) and want.get('dtype', '').startswith('complex') and whole and shape[-1:] == [2] and len(shape) == len(want['shape']) + 1:
        return whole, shape[:-1], data
    return got


def number(data, dtype, like):
    """The one number of a result, complex where it should be."""
    values = compare.numbers(data, dtype)
    return compare.paired(values)[0] if isinstance(like, complex) else values[0]


class Case:
    """One case: its runs, and what became of it."""

    def __init__(self, entry, tensors):
        self.entry, self.tensors, self.id = entry, tensors, entry['id']
        self.runs, self.problems, self.missing, self.by_type = [], [], None, False

    family = property(lambda self: self.id.split('/')[0])

    def plan(self, lines):
        try:
            self.runs = generate.runs(self.entry, lines.find(self.entry), self.tensors)
        except table.Missing as missing:
            self.missing = str(missing)
        except table.Broken as broken:
            self.problems = [str(broken)]

    def refusal(self):
        """A call that PyTorch refuses: the compiler says why in etch's voice, or an etch::Error does; where PyTorch raises
        TypeError, that no function takes such arguments will do."""
        said = self.runs[0].result
        if not isinstance(said, str):
            return ['the call was not refused']
        if said.startswith(('etch: ', 'does not compile: etch: ')):
            return []
        if re.match(NO_ENUMERATOR, said) or (self.entry['raises'] == 'TypeError' or isinstance(self.runs[0].template, table.Inexpressible)) and re.match(NO_FUNCTION, said):
            self.by_type = True
            return []
        return [said]

    def judge(self):
        """What is wrong, as sentences."""
        if 'raises' in self.entry:
            return self.refusal()
        for run in self.runs:
            if isinstance(run.result, str):
                return [run.result]
        problems = self.outputs()
        grads = self.entry.get('grads') or {}
        checked = set()
        for run in self.runs:
            for path, got in zip(run.grads, run.result[len(run.result) - len(run.grads):]):
                checked.add(path)
                problems += self.gradient(path, grads[path], got, run)
        if set(grads) - checked:
            problems.append(f'gradients not computed: {", ".join(sorted(set(grads) - checked))}')
        return problems

    def outputs(self):
        want = self.entry['outputs']
        run = self.runs[0]
        got = run.result[:len(run.result) - len(run.grads)]
        if len(got) != len(want):
            return [f'{len(got)} outputs, expected {len(want)}']
        problems = []
        for j, w in enumerate(want):
            dtype, shape, data = as_wanted(got[j], w)
            if not (isinstance(w, dict) and 'dtype' in w):  # a number
                expected = complex(*w['complex']) if isinstance(w, dict) and 'complex' in w else float(w['float']) if isinstance(w, dict) else w
                name = (self.entry.get('output_names') or [''] * len(want))[j]
                if self.entry.get('stochastic'):  # what a sample showed
                    least, most = (0.97, 1.03) if name.startswith('standard deviation') else (0.98, 1)
                    found = compare.numbers(data, dtype)[0] / expected
                    if not least <= found <= most:
                        problems.append(f'{name}: expected {expected}, found {found * expected}')
                elif shape != ([2] if dtype.startswith('float') and isinstance(expected, complex) else []) or not compare.close(number(data, dtype, expected), expected, 1e-7, 1e-7):
                    problems.append(f'output {j}: expected {w}, found {compare.numbers(data, dtype)} of shape {shape}')
                continue
            if dtype != w['dtype']:
                problems.append(f'output {j}: dtype {w["dtype"]} expected, found {dtype}')
            elif shape != w['shape']:
                problems.append(f'output {j}: shape {w["shape"]} expected, found {shape}')
            elif not self.entry.get('stochastic'):
                wrong = self.values(w, data, dtype)
                if wrong and not self.entry.get('f32_close', True):
                    d, _, wide = self.runs[-1].result[j]
                    wrong = self.values(w, wide, d)
                if wrong and self.entry.get('ties') and 'int' in dtype:
                    wrong = ties.difference(run, shape, compare.numbers(data, dtype), compare.numbers(self.tensors.bytes(w['t']), dtype), self.tensors)
                if wrong:
                    problems.append(f'output {j}: {wrong}')
        return problems

    def values(self, want, data, dtype):
        rtol, atol = compare.TOLERANCE.get(want['dtype'], (0, 0))
        if 'rtol' in self.entry:
            rtol, atol = self.entry['rtol'], self.entry['atol']
        got, wanted = compare.numbers(data, dtype), compare.numbers(self.tensors.bytes(want['t']), want['dtype'])
        if want['dtype'].startswith('complex'):
            got, wanted = compare.paired(got), compare.paired(wanted)
        return compare.difference(got, wanted, rtol, atol)

    def gradient(self, path, want, got, run):
        dtype, shape, data = got if want is None else as_wanted(got, want)
        numbers = compare.numbers(data, dtype)
        if want is None:
            return [f'gradient {path}: none expected, found {next(n for n in numbers if n != 0)}'] if any(n != 0 for n in numbers) else []
        if shape != want['shape']:
            return [f'gradient {path}: shape {want["shape"]} expected, found {shape}']
        wanted = compare.numbers(self.tensors.bytes(want['t']), want['dtype'])
        if isinstance(run.template, table.Drawn):
            return []
        if run.wide:  # at a NaN PyTorch's own gradient depends on the place in its vectors
            at = compare.numbers(*run.call.stored(path))
            if len(at) == len(wanted):
                numbers, wanted = ([0 if isinstance(a, float) and math.isnan(a) else n for a, n in zip(at, values)] for values in (numbers, wanted))
        if want['dtype'].startswith('complex'):
            numbers, wanted = compare.paired(numbers), compare.paired(wanted)
        wrong = compare.difference(numbers, wanted, *compare.TOLERANCE[dtype])
        return [f'gradient {path}: {wrong}'] if wrong else []

    def describe(self):
        def value(v):
            if isinstance(v, dict) and 't' in v:
                return f'{v["dtype"]}{v["shape"]}'.replace(' ', '')
            if isinstance(v, list):
                return '[' + ', '.join(map(value, v)) + ']'
            return json.dumps(v)
        variant = self.entry.get('variant', '')
        arguments = [value(v) for v in self.entry['args']] + [f'{k}={value(v)}' for k, v in self.entry['kwargs'].items()]
        return f'{self.entry["op"]}{"." * bool(variant)}{variant}({", ".join(arguments)})'


def units_of(cases, together):
    """Equal programs once; the programs of one operation, or of one family, share units."""
    groups = collections.OrderedDict()
    for case in cases:
        for run in case.runs:
            key = case.family if together else f'{case.family}.{case.entry["op"]}.{case.entry.get("variant", "")}'.rstrip('.')
            groups.setdefault(key, collections.OrderedDict()).setdefault(run.program, []).append(run)
    for key, programs in groups.items():
        items = list(programs.items())
        size = 1 if key.startswith('errors') else PER_UNIT  # what must not compile, alone
        for at in range(0, len(items), size):
            part = items[at:at + size]
            yield build.Unit(key, [p for p, _ in part], [(n, run) for n, (_, runs) in enumerate(part) for run in runs])


def build_and_run(world, unit, seconds):
    built, broken = build.build(world, unit)
    for run, said in broken:
        run.result = said
    for part in built:
        build.run_unit(world, part, seconds)


def main():
    parser = argparse.ArgumentParser(prog='./run conformance', description='Runs the cases of an oracle folder through etch.')
    parser.add_argument('folder', metavar='DIR', help='a folder of manifests (FAMILY.json) and tensors (FAMILY.safetensors)')
    parser.add_argument('--only', metavar='REGEX', default='', help='cases whose id (family/op/number) it finds')
    parser.add_argument('--out', metavar='FILE', help='write what became of each case as JSON')
    parser.add_argument('--together', action='store_true', help='the programs of a family share units: a small sample compiles in a fraction of the time')
    parser.add_argument('--jobs', type=int, default=os.cpu_count(), help='compilers at once (%(default)s)')
    parser.add_argument('--compiler', default='g++', help='(%(default)s)')
    parser.add_argument('--device', choices=build.DEVICES, default='cpu', help='where programs run: here, or as <etch/cuda.hpp> runs them, through Thrust or on a simulated GPU; without the calls that are refused (%(default)s)')
    parser.add_argument('--seconds', type=int, default=120, help='the most one case may run (%(default)s)')
    parser.add_argument('--build', default=str(build.ROOT / 'build/conformance'), help=argparse.SUPPRESS)
    parser.add_argument('--tables', default=str(build.HERE / 'tables'), help=argparse.SUPPRESS)
    options = parser.parse_args()

    start = time.time()
    lines = table.Table(options.tables)
    only = re.compile(options.only)
    cases = [Case(entry, family.tensors) for family in manifest.families(options.folder) for entry in family.cases if only.search(entry['id'])]
    if not cases:
        sys.exit(f'etch: conformance: no case in {options.folder} matches')
    for case in cases:
        case.plan(lines)
    if options.device != 'cpu':
        cases = [case for case in cases if 'raises' not in case.entry]
    units, compiled, steps = list(units_of(cases, options.together)), 0, collections.Counter()
    if units:
        world = build.World(options.build, options.compiler, options.device)
        with concurrent.futures.ThreadPoolExecutor(options.jobs) as pool:
            waiting = [pool.submit(build_and_run, world, unit, options.seconds) for unit in units]
            for n, done in enumerate(concurrent.futures.as_completed(waiting), 1):
                done.result()
                if sys.stderr.isatty():
                    print(f'\r{n} of {len(units)} units, {time.time() - start:.0f} s', end='' if n < len(units) else '\n', file=sys.stderr, flush=True)

        compiled, steps = world.compiled, world.steps

    counts = collections.OrderedDict()
    details = []
    for case in cases:
        if case.runs:
            case.problems = case.judge()
        state = 'missing' if case.missing is not None else 'failed' if case.problems else 'passed'
        counts.setdefault(case.family, collections.Counter())[state] += 1
        details.append({'id': case.id, 'state': state, 'call': case.describe(), 'problems': case.problems, **({'found': case.runs[0].result} if case.runs and isinstance(case.runs[0].result, str) else {}), **({'missing': case.missing} if case.missing else {})})
        if state == 'failed':
            print(f'FAILED {case.id}  {case.describe()}: {"; ".join(case.problems)}')
    missing = collections.Counter(f'{c.family}/{c.entry["op"]}{"." if c.entry.get("variant") else ""}{c.entry.get("variant", "")}: {c.missing}' for c in cases if c.missing is not None)
    for what, n in missing.items():
        print(f'MISSING {what} ({n})')
    total = sum(counts.values(), collections.Counter())
    width = max(map(len, [*counts, 'all']))
    for family, c in [*counts.items(), ('all', total)]:
        print(f'{family:{width}}  passed {c["passed"]}, failed {c["failed"]}, missing {c["missing"]}')
    by_type = sum(case.by_type for case in cases)
    if by_type:
        print(f'of these refused by type, because no function takes such arguments: {by_type}')
    if options.device != 'cpu':
        for place in ('device', 'cpu'):
            ran = {step.split()[1]: n for step, n in steps.most_common() if step.split()[0] == place}
            print(f'steps {"there" if place == "device" else "by kernels of the CPU"}: {", ".join(f"{step} {n}" for step, n in ran.items()) or "none"}')
    print(f'{compiled} of {len(units)} units compiled, {time.time() - start:.1f} s', file=sys.stderr)
    if options.out:
        with open(options.out, 'w') as file:
            json.dump({'passed': total['passed'], 'failed': total['failed'], 'missing': total['missing'], 'compiled': compiled,
                       'families': {f: dict(c) for f, c in counts.items()}, 'cases': details}, file, indent=1)
    sys.exit(1 if total['failed'] else 0)


if __name__ == '__main__':
    main()

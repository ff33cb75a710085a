#!/usr/bin/env python3
"""Runs the cases of an oracle folder through etch: generates programs, builds and runs them, compares.

    ./run conformance DIR [--only REGEX] [--out FILE]
"""
import argparse
import collections
import concurrent.futures
import json
import os
import re
import sys
import time

import build
import compare
import generate
import manifest
import table

PER_UNIT = 24


class Case:
    """One case: its runs, and what became of it."""

    def __init__(self, entry, tensors):
        self.entry, self.tensors, self.id = entry, tensors, entry['id']
        self.runs, self.problems, self.missing = [], [], None

    family = property(lambda self: self.id.split('/')[0])

    def plan(self, lines):
        try:
            line = lines.find(self.entry)
            numbers = getattr(line.module, 'NUMBERS_ARE_TENSORS', False)
            gradients = bool(self.entry.get('grads'))
            narrow = gradients and self.entry.get('grad_f32_close', True)
            self.runs.append(generate.Run(self.entry, line, self.tensors, False, narrow, numbers))
            if not self.entry.get('f32_close', True) or (gradients and not narrow):
                self.runs.append(generate.Run(self.entry, line, self.tensors, True, gradients and not narrow, numbers))
        except table.Missing as missing:
            self.missing = str(missing)
            self.runs = []

    def judge(self):
        """What is wrong, as sentences."""
        for run in self.runs:
            if isinstance(run.result, str):
                return [run.result]
        problems = self.outputs()
        grads = self.entry.get('grads') or {}
        checked = set()
        for run in self.runs:
            for path, got in zip(run.grads, run.result[len(run.result) - len(run.grads):]):
                checked.add(path)
                problems += self.gradient(path, grads[path], got, run.wide)
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
            dtype, shape, data = got[j]
            if not (isinstance(w, dict) and 't' in w):  # a number
                expected = float(w['float']) if isinstance(w, dict) else w
                if shape or not compare.close(compare.numbers(data, dtype)[0], expected, 1e-7, 1e-7):
                    problems.append(f'output {j}: expected {w}, found {compare.numbers(data, dtype)} of shape {shape}')
                continue
            if dtype != w['dtype']:
                problems.append(f'output {j}: dtype {w["dtype"]} expected, found {dtype}')
            elif shape != w['shape']:
                problems.append(f'output {j}: shape {w["shape"]} expected, found {shape}')
            elif not self.entry.get('stochastic'):
                wrong = self.values(w, data, dtype)
                if wrong and len(self.runs) > 1 and not self.entry.get('f32_close', True):
                    d, _, wide = self.runs[1].result[j]
                    wrong = self.values(w, wide, d)
                if wrong:
                    problems.append(f'output {j}: {wrong}')
        return problems

    def values(self, want, data, dtype):
        rtol, atol = compare.TOLERANCE.get(want['dtype'], (0, 0))
        if 'rtol' in self.entry:
            rtol, atol = self.entry['rtol'], self.entry['atol']
        return compare.difference(compare.numbers(data, dtype), compare.numbers(self.tensors.bytes(want['t']), want['dtype']), rtol, atol)

    def gradient(self, path, want, got, wide):
        dtype, shape, data = got
        numbers = compare.numbers(data, dtype)
        if want is None:
            return [f'gradient {path}: none expected, found {next(n for n in numbers if n != 0)}'] if any(n != 0 for n in numbers) else []
        if shape != want['shape']:
            return [f'gradient {path}: shape {want["shape"]} expected, found {shape}']
        wrong = compare.difference(numbers, compare.numbers(self.tensors.bytes(want['t']), want['dtype']), *compare.TOLERANCE[dtype])
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


def units_of(cases):
    """Equal programs once; the programs of one operation share units."""
    groups = collections.OrderedDict()
    for case in cases:
        for run in case.runs:
            key = f'{case.family}.{case.entry["op"]}.{case.entry.get("variant", "")}'.rstrip('.')
            groups.setdefault(key, collections.OrderedDict()).setdefault(run.program, []).append(run)
    for key, programs in groups.items():
        items = list(programs.items())
        for at in range(0, len(items), PER_UNIT):
            part = items[at:at + PER_UNIT]
            yield build.Unit(key, [p for p, _ in part], [(n, run) for n, (_, runs) in enumerate(part) for run in runs])


def build_and_run(world, unit):
    built, broken = build.build(world, unit)
    for run, said in broken:
        run.result = said
    for part in built:
        build.run_unit(world, part)


def main():
    parser = argparse.ArgumentParser(prog='./run conformance', description='Runs the cases of an oracle folder through etch.')
    parser.add_argument('folder', metavar='DIR', help='a folder of manifests (FAMILY.json) and tensors (FAMILY.safetensors)')
    parser.add_argument('--only', metavar='REGEX', default='', help='cases whose id (family/op/number) it finds')
    parser.add_argument('--out', metavar='FILE', help='write what became of each case as JSON')
    parser.add_argument('--jobs', type=int, default=os.cpu_count(), help='compilers at once (%(default)s)')
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
    units = list(units_of(cases))
    if units:
        world = build.World(options.build)
        with concurrent.futures.ThreadPoolExecutor(options.jobs) as pool:
            waiting = [pool.submit(build_and_run, world, unit) for unit in units]
            for n, done in enumerate(concurrent.futures.as_completed(waiting), 1):
                done.result()
                if sys.stderr.isatty():
                    print(f'\r{n} of {len(units)} units, {time.time() - start:.0f} s', end='' if n < len(units) else '\n', file=sys.stderr, flush=True)

    counts = collections.OrderedDict()
    details = []
    for case in cases:
        if case.missing is None:
            case.problems = case.judge()
        state = 'missing' if case.missing is not None else 'failed' if case.problems else 'passed'
        counts.setdefault(case.family, collections.Counter())[state] += 1
        details.append({'id': case.id, 'state': state, 'call': case.describe(), 'problems': case.problems, **({'missing': case.missing} if case.missing else {})})
        if state == 'failed':
            print(f'FAILED {case.id}  {case.describe()}: {"; ".join(case.problems)}')
    missing = collections.Counter(f'{c.family}/{c.entry["op"]}{"." if c.entry.get("variant") else ""}{c.entry.get("variant", "")}: {c.missing}' for c in cases if c.missing is not None)
    for what, n in missing.items():
        print(f'MISSING {what} ({n})')
    total = sum(counts.values(), collections.Counter())
    width = max(map(len, [*counts, 'all']))
    for family, c in [*counts.items(), ('all', total)]:
        print(f'{family:{width}}  passed {c["passed"]}, failed {c["failed"]}, missing {c["missing"]}')
    print(f'{time.time() - start:.1f} s', file=sys.stderr)
    if options.out:
        with open(options.out, 'w') as file:
            json.dump({'passed': total['passed'], 'failed': total['failed'], 'missing': total['missing'],
                       'families': {f: dict(c) for f, c in counts.items()}, 'cases': details}, file, indent=1)
    sys.exit(1 if total['failed'] else 0)


if __name__ == '__main__':
    main()

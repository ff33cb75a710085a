#!/usr/bin/env python3
"""Cuts a small oracle folder from a large one: for each operation a few cases, of different dtypes, with gradients where there are some.

    sample.py FROM TO [--families NAME...] [--cases 1] [--bytes 1024] [--passed RESULTS.json...]

RESULTS.json is what `./run conformance --out` wrote: of the families in it only cases that passed are taken.
"""
import argparse
import collections
import json
import pathlib
import struct

import manifest


def tensors_of(value):
    """The names of all tensors in a value or case."""
    if isinstance(value, dict):
        if 't' in value:
            yield value['t']
        else:
            for v in value.values():
                yield from tensors_of(v)
    elif isinstance(value, list):
        for v in value:
            yield from tensors_of(v)


def write(folder, family, cases, tensors):
    """A manifest and its tensors: {name: (safetensors' dtype, shape, bytes)}."""
    header, data = {}, b''
    for name, (dtype, shape, raw) in tensors.items():
        header[name] = {'dtype': dtype, 'shape': shape, 'data_offsets': [len(data), len(data) + len(raw)]}
        data += raw
    head = json.dumps(header, separators=(',', ':')).encode()
    head += b' ' * (-len(head) % 8)
    (folder / f'{family}.safetensors').write_bytes(struct.pack('<Q', len(head)) + head + data)
    fields = {'family': family, 'format': 1, 'tensors': f'{family}.safetensors', 'count': len(cases)}
    lines = ',\n'.join(json.dumps(c, separators=(',', ':')) for c in cases)
    (folder / f'{family}.json').write_text(f'{json.dumps(fields)[:-1]}, "cases": [\n{lines}\n]}}\n')


def of_many_dtypes(cases):
    """The same cases, the first of each dtype in front."""
    seen = set()
    first = [c for c in cases if not (c.get('dtype') in seen or seen.add(c.get('dtype')))]
    return first + [c for c in cases if c not in first]


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument('source', type=pathlib.Path)
    parser.add_argument('target', type=pathlib.Path)
    parser.add_argument('--families', nargs='*')
    parser.add_argument('--cases', type=int, default=1, help='of each operation (%(default)s)')
    parser.add_argument('--bytes', type=int, default=1024, help='the most that the tensors of a case may take (%(default)s)')
    parser.add_argument('--passed', type=pathlib.Path, nargs='*', default=[])
    options = parser.parse_args()
    results = [case for path in options.passed for case in json.loads(path.read_text())['cases']]
    passed, told = {c['id'] for c in results if c['state'] == 'passed'}, {c['id'].split('/')[0] for c in results}
    options.target.mkdir(parents=True, exist_ok=True)
    for family in manifest.families(options.source):
        if options.families and family.name not in options.families:
            continue
        size = {n: e['data_offsets'][1] - e['data_offsets'][0] for n, e in family.tensors.header.items() if n != '__metadata__'}
        groups = collections.OrderedDict()
        for case in family.cases:
            weight = sum(size[n] for n in tensors_of(case))
            if weight <= options.bytes and (family.name not in told or case['id'] in passed):
                empty = weight == 0 and bool(list(tensors_of(case)))
                groups.setdefault((case['op'], case.get('variant', '')), []).append((empty, not case.get('grads'), -weight, case['id'], case))
        chosen = [case for group in groups.values() for case in of_many_dtypes([e[-1] for e in sorted(group, key=lambda e: e[:4])])[:options.cases]]
        if chosen:
            names = [n for case in chosen for n in tensors_of(case)]
            write(options.target, family.name, chosen, {n: (family.tensors.header[n]['dtype'], family.tensors.header[n]['shape'], family.tensors.bytes(n)) for n in names})


if __name__ == '__main__':
    main()

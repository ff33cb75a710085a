#!/usr/bin/env python3
"""Writes docs/operations.md from the tables: every operation named there runs in ./run conformance. --check: is it up to date?"""
import pathlib
import sys

from table import Inexpressible, Table

HERE = pathlib.Path(__file__).resolve().parent
PAGE = HERE.parents[1] / 'docs' / 'operations.md'
HEAD = """# Operations

PyTorch's operations that etch has, by the families of [conformance.md](conformance.md), whose tables this list is made from
(`python3 tools/conformance/operations.py`): each runs there against PyTorch's own results and gradients. Names and meanings are PyTorch's;
[differences.md](differences.md) says where the spelling differs, and the tables in `tools/conformance/tables/` have the call of each.

| family | operations |
|---|---|
"""


SPACES = ('autograd', 'func', 'linalg', 'masked', 'nn', 'optim', 'special')


def name_of(line):
    """PyTorch's name, without a variant."""
    name = line.name.strip('"').split('(')[0].split(':')[0]
    return name if name.split('.')[0] in SPACES else name.split('.')[0]


def page():
    rows = []
    for family, lines in Table(HERE / 'tables').families.items():
        if family != 'errors':
            names = sorted({name_of(line) for line in lines.values() if not isinstance(line.template, Inexpressible)})
            rows.append(f'| {family} | {" ".join(f"`{name}`" for name in names)} |\n')
    return HEAD + ''.join(rows)


if __name__ == '__main__':
    if '--check' not in sys.argv:
        PAGE.write_text(page())
    elif PAGE.read_text() != page():
        sys.exit('docs/operations.md is not what the tables say; run python3 tools/conformance/operations.py')

"""Asserts that two objects built for different instruction sets share no symbol of etch's: the linker would keep one.

usage: symbols.py NM NATIVE.o BASE.o
"""
import re
import subprocess
import sys


def weak(nm, path):
    """The mergeable (inline, template) functions and objects of etch's in an object file."""
    names = subprocess.run([nm, "--defined-only", path], capture_output=True, text=True, check=True).stdout
    return {line.split()[2] for line in names.splitlines() if re.search(r" [WVuvw] .*4etch", line)}


def namespaces(symbols):
    return set(re.findall(r"4etch\d+(\w+?_(?:gcc|clang))", " ".join(symbols)))


nm, native, base = sys.argv[1:]
first, second = weak(nm, native), weak(nm, base)
if namespaces(first) == namespaces(second) != set():
    print(f"skipped: on this machine both objects are built for {namespaces(first)}")
    sys.exit(77)
print(f"{len(first)} and {len(second)} symbols of etch's, {len(first & second)} shared")
print("\n".join(sorted(first & second)[:20]))
sys.exit(1 if first & second or not first or not second else 0)

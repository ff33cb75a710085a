#!/usr/bin/env python3
"""Checks that the documentation is true: README.md and docs/*.md.

- A block ```cpp or ```text stands, but for spaces and line breaks, in one file that is compiled.
- Every sentence of an error, of the compiler or at run time, stands in docs/errors.md, and nothing else does.
- Every relative link leads to a file.
- With `--prints FILE PROGRAM`, what PROGRAM prints stands in FILE; numbers may differ by 0.0005.
"""
import argparse
import glob
import os
import re
import subprocess
import sys

COMPILED = [f"{folder}/**/*.{ending}" for folder in ("examples", "tests", "include") for ending in ("cpp", "hpp", "cu")]
FENCE = re.compile(r"^( *)```(\w*)\n(.*?)^\1```", re.M | re.S)
RULE = re.compile(r'"etch: ([^":]+): ([^"]+)"|\b(?:fail(?:_on_system)?\(|must\([^"\n]*)\s*"([^"]+)",\s*"([^"]+)"')
NUMBER = re.compile(r"-?\d+\.\d+")


def read(path):
    with open(path, encoding="utf-8") as file:
        return file.read()


def squeezed(text):
    return re.sub(r"\s+", "", text)


def line_of(text, offset):
    return text.count("\n", 0, offset) + 1


def wrong_blocks(pages, compiled, printed):
    for path, text in pages.items():
        for block in FENCE.finditer(text):
            words = squeezed(block[3])
            if block[2] == "cpp" and not any(words in source for source in compiled):
                yield f"{path}:{line_of(text, block.start())}: this code is not compiled anywhere"
            if block[2] == "text" and path not in printed and not any(words in source for source in compiled):
                yield f"{path}:{line_of(text, block.start())}: this text is in no test"


def wrong_links(pages):
    for path, text in pages.items():
        for link in re.finditer(r"\]\(([^)#:]+)(?:#[^)]*)?\)", FENCE.sub("", text)):
            if not os.path.exists(os.path.join(os.path.dirname(path), link[1])):
                yield f"{path}: the link {link[1]} leads nowhere"


def sentences(headers):
    """`operation: rule` of everything that static_assert or fail says in the headers."""
    found = set()
    for path in headers:
        for rule in RULE.finditer(read(path)):
            if rule[1]:
                found.add(f"{rule[1]}: {rule[2]}")
            else:
                found.add(f"{rule[3]}: {rule[4]}")
    return found


def wrong_errors(catalogue, headers):
    listed = set(re.findall(r"^\| `([^`]+: [^`]+)` \|", catalogue, re.M))
    said = sentences(headers)
    yield from (f"docs/errors.md: missing: {sentence}" for sentence in sorted(said - listed))
    yield from (f"docs/errors.md: nothing says: {sentence}" for sentence in sorted(listed - said))


def wrong_output(path, text, output):
    """Whether a ```text block of the page is the program's output, up to the last digit of its numbers."""
    for block in FENCE.finditer(text):
        if block[2] != "text" or NUMBER.sub("#", block[3]).split() != NUMBER.sub("#", output).split():
            continue
        pairs = zip(NUMBER.findall(block[3]), NUMBER.findall(output))
        if all(abs(float(a) - float(b)) < 5e-4 for a, b in pairs):
            return
    yield f"{path}: does not show what the program prints:\n{output}"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("root")
    parser.add_argument("--prints", nargs=2, action="append", default=[], metavar=("FILE", "PROGRAM"))
    options = parser.parse_args()
    programs = [(path, os.path.abspath(program)) for path, program in options.prints]
    os.chdir(options.root)

    pages = {path: read(path) for path in ["README.md", *sorted(glob.glob("docs/*.md"))]}
    compiled = [squeezed(read(path)) for pattern in COMPILED for path in glob.glob(pattern, recursive=True)]
    headers = sorted(glob.glob("include/etch/**/*.hpp", recursive=True))
    wrong = [*wrong_blocks(pages, compiled, [path for path, _ in programs] or ["README.md"]), *wrong_links(pages),
             *wrong_errors(pages.get("docs/errors.md", ""), headers)]
    for path, program in programs:
        output = subprocess.run([program], capture_output=True, text=True, check=True).stdout
        wrong += wrong_output(path, pages[path], output)
    print(*wrong, f"{len(pages)} pages, {len(wrong)} complaints", sep="\n")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())

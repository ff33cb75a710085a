#!/usr/bin/env python3
"""Compiles programs with one mistake each and asserts that the compiler says so in etch's words.

The first lines of such a program are comments that say what is expected:

    // expect: etch: matmul: inner sizes must agree     the first error line contains this
    // sizes: 784 512                                   these words stand in the first 12 lines, quoted source aside
    // max-lines: g++ 40 clang++ 60                     at most so many lines are printed (these are the defaults)

or `// ok`: the program must compile without a word, so that a broken include path cannot pass for a mistake.
Exit status: 0 all as expected, 1 not, 77 the compiler is not installed.
"""
import argparse
import concurrent.futures
import os
import re
import shutil
import subprocess
import sys
import tempfile

MAX_LINES = {"g++": 40, "clang++": 60, "nvcc": 60}
WITHIN = 12
PARSED = "etch_parsed_once.hpp"


def family(compiler):
    """g++, clang++ or nvcc: by what the compiler calls itself, as `c++` may be either."""
    version = subprocess.run([compiler, "--version"], capture_output=True, text=True).stdout
    return "clang++" if "clang" in version else "nvcc" if "nvcc" in version else "g++"


def command(compiler, kind, flags, source):
    """Stops after the front end; nvcc has no switch for that, so it writes the host source to nowhere."""
    front = ["-x", "cu", "-cuda", "-o", os.devnull] if kind == "nvcc" else ["-fsyntax-only"]
    return [compiler, "-std=c++20", *front, *flags, source]


def precompiled(compiler, kind, flags, folder):
    """Flags to read the library once for all programs; none where the compiler cannot."""
    if kind == "nvcc":
        return []
    header = os.path.join(folder, PARSED)
    with open(header, "w", encoding="utf-8") as file:
        file.write("#include <etch/etch.hpp>\n")
    output = header + (".pch" if kind == "clang++" else ".gch")
    subprocess.run([compiler, "-std=c++20", *flags, "-x", "c++-header", header, "-o", output], check=True)
    return ["-include", header]


def expectations(source):
    """The comments at the head of the file as a dictionary."""
    found = {}
    with open(source, encoding="utf-8") as lines:
        for line in lines:
            head = re.match(r"//\s*(ok|expect|sizes|max-lines)\b:?\s*(.*)", line)
            if not line.startswith("//"):
                break
            if head:
                found[head[1]] = head[2].strip()
    return found


def complaints(expected, kind, status, output):
    """What is wrong with a compiler's answer; nothing, if it is as expected."""
    lines = output.splitlines()
    if "ok" in expected:
        return [f"should compile without a word:\n{output}"] if status or lines else []
    if "expect" not in expected:
        return ["says neither `// expect: SENTENCE` nor `// ok`"]
    if status == 0:
        return ["compiles, but should not"]

    wrong = []
    first = next((line for line in lines if re.search(r"\berror\b.*:", line)), "no error line")
    if expected["expect"] not in first:
        wrong.append(f"first error is not `{expected['expect']}` but: {first}")
    # The compiler quotes the source ("   12 | matmul(a, b)"; nvcc: "    matmul(a, b)") and its line numbers, which proves
    # nothing: its own words must name the sizes.
    said = [re.sub(r"^\S+?:\d+:\d+:|^\S+?\(\d+\):| at line \d+$", "", line)
            for line in lines[:WITHIN] if not re.match(r"\s*\d*\s\|| {4}\S", line)]
    for size in expected.get("sizes", "").split():
        if not re.search(rf"(?<!\w){re.escape(size)}(?:[uU]?[lL]*)(?!\w)", "\n".join(said)):
            wrong.append(f"{size} is not named in the first {WITHIN} lines")
    caps = expected.get("max-lines", "").split()
    cap = int(dict(zip(caps[::2], caps[1::2])).get(kind, MAX_LINES[kind]))
    if len(lines) > cap:
        wrong.append(f"{len(lines)} lines, at most {cap} allowed")
    if wrong:
        wrong.append("the compiler said:\n" + "\n".join(lines[:25]))
    return wrong


def check(compiler, kind, flags, source):
    answer = subprocess.run(command(compiler, kind, flags, source), text=True, stdin=subprocess.DEVNULL,
                            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, env={**os.environ, "LC_ALL": "C"})
    said = "\n".join(line for line in answer.stdout.splitlines() if PARSED not in line)  # a step of the way to the library
    return complaints(expectations(source), kind, answer.returncode, said)


def check_all(compiler, includes, sources, jobs):
    """The complaints of every source that has some, in order."""
    kind = family(compiler)
    with tempfile.TemporaryDirectory() as folder, concurrent.futures.ThreadPoolExecutor(jobs) as pool:
        flags = [f"-I{path}" for path in includes]
        flags += precompiled(compiler, kind, flags, folder)
        found = pool.map(lambda source: check(compiler, kind, flags, source), sources)
        return {source: wrong for source, wrong in zip(sources, found) if wrong}


SENTENCE = "etch: matmul: inner sizes must agree"
MISTAKE = f"""template <int A, int B> struct inner_sizes {{ static constexpr bool agree = A == B; }};
template <int A, int B> void matmul() {{ static_assert(inner_sizes<A, B>::agree, "{SENTENCE}"); }}
int main() {{ matmul<784, 512>(); }}
"""
SELF_TEST = {  # name: (the head of the file, the program, a part of the complaint or None)
    "as_expected": (f"// expect: {SENTENCE}\n// sizes: 784 512\n", MISTAKE, None),
    "other_sentence": ("// expect: etch: matmul: ranks must agree\n", MISTAKE, "first error is not"),
    "other_size": (f"// expect: {SENTENCE}\n// sizes: 783\n", MISTAKE, "783 is not named"),
    "quoted_size": (f"// expect: {SENTENCE}\n// sizes: 99\n", MISTAKE.replace("agree,", "agree /* 99 */,"), "99 is not"),
    "too_long": (f"// expect: {SENTENCE}\n// max-lines: g++ 1 clang++ 1 nvcc 1\n", MISTAKE, "at most 1 allowed"),
    "no_mistake": (f"// expect: {SENTENCE}\n", "int main() {}\n", "compiles, but"),
    "no_head": ("", MISTAKE, "says neither"),
    "ok": ("// ok\n", "int main() {}\n", None),
    "not_ok": ("// ok\n", MISTAKE, "should compile"),
}


def self_test(compiler):
    """Proves that every kind of complaint is made, and none about what is right."""
    failures = 0
    with tempfile.TemporaryDirectory() as folder:
        for name, (head, program, part) in SELF_TEST.items():
            source = os.path.join(folder, name + ".cpp")
            with open(source, "w", encoding="utf-8") as file:
                file.write(head + program)
            wrong = "\n".join(check(compiler, family(compiler), [], source))
            good = part in wrong if part else not wrong
            failures += not good
            print(f"{'ok  ' if good else 'FAIL'} {name}" + ("" if good else f": {wrong or 'no complaint'}"))
    return failures


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("-j", "--jobs", type=int, default=1)
    parser.add_argument("-I", "--include", action="append", default=[])
    parser.add_argument("--self-test", action="store_true", help="check this script instead")
    parser.add_argument("compiler")
    parser.add_argument("sources", nargs="*")
    options = parser.parse_args()
    if not shutil.which(options.compiler):
        print(f"skipped: {options.compiler} is not installed")
        return 77
    if options.self_test:
        return 1 if self_test(options.compiler) else 0
    failed = check_all(options.compiler, options.include, options.sources, options.jobs)
    for source, wrong in failed.items():
        for complaint in wrong:
            print(f"{os.path.basename(source)}: {complaint}")
    print(f"{options.compiler}: {len(options.sources) - len(failed)} of {len(options.sources)} as expected")
    return 1 if failed or not options.sources else 0


if __name__ == "__main__":
    sys.exit(main())

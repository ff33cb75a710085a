"""More than a hundred operations beside a loop written by hand and beside PyTorch, from one element to ten million.

    ./run bench operations [--only REGEX] [--sizes 1e3,1e5] [--part K/M] [--merge] [--no-peers]

bench/operations_table.py is the table; this file makes C++ of it (build/operations), compiles it as a user would, and asks
etch, the loop and PyTorch in turn, a hundredth of a second each, four rounds. All of it in three launches of the programs: with the
pages it gets one and the same loop takes up to twice as long in one process as in another. Ratio: the peer's least time over etch's.
A run can be cut into parts: of the rows, those whose number is K modulo M; --merge keeps what other parts measured.
"""
import concurrent.futures
import os
import re
import subprocess
import sys

from operations_table import FAMILIES

SIZES = {1: (1, 1, 1, 1, 1), 1000: (25, 40, 32, 10, 10), 100000: (250, 400, 320, 10, 100), 10000000: (2500, 4000, 3200, 10, 1000)}
FLAGS = ["-std=c++20", "-O3", "-march=native"]
LOOP_FLAGS = [*FLAGS, "-ffast-math", "-mno-recip"]  # roots and quotients exact, as etch's and PyTorch's are
TYPES = {"double": "double", "half": "half", "int64": "std::int64_t", "int32": "std::int32_t", "uint8": "std::uint8_t", "bool": "bool", "cfloat": "complex<float>", "float": "float"}
LOOP_TYPES = {"half": "_Float16", "int64": "long", "int32": "int", "uint8": "unsigned char", "cfloat": "std::complex<float>"}
TOLERANCE = 2e-3  # half has eleven bits; sums of ten million floats differ in their order
LAUNCHES, ROUNDS, SECONDS = 3, 4, 0.008
ROWS_IN_A_PROGRAM = 22


class Row:
    """One line of the table."""

    def __init__(self, number, name, inputs, etch, loop, torch, options=None):
        self.number, self.name, self.etch, self.loop, self.torch, self.options = number, name, etch, loop, torch, options or {}
        self.inputs = [re.fullmatch(r"(\w+)\[([^]]*)\](?::(\w+))?(?:@([-.\d]+),([-.\d]+))?(?:%(\w+))?(\^?)", text).groups() for text in inputs.split()]

    def sizes(self):
        return [n for n in SIZES if self.options.get("least", 1) <= n <= self.options.get("most", 1e7)]

    def title(self, n):
        return f"{self.name}, 1e{len(str(n)) - 1}" if n > 1 else f"{self.name}, 1"

    def operands(self, n):
        """(name, sizes, type, least, most, sorted) of each input."""
        at = dict(zip("NRCSBT", (n, *SIZES[n])))
        for name, sizes, dtype, low, high, below, order in self.inputs:
            numbers = [int(at.get(s, s)) for s in sizes.split(",")]
            if below:
                dtype, low, high = "int64", 0, int(at.get(below, below))
            elif dtype in ("int64", "int32", "uint8") and low is None:
                low, high = 1, 9
            yield name, numbers, dtype or "float", float(low or 0.1 if low is None else low), float(0.9 if high is None else high), bool(order)

    def at(self, text, n):
        values = dict(zip("NRCSBT", (n, *SIZES[n])))
        return re.sub(r"\{([NRCSBT])\}", lambda m: str(values[m[1]]), text)


def rows(only=""):
    number = 0
    for family in FAMILIES.values():
        for line in family:
            row = Row(number, *line)
            number += 1
            if re.search(only, row.name):
                yield row


def loop_source(all_rows):
    text = ["// Made by bench/operations.py of bench/operations_table.py.", *(f"#include <{h}>" for h in "algorithm bit cmath complex functional numeric random utility vector".split())]
    for row in all_rows:
        text.append(f'extern "C" void loop_{row.number}(const long* size, void* const* out, const void* const* in) {{')
        text.append("  [[maybe_unused]] const long n = size[0], r = size[1], c = size[2], s = size[3], b = size[4], t = size[5];")
        for k, (name, _, dtype, *_) in enumerate(row.operands(1000)):
            dtype = LOOP_TYPES.get(dtype, dtype)
            text.append(f"  [[maybe_unused]] auto* __restrict {name} = static_cast<const {dtype}*>(in[{k}]);")
        for k, name in enumerate(["out", "out2"] if "out2" in row.options else ["out"]):
            dtype = row.options.get(name, "float")
            text.append(f"  auto* __restrict o{k + 1 if k else ''} = static_cast<{LOOP_TYPES.get(dtype, dtype)}*>(out[{k}]);")
        text.append("  {" + (row.loop if ";" in row.loop else f"for (long i = 0; i < n; ++i) o[i] = {row.loop};") + "}\n}")
    return "\n".join(text) + "\n"


def program_source(some_rows):
    text = ["// Made by bench/operations.py of bench/operations_table.py.", "#include <etch/loss/cross_entropy.hpp>", "#include <etch/loss/mse_loss.hpp>",
            "#include <etch/nn/embedding.hpp>", "#include <etch/nn/norm.hpp>", '#include "operations.hpp"', "", "using namespace etch;", ""]
    entries = []
    for row in some_rows:
        text.append(f'extern "C" void loop_{row.number}(const long*, void* const*, const void* const*);  // {row.name}')
        for n in row.sizes():
            made, arguments = [], []
            for name, sizes, dtype, low, high, order in row.operands(n):
                made.append(f"bench::Of<Tensor<{', '.join([TYPES[dtype], *map(str, sizes)])}>>{{{low}, {high}{', true' * order}}}")
                arguments.append(name)
            several = row.etch.startswith("several(")
            into = "_out(" in row.etch
            parameters = ", ".join(f"{'auto' if several else 'auto&' if into else 'const auto&'} {a}" for a in arguments)
            call = f"[]({parameters}) {{ {'' if into else 'return '}{row.at(row.etch, n)}; }}"  # what writes into y must not return a copy of it
            text.append(f"bench::Case* case_{row.number}_{n}() {{\n  static const long sizes[] = {{{', '.join(map(str, (n, *SIZES[n])))}}};")
            text.append(f"  return bench::{'compiled' if several else 'written' if into else 'assigned'}({', '.join(['sizes', f'loop_{row.number}', call, *made])});\n}}")
            entries.append(f'    {{"{row.number}/{n}", case_{row.number}_{n}}},')
    return "\n".join([*text, "", "int main() {", "  static const bench::Entry entries[] = {", *entries, "  };", "  return bench::serve(entries, std::size(entries));", "}", ""])


def write(path, text):
    if not path.exists() or path.read_text() != text:
        path.write_text(text)


def newest(folder, suffix):
    return max(f.stat().st_mtime for f in folder.rglob("*" + suffix))


def build(root, folder, groups, all_rows):
    """Compiles what is older than its sources, on all cores; returns the program of each group."""
    folder.mkdir(parents=True, exist_ok=True)
    header = max(newest(root / "include", ".hpp"), newest(root / "bench", ".hpp"))
    loops = folder / "loops.cpp"
    write(loops, loop_source(all_rows))
    jobs, programs = [], []

    def stale(target, *sources):
        return not target.exists() or target.stat().st_mtime < max(sources)

    object_ = loops.with_suffix(".o")
    if stale(object_, loops.stat().st_mtime):
        subprocess.run(["g++", *LOOP_FLAGS, "-c", loops, "-o", object_], check=True)
    for number, group in groups.items():
        source = folder / f"operations_{number}.cpp"
        write(source, program_source(group))
        programs.append(source.with_suffix(""))
        if stale(programs[-1], source.stat().st_mtime, header, object_.stat().st_mtime):
            jobs.append(["g++", *FLAGS, "-I", root / "include", "-I", root / "bench", source, object_, "-o", programs[-1]])
    with concurrent.futures.ThreadPoolExecutor(len(os.sched_getaffinity(0))) as pool:
        for job, done in zip(jobs, pool.map(lambda job: subprocess.run(job), jobs)):
            if done.returncode != 0:
                sys.exit(f"bench: failed: {' '.join(map(str, job))}")
    return programs


class Side:
    """A process that answers a line with a line."""

    def __init__(self, command, log):
        self.process = subprocess.Popen([str(c) for c in command], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log, text=True, bufsize=1)

    def ask(self, *words):
        try:
            print(*words, file=self.process.stdin, flush=True)
        except BrokenPipeError:
            pass
        answer = self.process.stdout.readline().split()
        if not answer:
            sys.exit(f"bench: no answer to `{' '.join(map(str, words))}`; see build/bench.log")
        return [float(a) for a in answer]

    def close(self):
        self.process.stdin.close()
        self.process.wait()


def compare(row, n, ours, torch):
    """Interleaved rounds: the times of etch, the loop and PyTorch."""
    case = f"{row.number}/{n}"
    difference = ours.ask("check", case)[0]
    if not row.options.get("random") and not difference < TOLERANCE:
        print(f"bench: {row.title(n)}: etch and the loop differ by {difference:g}", file=sys.stderr)
    seconds = SECONDS if n < 1e6 else 0.001
    return [(ours.ask("etch", case, seconds)[1], ours.ask("loop", case, seconds)[1], torch.ask(case, seconds)[1] if torch else 0) for _ in range(ROUNDS)]


def results_of(title, launches, peers):
    """One result for each peer; `ratio_min` and `ratio_max` are those of a launch, or of a round where there was one launch."""
    least = [min(times[k] for rounds in launches for times in rounds) for k in range(3)]
    for k, peer in enumerate(peers, 1):
        parts = launches if len(launches) > 1 else [[times] for times in launches[0]]
        ratios = [min(t[k] for t in rounds) / min(t[0] for t in rounds) for rounds in parts]
        yield {"name": title, "etch_ns": least[0], "peer": peer, "peer_ns": least[k], "ratio": least[k] / least[0], "ratio_min": min(ratios), "ratio_max": max(ratios)}


def size_of(result):
    """The last word of a title: `add, double, 1e5`."""
    return result["name"].rsplit(" ", 1)[1]


def print_worst(results, peer, readable):
    """For each size how many of how many are slower than the peer: by more than a tenth, and at all in each of the launches (what is not
    slower in one of them is a tie). Then the ten worst of all."""
    worst = sorted((r for r in results if r["peer"] == peer), key=lambda r: r["ratio"])
    counts = []
    for size in sorted({size_of(r) for r in worst}, key=float):
        mine = [r for r in worst if size_of(r) == size]
        counts.append(f"{size}: {sum(r['ratio'] < 1 / 1.1 for r in mine)} and {sum(r['ratio_max'] < 1 for r in mine)} of {len(mine)}")
    print(f"\nslower than {peer} by more than a tenth, and in each launch, at {', '.join(counts)}; the worst ten:")
    for r in worst[:10]:
        print(f"  {r['name']:32} {readable(r['etch_ns']):>10}   {peer:6} {readable(r['peer_ns']):>10}   {r['ratio']:.2f}x [{r['ratio_min']:.2f}, {r['ratio_max']:.2f}]")


def run(root, build_folder, python, readable, only="", core=None, part=None, sizes=None, before=()):
    """All rows whose name matches, at these sizes; `python` is None without PyTorch. Returns the rows for bench.json, after those of
    `before` that were not measured again. Without a core everything is only built."""
    all_rows = list(rows())
    groups = {}
    for row in all_rows:
        if re.search(only, row.name):
            groups.setdefault(row.number // ROWS_IN_A_PROGRAM, []).append(all_rows[row.number])
    full = {g: [r for r in all_rows if r.number // ROWS_IN_A_PROGRAM == g] for g in groups}
    programs = build(root, build_folder / "operations", full, all_rows)
    if core is None:
        return []
    os.sched_setaffinity(0, {core})
    times, peers = {}, ["loop", "torch"][: 2 if python else 1]
    with open(build_folder / "bench.log", "a") as log:
        for launch in range(LAUNCHES):
            torch = Side([python, root / "bench" / "peers" / "torch_operations.py"], log) if python else None
            for group, program in zip(groups.values(), programs):
                mine = [(row, n) for row in group if not part or row.number % part[1] == part[0] for n in row.sizes() if (not sizes or n in sizes) and (n < 1e6 or launch == 0)]
                if not mine:
                    continue
                ours = Side([program], log)
                for row, n in mine:
                    times.setdefault(row.title(n), []).append(compare(row, n, ours, torch))
                ours.close()
            if torch:
                torch.close()
    results = [r for title, launches in times.items() for r in results_of(title, launches, peers)]
    again = {(r["name"], r["peer"]) for r in results}
    results = [r for r in before if (r["name"], r["peer"]) not in again] + results
    for peer in peers:
        print_worst(results, peer, readable)
    return results

"""`./run bench`: etch and its peers, side by side on one core, and what the compiler takes.

    ./run bench [--no-peers] [--only REGEX] [--out FILE]     everything
    ./run bench operations [--no-peers] [--only REGEX]       a hundred operations, beside loops and PyTorch (operations.py)
    ./run bench compile [--out FILE]                         compile time, memory, size and start only

CMake builds the programs of bench/ in build/release. Each etch program and each peer stays loaded and waits while the
others run: a round measures etch for 0.2 s, then the peer, so that a machine that slows down slows both. The ratio is
the peer's time over etch's in the same round; the table and the JSON give its median and extremes over the rounds.
"""
import argparse
import json
import os
import pathlib
import re
import statistics
import subprocess
import sys

import chart
import compile_cost
import operations

ROOT = pathlib.Path(__file__).resolve().parent.parent
BUILD = ROOT / "build"
RELEASE = BUILD / "release"
VENV_PYTHON = BUILD / "venv" / "bin" / "python"
LOG = BUILD / "bench.log"  # what the programs say on stderr
TORCH = "2.13.0"
ROUNDS = 9


class Server:
    """A bench program in --serve mode, started at the first request."""

    def __init__(self, name, command):
        self.name, self.command, self.process = name, [str(part) for part in command], None
        names = subprocess.run([*self.command, "--list"], check=True, capture_output=True, text=True)
        # Of each its floor: additions and multiplications, bytes to and from memory. Only etch's programs say them.
        lines = [line.split() for line in names.stdout.splitlines()]
        self.workloads = {line[0]: tuple(float(x) for x in line[1:]) for line in lines}

    def measure(self, workload):
        """The median nanoseconds of a repetition, over 0.2 s."""
        if self.process is None:
            pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": open(LOG, "a")}
            self.process = subprocess.Popen([*self.command, "--serve"], text=True, bufsize=1, **pipes)
        try:
            self.process.stdin.write(f"run {workload}\n")
        except BrokenPipeError:
            pass  # it died; the answer will be empty
        answer = self.process.stdout.readline().split()
        if len(answer) != 3 or answer[0] != workload:
            got = f"got `{' '.join(answer)}`; see {LOG}"
            sys.exit(f"bench: {self.name}: {workload}: expected `NAME ns_min ns_median`; {got}")
        return float(answer[2])

    def close(self):
        if self.process is not None:
            self.process.stdin.close()
            self.process.wait()
            self.process = None


def one_thread_on_one_core(core):
    """Children inherit both: one core, and one thread in every library that asks the environment."""
    os.sched_setaffinity(0, {core})
    for library in ("OMP_NUM", "MKL_NUM", "OPENBLAS_NUM", "ETCH_NUM", "TORCHINDUCTOR_COMPILE"):
        os.environ[f"{library}_THREADS"] = "1"
    os.environ["TORCHINDUCTOR_CACHE_DIR"] = str(BUILD / "inductor")


def build():
    """Every program of bench/ and bench/peers/, by CMake's target `bench`."""
    for command in (["cmake", "--preset", "release"], ["cmake", "--build", RELEASE, "--target", "bench"]):
        if subprocess.run(command, cwd=ROOT, stdout=sys.stderr).returncode != 0:
            sys.exit(f"bench: failed: {' '.join(map(str, command))}")


def programs(folder):
    """The built programs of a folder: bench/gpt_bench.cpp is build/release/bench/gpt_bench."""
    sources = sorted((ROOT / folder).glob("*.cpp"))
    built = [RELEASE / source.relative_to(ROOT).with_suffix("") for source in sources]
    built = [program for program in built if program.name != "openblas" or program.exists()]  # built where it is installed
    missing = [str(program.relative_to(ROOT)) for program in built if not os.access(program, os.X_OK)]
    if missing:
        sys.exit(f"bench: not built: {' '.join(missing)}")
    return built


def install_torch():
    """PyTorch in build/venv, exactly one version, once."""
    query = "from importlib.metadata import version; print(version('torch'))"
    if VENV_PYTHON.exists():
        answer = subprocess.run([VENV_PYTHON, "-c", query], capture_output=True, text=True)
        if answer.stdout.strip().split("+")[0] == TORCH:
            return
    print(
        f"bench: installing torch=={TORCH} with its CUDA dependencies into build/venv:\n"
        "bench: about 2.8 GB to download, 4.8 GB on disk, kept for the next time; --no-peers does without",
        flush=True,
    )
    if subprocess.run([sys.executable, "-m", "venv", BUILD / "venv"]).returncode != 0:
        sys.exit("bench: cannot create build/venv; Debian's package python3-venv provides what is missing")
    pip = [VENV_PYTHON, "-m", "pip", "--quiet", "--disable-pip-version-check"]
    if subprocess.run([*pip, "install", f"torch=={TORCH}"]).returncode != 0:
        sys.exit(f"bench: cannot install torch=={TORCH}; --no-peers does without")


def peer_servers():
    """PyTorch, eager and compiled, and the C++ peers of bench/peers."""
    install_torch()
    script = ROOT / "bench" / "peers" / "torch_peer.py"
    servers = [Server(program.name, [program]) for program in programs("bench/peers")]
    servers.append(Server(f"torch {TORCH}", [VENV_PYTHON, script]))
    servers.append(Server(f"torch {TORCH} compile", [VENV_PYTHON, script, "--compile"]))
    return servers


class Machine:
    """What one core can do at most: floating-point operations and bytes a nanosecond, by bench/machine_bench.cpp."""

    def __init__(self, server):
        least = {name: min(server.measure(name) for _ in range(5)) for name in server.workloads}
        (self.flops, _), (_, self.bytes) = (
            [amount / least[name] for amount in server.workloads[name]] for name in ("peak_fma", "triad")
        )
        server.close()

    def limit(self, flops=0, moved=0):
        """The least nanoseconds for that many operations and bytes; None where they were not counted."""
        return max(flops / self.flops, moved / self.bytes) or None

    def __str__(self):
        return f"{self.flops:.0f} GFLOP/s, {self.bytes:.0f} GB/s a core"


def compare(etch, peer, workload, rounds, limit):
    """Interleaved rounds; the first pair only warms up. Returns one row of the result."""
    times = [(etch.measure(workload), peer.measure(workload)) for _ in range(rounds + 1)][1:]
    ratios = [theirs / ours for ours, theirs in times]
    return {
        "name": workload,
        "etch_ns": statistics.median(ours for ours, _ in times),
        "peer": peer.name,
        "peer_ns": statistics.median(theirs for _, theirs in times),
        "ratio": statistics.median(ratios),
        "ratio_min": min(ratios),
        "ratio_max": max(ratios),
        "limit_ns": limit,
    }


def alone(etch, workload, rounds, limit):
    """The row of a workload that no peer has."""
    times = [etch.measure(workload) for _ in range(rounds + 1)][1:]
    nothing = dict.fromkeys(["peer", "peer_ns", "ratio", "ratio_min", "ratio_max"])
    return {"name": workload, "etch_ns": statistics.median(times), **nothing, "limit_ns": limit}


def readable(ns):
    """Three digits with a unit: 12.3 us."""
    if ns is None:
        return ""
    for unit, size in (("s", 1e9), ("ms", 1e6), ("us", 1e3)):
        if ns >= size:
            return f"{ns / size:.3g} {unit}"
    return f"{ns:.3g} ns"


def print_row(row):
    ratio = f"{row['ratio']:.2f}x [{row['ratio_min']:.2f}, {row['ratio_max']:.2f}]" if row["ratio"] else ""
    ours, theirs = readable(row["etch_ns"]), readable(row["peer_ns"])
    limit = readable(row["limit_ns"])
    print(f"{row['name']:28} {ours:>10} {limit:>10}   {row['peer'] or '':24} {theirs:>10}   {ratio}".rstrip(), flush=True)


def run_times(etches, peers, only, rounds, machine):
    """Every workload of every etch program against every peer that has it."""
    print(f"one core: {machine}")
    print(f"{'name':28} {'etch':>10} {'limit':>10}   {'peer':24} {'peer':>10}   peer/etch, median [least, most] of {rounds} rounds")
    rows = []
    for etch in etches:
        for workload, floor in etch.workloads.items():
            if not re.search(only, workload):
                continue
            limit = machine.limit(*floor)
            for peer in [p for p in peers if workload in p.workloads] or [None]:
                rows.append(compare(etch, peer, workload, rounds, limit) if peer else alone(etch, workload, rounds, limit))
                print_row(rows[-1])
        etch.close()
    for peer in peers:
        peer.close()
    return rows


def main():
    arguments = argparse.ArgumentParser(prog="./run bench", description=__doc__.splitlines()[0])
    arguments.add_argument("what", nargs="?", choices=["all", "times", "operations", "compile"], default="all")
    arguments.add_argument("--no-peers", action="store_true", help="etch alone; installs nothing")
    arguments.add_argument("--only", metavar="REGEX", default="", help="workloads whose name matches")
    arguments.add_argument("--out", metavar="FILE", type=pathlib.Path, default=BUILD / "bench.json")
    arguments.add_argument("--rounds", type=int, default=ROUNDS, help=f"7 or more, {ROUNDS} unless said")
    arguments.add_argument("--core", type=int, default=max(os.sched_getaffinity(0)), help="the last unless said")
    arguments.add_argument("--part", metavar="K/M", help="of the operations, those whose number is K modulo M")
    arguments.add_argument("--sizes", metavar="N,..", help="of the operations, these sizes: 1,1e3,1e5,1e7")
    arguments.add_argument("--merge", action="store_true", help="of the operations, keep what FILE holds of others")
    arguments.add_argument("--programs", metavar="FILE", nargs="+", help="bench programs that are built already")
    options = arguments.parse_args()

    BUILD.mkdir(exist_ok=True)
    LOG.write_text("")
    rows = []
    with_operations = options.what == "operations" or (options.what == "all" and not options.programs)
    if with_operations:
        operations.run(ROOT, BUILD, None, readable, options.only)  # built on all cores
    if options.what in ("all", "times") and not options.programs:
        build()
    one_thread_on_one_core(options.core)
    if options.what in ("all", "times"):
        ours = [pathlib.Path(p).resolve() for p in options.programs or programs("bench")]
        etches = [Server(program.name, [program]) for program in ours if program.name != "machine_bench"]
        peers = [] if options.no_peers else peer_servers()
        machine = Machine(Server("machine", [RELEASE / "bench" / "machine_bench"]))
        rows += run_times(etches, peers, options.only, max(options.rounds, 7), machine)
        picture = chart.svg(rows, str(machine))
        if picture:
            options.out.with_suffix(".svg").write_text(picture)
    if with_operations:
        if not options.no_peers:
            install_torch()
        part = [int(k) for k in options.part.split("/")] if options.part else None
        python = None if options.no_peers else VENV_PYTHON
        sizes = [int(float(n)) for n in options.sizes.split(",")] if options.sizes else None
        before = [r for r in json.loads(options.out.read_text()) if r["peer"] in ("loop", "torch")] if options.merge and options.out.exists() else []
        rows += operations.run(ROOT, BUILD, python, readable, options.only, options.core, part, sizes, before)
    if options.what == "compile" or (options.what == "all" and not options.only):
        rows += compile_cost.run(ROOT, BUILD)
    options.out.write_text(json.dumps(rows, indent=1) + "\n")
    print(f"written: {options.out}")


if __name__ == "__main__":
    main()

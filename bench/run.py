"""`./run bench`: etch and its peers, side by side on one core, and what the compiler takes.

    ./run bench [--no-peers] [--only REGEX] [--out FILE]     everything
    ./run bench times [--merge]                              the table of times, errors and memory only (times.py)
    ./run bench threads [--threads N] [--merge]              etch on two threads, or N, beside etch on one
    ./run bench times --march x86-64-v3 [--optimize=-O2]     the same, built for another instruction set, peers kept to it, too
    ./run bench operations [--no-peers] [--only REGEX]       a hundred operations, beside loops and PyTorch (operations.py)
    ./run bench compile [--out FILE]                         compile time, memory, size and start only
    ./run bench publish [--out FILE]                         FILE's times into docs/ and README.md (figures.py); measures nothing

CMake builds the programs of bench/ and bench/peers/ in build/release, or in a folder of their instruction set and flags. Each etch program and each peer stays loaded and waits while
the others run: a round measures etch for 0.2 s, then each peer in turn, so that a machine that slows down slows all; programs
but Python's start anew for each third of the rounds, on other pages. The ratio is the peer's time over etch's in the same round; the table and the JSON give its median and extremes over the rounds.
"""
import argparse
import datetime
import json
import os
import pathlib
import platform
import re
import subprocess
import sys

import chart
import compile_cost
import figures
import operations
import times
from servers import DoesNotStart, Peer, Server

ROOT = pathlib.Path(__file__).resolve().parent.parent
BUILD = ROOT / "build"
VENV_PYTHON = BUILD / "venv" / "bin" / "python"
LOG = BUILD / "bench.log"  # what the programs say on stderr
TORCH, ONNXRUNTIME = "2.13.0", "1.31.1"
ROUNDS = 9
# What keeps libraries that choose their code when they run to AVX2; ONNX Runtime has nothing of the kind.
AVX2 = {"ATEN_CPU_CAPABILITY": "avx2", "MKL_ENABLE_INSTRUCTIONS": "AVX2", "ONEDNN_MAX_CPU_ISA": "AVX2", "OPENBLAS_CORETYPE": "Haswell",
        "TORCHINDUCTOR_CPP_MARCH": "x86-64-v3"}


def environment(options):
    """Children inherit it: one thread, and AVX2 where that is measured, in every library that asks the environment."""
    for library in ("OMP_NUM", "MKL_NUM", "OPENBLAS_NUM", "ETCH_NUM", "TORCHINDUCTOR_COMPILE"):
        os.environ[f"{library}_THREADS"] = "1"
    os.environ["TORCHINDUCTOR_CACHE_DIR"] = str(BUILD / f"inductor{options.variant}")
    if options.march == "x86-64-v3":
        os.environ |= AVX2


def build(options, with_peers):
    """etch's programs of bench/, which must build, and those of bench/peers/, which are left out where they do not."""
    settings = [f"-DETCH_MARCH={options.march}", f"-DCMAKE_CXX_FLAGS_RELEASE={options.optimize}"]
    subprocess.run(["cmake", "--preset", "release", "-B", options.folder, *settings], cwd=ROOT, stdout=sys.stderr, check=True)
    if subprocess.run(["cmake", "--build", options.folder, "--target", "bench"], cwd=ROOT, stdout=sys.stderr).returncode != 0:
        sys.exit("bench: etch's programs did not build")
    if with_peers:
        keep_going = ["--", "-k", "0" if "Ninja" in (options.folder / "CMakeCache.txt").read_text() else "-k"]
        subprocess.run(["cmake", "--build", options.folder, "--target", "bench_peers", *keep_going], cwd=ROOT, stdout=sys.stderr)


def has(package, version):
    query = f"from importlib.metadata import version; print(version('{package}'))"
    answer = VENV_PYTHON.exists() and subprocess.run([VENV_PYTHON, "-c", query], capture_output=True, text=True)
    return bool(answer) and answer.stdout.strip().split("+")[0] == version


def install(package, version, *options):
    """A wheel of PyPI in build/venv, exactly one version, once; False, and a sentence, where that cannot be."""
    if has(package, version):
        return True
    print(f"bench: installing {package}=={version} into build/venv, kept for the next time; --no-peers does without", flush=True)
    if not VENV_PYTHON.exists() and subprocess.run([sys.executable, "-m", "venv", BUILD / "venv"]).returncode != 0:
        print("bench: cannot create build/venv; Debian's package python3-venv provides what is missing")
        return False
    pip = [VENV_PYTHON, "-m", "pip", "--quiet", "--disable-pip-version-check", "install"]
    if subprocess.run([*pip, *options, f"{package}=={version}"]).returncode != 0:
        print(f"bench: cannot install {package}=={version}")
        return False
    return True


def install_wheels():
    """PyTorch (2.8 GB to download, 4.8 GB on disk) and the library of ONNX Runtime without what its Python part needs."""
    install("torch", TORCH)
    install("onnxruntime", ONNXRUNTIME, "--no-deps")


def program(options, name):
    return [options.folder / "bench" / name]


def peers_on(options, core):
    """Every peer that is here: a folder of bench/peers, PyTorch eager, PyTorch compiled. Says which are not."""
    found = []

    def add(name, commands):
        if not re.search(options.peers, name):
            return
        servers = []
        for command in commands:
            try:
                servers.append(Server(name, command, LOG, {core}))
            except (DoesNotStart, OSError) as why:
                print(f"bench: MISSING PEER {name}: {why}")
        found.append(Peer(name, servers))

    for folder in sorted(path for path in (ROOT / "bench" / "peers").iterdir() if any(path.glob("*.cpp"))):
        add(folder.name, [program(options, f"peers/{folder.name}/{source.stem}") for source in sorted(folder.glob("*.cpp"))])
    script = ROOT / "bench" / "peers" / "torch_peer.py"
    for name, mode in {f"torch {TORCH}": [], f"torch {TORCH} compile": ["--compile"]}.items():
        if has("torch", TORCH):
            add(name, [[VENV_PYTHON, script, *mode]])
        else:
            print(f"bench: MISSING PEER {name}: not in build/venv")
    return found


def processor():
    """The name of the processor and the widest vectors it has."""
    text = pathlib.Path("/proc/cpuinfo").read_text()
    name = re.search(r"model name\s*: (.*)", text)
    flags = re.search(r"flags\s*: (.*)", text)
    words = flags[1].split() if flags else []
    return f"{name[1] if name else platform.machine()} ({'AVX-512, AMX' if 'amx_bf16' in words else 'AVX-512' if 'avx512f' in words else 'AVX2' if 'avx2' in words else 'SSE2'})"


def about(options, machine):
    """The first entry of the JSON: where and when the times were taken, and how many processes wanted to run meanwhile."""
    compiler = subprocess.run(["c++", "-dumpfullversion"], capture_output=True, text=True).stdout.strip()
    return {"name": "machine", "processor": processor(), "date": str(datetime.date.today()), "compiler": f"g++ {compiler}",
            "gflops": machine.flops, "gbytes": machine.bytes, "load": os.getloadavg()[0], "flags": f"{options.optimize} -march={options.march}"}


def names():
    return sorted(source.stem for source in (ROOT / "bench").glob("*_bench.cpp") if source.stem != "machine_bench")


def measure_times(options, core):
    """The rows of the table of times, after the entry about the machine."""
    machine = times.Machine(Server("machine", program(options, "machine_bench"), LOG, {core}))
    etches = [Server(name, program(options, name), LOG, {core}) for name in names()]
    return [about(options, machine), *times.run(etches, [] if options.no_peers else peers_on(options, core), options.only, options.rounds, machine)]


def measure_threads(options, core, cores):
    """etch on several threads beside etch on one."""
    threads = min(options.threads, len(cores))
    if threads < 2:
        print("bench: one core is all there is: no rows of several threads")
        return []
    some = set([core, *(c for c in reversed(cores) if c != core)][:threads])
    pairs = [(Server(name, program(options, name), LOG, some, threads), Server(name, program(options, name), LOG, {core})) for name in names()]
    return times.run_threads(pairs, options.only, options.rounds, threads)


def merged(before, rows):
    """What was measured before and not again, and these rows, in the order of the first measurement."""
    key = lambda row: (row["name"], row.get("peer"), row.get("compiler"))  # noqa: E731
    again = {row["name"] for row in rows}
    place = {key(row): i for i, row in enumerate(before)}
    return sorted([r for r in before if r["name"] not in again] + rows, key=lambda row: place.get(key(row), len(place)))


def main():
    arguments = argparse.ArgumentParser(prog="./run bench", description=__doc__.splitlines()[0])
    arguments.add_argument("what", nargs="?", choices=["all", "times", "threads", "operations", "compile", "publish"], default="all")
    arguments.add_argument("--no-peers", action="store_true", help="etch alone; installs nothing")
    arguments.add_argument("--only", metavar="REGEX", default="", help="workloads whose name matches")
    arguments.add_argument("--peers", metavar="REGEX", default="", help="peers whose name matches")
    arguments.add_argument("--out", metavar="FILE", type=pathlib.Path, help="build/bench.json unless said")
    arguments.add_argument("--march", default="native", help="of all programs; x86-64-v3 keeps libraries to AVX2, too")
    arguments.add_argument("--optimize", default="-O3", help="of etch's programs: -O3 unless said (--optimize=-O2)")
    arguments.add_argument("--rounds", type=int, default=ROUNDS, help=f"{ROUNDS} unless said")
    arguments.add_argument("--core", type=int, help="the last unless said")
    arguments.add_argument("--threads", type=int, default=2, help="of etch beside one thread: 2 unless said")
    arguments.add_argument("--part", metavar="K/M", help="of the operations, those whose number is K modulo M")
    arguments.add_argument("--sizes", metavar="N,..", help="of the operations, these sizes: 1,1e3,1e5,1e7")
    arguments.add_argument("--built", action="store_true", help="the programs of the table of times are built already")
    arguments.add_argument("--merge", action="store_true", help="keep what FILE holds of others")
    options = arguments.parse_args()
    options.variant = "".join(f"-{word.lstrip('-')}" for word, usual in ((options.march, "native"), (options.optimize, "-O3")) if word != usual)
    options.folder = BUILD / f"release{options.variant}"
    options.out = options.out or BUILD / f"bench{options.variant}.json"

    if options.what == "publish":
        figures.publish(ROOT, json.loads(options.out.read_text()))
        return
    BUILD.mkdir(exist_ok=True)
    LOG.write_text("")
    rows = []
    with_operations = options.what in ("operations", "all")
    if with_operations:
        operations.run(ROOT, BUILD, None, times.readable, options.only)  # built on all cores
    if options.what in ("all", "times", "operations") and not options.no_peers:
        install_wheels()
    if options.what in ("all", "times", "threads") and not options.built:
        build(options, with_peers=options.what != "threads" and not options.no_peers)
    environment(options)
    cores = sorted(os.sched_getaffinity(0))
    core = cores[-1] if options.core is None else options.core
    if options.what in ("all", "times"):
        rows += measure_times(options, core)
    if options.what in ("all", "threads"):
        rows += measure_threads(options, core, cores)
    before = json.loads(options.out.read_text()) if options.merge and options.out.exists() else []
    if with_operations:
        part = [int(k) for k in options.part.split("/")] if options.part else None
        python = None if options.no_peers else VENV_PYTHON
        sizes = [int(float(n)) for n in options.sizes.split(",")] if options.sizes else None
        rows += operations.run(ROOT, BUILD, python, times.readable, options.only, core, part, sizes, [r for r in before if r.get("peer") in ("loop", "torch")])
    if options.what == "compile" or (options.what == "all" and not options.only):
        os.sched_setaffinity(0, {core})
        rows += compile_cost.run(ROOT, BUILD)
    rows = merged(before, rows)
    options.out.write_text(json.dumps(rows, indent=1) + "\n")
    picture = chart.svg(rows)
    if picture:
        options.out.with_suffix(".svg").write_text(picture)
    print(f"written: {options.out}")


if __name__ == "__main__":
    main()

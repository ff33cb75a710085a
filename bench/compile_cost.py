"""What etch asks of the compiler, and what comes out: seconds, memory, size, libraries, time to the first step.

Part of `./run bench`, and alone as `./run bench compile`. Plain command lines without CMake, as a user would type them.
"""
import os
import pathlib
import shutil
import statistics
import subprocess
import sys
import time

COMPILERS = [("g++", ["g++"]), ("clang++", ["clang++-19", "clang++"])]
# clang stops a constant after a million steps; 24 layers need more, which the CMake target allows too.
MORE_STEPS = {"clang++": ["-fconstexpr-steps=100000000"]}
FLAGS = ["-std=c++20", "-O3", "-march=native"]
PLAIN_LIBRARIES = {"libstdc++.so.6", "libgcc_s.so.1", "libm.so.6", "libc.so.6"}
STARTS = 21
SMALL = {
    "empty include": "#include <etch/etch.hpp>\n",
    "one expression": """#include <etch/etch.hpp>
using X = etch::Tensor<float, 64, 64>;
X gate(const X& a, const X& x, const X& b) { return tanh(a * x + b) * sigmoid(x); }
""",
}
# The nearest of a peer's: what its headers cost alone, with an expression, and a trainer of the same network.
PEERS = {
    "eigen": {
        "empty include": "#include <Eigen/Dense>\n",
        "one expression": """#include <Eigen/Dense>
using X = Eigen::Array<float, 64, 64>;
X gate(const X& a, const X& x, const X& b) { return (a * x + b).tanh() * x.logistic(); }
""",
    },
    "libtorch": {
        "empty include": "#include <torch/torch.h>\n",
        "one expression": """#include <torch/torch.h>
using X = torch::Tensor;
X gate(const X& a, const X& x, const X& b) { return torch::tanh(a * x + b) * torch::sigmoid(x); }
""",
    },
}


def spent(build, command):
    """Wall seconds, processor seconds and peak megabytes of a command and all it started; its exit status must be 0."""
    log = build / "compile_cost.log"
    actions = [(os.POSIX_SPAWN_OPEN, 1, log, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o644), (os.POSIX_SPAWN_DUP2, 1, 2)]
    begin = time.perf_counter()
    child = os.posix_spawnp(command[0], command, os.environ, file_actions=actions)
    _, status, usage = os.wait4(child, 0)
    seconds = time.perf_counter() - begin
    if status != 0:
        sys.exit(f"bench: failed, see {log}: {' '.join(map(str, command))}")
    return seconds, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024


def needs(program):
    """The shared libraries a program loads, without the loader and the kernel's own."""
    lines = subprocess.run(["ldd", program], check=True, capture_output=True, text=True).stdout.splitlines()
    names = [line.split()[0] for line in lines]
    return sorted(n for n in names if not n.startswith(("linux-vdso", "/lib64/ld-linux")))


def libtorch_includes(build):
    """Where the wheel that `./run bench` installs has its headers; nothing without it."""
    for include in build.glob("venv/lib/python3*/site-packages/torch/include"):
        return [include, include / "torch/csrc/api/include"]
    return []


def compile_rows(root, build, name, compiler):
    """Compiles small files and the examples to objects with one compiler, then what is nearest of each peer that is here."""
    include = ["-I", root / "include", "-I", "/usr/include/eigen3"]
    examples = root / "examples"
    for title, text in SMALL.items():
        (build / f"{title}.cpp").write_text(text)
    jobs = [
        *((title, build / f"{title}.cpp", []) for title in SMALL),
        ("mlp trainer", examples / "mlp/main.cpp", []),
        ("lenet", examples / "lenet/main.cpp", []),
        ("resnet-18", root / "bench/compile/resnet18.cpp", []),
        *((f"lstm, {n} steps", root / "bench/compile/lstm.cpp", [f"-DSTEPS={n}"]) for n in (8, 512)),
        *((f"chargpt, {n} layers", examples / "chargpt/main.cpp", [f"-DCHARGPT_LAYERS={n}"]) for n in (4, 12, 24, 48)),
    ]
    for peer, includes in {"eigen": [pathlib.Path("/usr/include/eigen3")], "libtorch": libtorch_includes(build)}.items():
        if not includes or not includes[0].exists():
            print(f"    {peer}: not installed")
            continue
        flags = [option for path in includes for option in ("-isystem", path)]
        for title, text in PEERS[peer].items():
            (build / f"{title}, {peer}.cpp").write_text(text)
            jobs.append((f"{title}, {peer}", build / f"{title}, {peer}.cpp", flags))
        jobs.append((f"mlp trainer, {peer}", root / f"bench/compile/{peer}_mlp.cpp", flags))
    for title, source, macros in jobs:
        if not source.exists():
            print(f"    {title}: no {source}")
            continue
        command = [compiler, *FLAGS, *MORE_STEPS.get(name, []), *macros, *include, "-c", source, "-o", build / "compile_cost.o"]
        seconds, processor, megabytes = spent(build, command)
        cost = {"seconds": seconds, "cpu_seconds": processor, "peak_mb": megabytes}
        yield {"name": f"compile {title}", "compiler": name, **cost}


def program_row(root, build, name, compiler):
    """The MLP trainer as a stripped program: bytes, libraries, milliseconds from start to the end of its first step."""
    program = build / "compile_cost_mlp"
    include = ["-I", root / "include", "-I", "/usr/include/eigen3"]
    spent(build, [compiler, *FLAGS, *include, root / "examples/mlp/main.cpp", "-s", "-o", program])
    times = [spent(build, [program, "--first-step"])[0] * 1e3 for _ in range(STARTS)]
    libraries = needs(program)
    return {
        "name": "program mlp trainer",
        "compiler": name,
        "stripped_bytes": program.stat().st_size,
        "libraries": libraries,
        "only_plain_libraries": set(libraries) <= PLAIN_LIBRARIES,
        "first_step_ms": statistics.median(times),
        "first_step_ms_min": min(times),
    }


def run(root, build):
    """Prints the table and returns its rows."""
    rows = []
    print(f"\ncompile cost, {' '.join(FLAGS)} -c, one core:")
    for name, candidates in COMPILERS:
        compiler = next((c for c in candidates if shutil.which(c)), None)
        if compiler is None:
            print(f"    {name}: not installed")
            continue
        times = {}
        for row in compile_rows(root, build, name, compiler):
            rows.append(row)
            times[row["name"]] = row["cpu_seconds"]
            print(
                f"    {row['name'][8:]:24} {compiler:12} {row['seconds']:7.2f} s {row['peak_mb']:7.0f} MB   "
                f"({row['cpu_seconds']:.2f} s of processor time)",
                flush=True,
            )
        # Processor time: other work on the machine cannot change it much.
        few, many = times.get("compile chargpt, 4 layers"), times.get("compile chargpt, 24 layers")
        if few and many:
            rows.append({"name": "compile chargpt, 24 layers over 4", "compiler": name, "ratio": many / few})
            print(f"    {'24 layers over 4':24} {compiler:12} {many / few:7.2f} x")
        if "compile mlp trainer" in times:
            row = program_row(root, build, name, compiler)
            rows.append(row)
            print(
                f"    {'mlp trainer':24} {compiler:12} {row['stripped_bytes'] / 1000:7.0f} KB stripped, "
                f"first step {row['first_step_ms']:.2f} ms after start, needs {' '.join(row['libraries'])}"
            )
    return rows

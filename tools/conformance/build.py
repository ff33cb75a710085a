"""Units of programs, compiled once for one state of etch's headers, and run."""
import collections
import fcntl
import hashlib
import os
import pathlib
import re
import shutil
import struct
import subprocess
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent


def toolkit():
    """The headers of a CUDA toolkit."""
    for folder in (os.environ.get('CUDA_HOME', ''), '/usr/local/cuda'):
        headers = pathlib.Path(folder, 'include')
        if (headers / 'cccl/thrust/version.h').exists():
            return headers
    raise SystemExit('etch: conformance: the headers of a CUDA toolkit (thrust/version.h) must be in $CUDA_HOME or /usr/local/cuda')


def thrust_on_openmp():
    """Flags for <etch/cuda.hpp> through Thrust's OpenMP system; no GPU is needed."""
    return ['-DCONFORMANCE_DEVICE', '-DTHRUST_DEVICE_SYSTEM=THRUST_DEVICE_SYSTEM_OMP', '-DCCCL_DISABLE_FP16_SUPPORT', '-fopenmp', '-isystem', str(toolkit() / 'cccl'), f'-I{ROOT / "tests"}']


def simulated_gpu():
    """Flags for <etch/cuda.hpp> as a GPU runs it, its kernels and cuBLASLt's simulated here (tests/cuda/simulator)."""
    simulator = ROOT / 'tests/cuda/simulator'
    return ['-DCONFORMANCE_DEVICE', '-DETCH_SIMULATED_HERE', f'-I{simulator}', '-isystem', str(toolkit() / 'cccl'), '-isystem', str(toolkit()), f'-I{ROOT / "tests"}']


DEVICES = {'cpu': list, 'cuda-omp': thrust_on_openmp, 'cuda-simulated': simulated_gpu}


class World:
    """Compiler, flags and everything that runtime.hpp includes, after the preprocessor: what a unit is compiled in."""

    def __init__(self, folder, compiler='g++', device='cpu', flags=('-std=c++20', '-O1', '-march=native')):
        self.command = [compiler, *flags, *DEVICES[device](), f'-I{ROOT / "include"}']
        clang = 'clang' in compiler
        self.header = 'pch' if clang else 'gch'
        self.include = ['-include', 'program.hpp', '-ferror-limit=200' if clang else '-fmax-errors=200']
        if clang:
            self.command.append('-fconstexpr-steps=100000000')
        digest = hashlib.sha256(' '.join([*self.command, self.version()]).encode())
        digest.update(pathlib.Path(__file__).read_bytes())
        digest.update(subprocess.run([*self.command, '-E', '-P', HERE / 'runtime.cpp'], check=True, capture_output=True).stdout)
        folder = pathlib.Path(folder)
        folder.mkdir(parents=True, exist_ok=True)
        self.steps = collections.Counter()  # of programs on a device: where, what
        self.folder, self.compiled = folder / digest.hexdigest()[:16], 0
        self.main = self.folder / 'runtime.o'
        with open(folder / 'lock', 'w') as lock:  # another run may be making it
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not self.main.exists():
                self.make(folder)
            os.utime(self.folder)

    def make(self, folder):
        for old in sorted((f for f in folder.iterdir() if f.is_dir()), key=lambda f: f.stat().st_mtime)[:-2]:
            shutil.rmtree(old, ignore_errors=True)
        self.folder.mkdir(exist_ok=True)
        for header in HERE.glob('*.hpp'):
            shutil.copy(header, self.folder)
        (self.folder / 'program.hpp').write_text('#include "runtime.hpp"\n')
        header = subprocess.Popen([*self.command, '-x', 'c++-header', 'program.hpp', '-o', f'program.hpp.{self.header}'], cwd=self.folder)
        subprocess.run([*self.command, '-c', HERE / 'runtime.cpp', '-o', 'runtime.part'], cwd=self.folder, check=True)
        if header.wait() != 0:
            raise SystemExit('etch: conformance: etch.hpp does not compile')
        (self.folder / 'runtime.part').rename(self.main)

    def version(self):
        return subprocess.run([self.command[0], '--version'], check=True, capture_output=True, text=True).stdout.splitlines()[0]


def source_of(programs):
    text = 'namespace conformance {\n'
    text += ''.join(p.text.replace('@', str(i)) for i, p in enumerate(programs))
    text += 'extern const Runnable programs[] = {\n' + ''.join(f'  {{{p.entry.replace("@", str(i))}}},\n' for i, p in enumerate(programs)) + '};\n}\n'
    return text


class Unit:
    """Programs compiled together; `runs` are (program number, run)."""

    def __init__(self, name, programs, runs):
        self.name, self.programs, self.runs = name, programs, runs
        self.source = source_of(programs)
        self.stem = f'{re.sub("[^A-Za-z0-9_.]", "_", name)}-{hashlib.sha256(self.source.encode()).hexdigest()[:12]}'

    def part(self, numbers):
        numbers = list(numbers)
        return Unit(self.name, [self.programs[n] for n in numbers], [(numbers.index(n), r) for n, r in self.runs if n in numbers])


def compile_unit(world, unit):
    """None, or what the compiler said."""
    program, said = world.folder / unit.stem, world.folder / f'{unit.stem}.err'
    if program.exists():
        return None
    if said.exists():
        return said.read_text()
    world.compiled += 1
    code = world.folder / f'{unit.stem}.cpp'
    code.write_text(unit.source)
    result = subprocess.run([*world.command, *world.include, '-s', code.name, world.main.name, '-o', f'{program.name}.{os.getpid()}'], cwd=world.folder, capture_output=True, text=True)
    if result.returncode != 0:
        if 'internal compiler error' not in result.stderr and 'fatal error' not in result.stderr:
            said.write_text(result.stderr)
        return result.stderr
    (world.folder / f'{program.name}.{os.getpid()}').rename(program)
    return None


def first_error(text):
    lines = [line for line in text.splitlines() if 'error:' in line or 'fatal' in line]
    line = (lines or text.splitlines() or ['the compiler failed'])[0]
    return re.sub(r'^.*?error: (static assertion failed: )?', '', line)[:300]


def build(world, unit):
    """Units that compiled, and [(run, what the compiler said)] for the programs that did not."""
    said = compile_unit(world, unit)
    if said is None:
        return [unit], []
    if len(unit.programs) == 1:
        return [], [(run, 'does not compile: ' + first_error(said)) for _, run in unit.runs]
    named = {int(a or b) for a, b in re.findall(r'\bF(\d+)\b|\brun(\d+)\b', said)} & set(range(len(unit.programs)))
    rest = [n for n in range(len(unit.programs)) if n not in named] if named else []
    built, broken = build(world, unit.part(rest)) if rest else ([], [])
    for n in named or range(len(unit.programs)):
        b, c = build(world, unit.part([n]))
        built += b
        broken += c
    return built, broken


def parse(data, results, steps):
    """The records of one output file into `results`; the number of the case after the last one begun."""
    at, number, current = 0, -1, None
    while at < len(data):
        kind = data[at:at + 1]
        at += 1
        if kind == b'B':
            number, = struct.unpack_from('<I', data, at)
            at += 4
            current = results[number] = []
            done = False
        elif kind == b'O':
            if at + 20 > len(data):
                break
            dtype, rank = struct.unpack_from('<16sI', data, at)
            shape = struct.unpack_from(f'<{rank}q', data, at + 20)
            size, = struct.unpack_from('<Q', data, at + 20 + 8 * rank)
            at += 28 + 8 * rank
            current.append((dtype.rstrip(b'\0').decode(), list(shape), data[at:at + size]))
            at += size
        elif kind == b'X':
            size, = struct.unpack_from('<I', data, at)
            results[number] = data[at + 4:at + 4 + size].decode(errors='replace')
            at += 4 + size
        elif kind == b'S':
            steps[data[at:at + 32].rstrip(b'\0').decode()] += struct.unpack_from('<Q', data, at + 32)[0]
            at += 40
        elif kind == b'E':
            done = True
    return number, number < 0 or done


def run_unit(world, unit, seconds):
    """Runs a unit's cases, each result into its run; after a crash it goes on with the next case."""
    with tempfile.TemporaryDirectory() as scratch:
        job, out = pathlib.Path(scratch, 'job'), pathlib.Path(scratch, 'out')
        job.write_bytes(b''.join(struct.pack('<IQ', n, len(r.input)) + r.input for n, r in unit.runs))
        results, first = {}, 0
        while first < len(unit.runs):
            out.unlink(missing_ok=True)
            out.touch()
            try:
                code = subprocess.run([world.folder / unit.stem, job, out, str(first)], timeout=seconds, capture_output=True).returncode
                how = f'crashed with signal {-code}' if code < 0 else f'ended with status {code}'
            except subprocess.TimeoutExpired:
                how = f'ran longer than {seconds} s'
            last, done = parse(out.read_bytes(), results, world.steps)
            if not done:
                results[last] = how
            elif last + 1 < len(unit.runs):
                last = max(last, first)
                results.setdefault(last, how)
            first = last + 1
        for i, (_, run) in enumerate(unit.runs):
            run.result = results.get(i, 'was not run')

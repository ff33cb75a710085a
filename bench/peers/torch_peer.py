"""PyTorch's side of the bench: the same work in its best form, behind the protocol of bench/serve.hpp.

    torch_peer.py [--compile] [--threads N] --list | --json | --serve

Batches allocated beforehand, fused optimizers, gradients set to None, and the loss left as a tensor.
"""
import statistics
import sys
import time

import torch_workloads

NAMES = list(torch_workloads.STEPS)


class Workload:
    """A step with the number of repetitions that one sample of at least 2 ms takes."""

    def __init__(self, name, compiled, threads):
        self.step = torch_workloads.step_of(name, compiled, threads)
        for _ in range(3):
            self.step()
        self.repetitions = 1
        while self.sample() * self.repetitions < 2e-3:
            self.repetitions *= 2

    def sample(self):
        begin = time.perf_counter()
        for _ in range(self.repetitions):
            self.step()
        return (time.perf_counter() - begin) / self.repetitions

    def measure(self):
        """Least and median nanoseconds of a step over a batch of 0.2 s, three samples at least."""
        self.step()
        samples, end = [], time.perf_counter() + 0.2
        while len(samples) < 3 or time.perf_counter() < end:
            samples.append(self.sample())
        return min(samples) * 1e9, statistics.median(samples) * 1e9


def main():
    compiled = "--compile" in sys.argv
    threads = int(sys.argv[sys.argv.index("--threads") + 1]) if "--threads" in sys.argv else 1
    if "--list" in sys.argv:
        print("\n".join(NAMES))
        return
    if "--json" in sys.argv:
        for name in NAMES:
            print(f'{{"name": "{name}", "ns": {Workload(name, compiled, threads).measure()[1]:.1f}}}', flush=True)
        return
    workloads = {}
    for line in sys.stdin:
        what, name = line.split()
        if name not in NAMES:
            print(f"unknown request: {line.strip()}", flush=True)
            continue
        if name not in workloads:
            workloads[name] = Workload(name, compiled, threads)
        if what == "error":
            print(name, torch_workloads.error(name, workloads[name].step), flush=True)
            continue
        least, median = workloads[name].measure()
        print(f"{name} {least:.1f} {median:.1f}", flush=True)


if __name__ == "__main__":
    main()

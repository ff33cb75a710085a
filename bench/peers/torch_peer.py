"""PyTorch's side of the bench: the same training steps in their best form, behind the protocol of bench/serve.hpp.

    torch_peer.py [--compile] --list | --json | --serve

One thread, batches allocated beforehand, fused optimizers, gradients set to None, and the loss left as a tensor.
"""
import statistics
import sys
import time

NAMES = ["gpt_train", "mlp_train", "mlp_tiny_train"]


def step_of(name, compiled):
    """One training step as a function without arguments."""
    import torch
    from torch.nn import functional as F

    from torch_models import Gpt, Mlp

    torch.set_num_threads(1)
    torch.manual_seed(0)
    if name == "gpt_train":
        model = Gpt()
        rows = torch.randint(0, 86, (16, 65))
        batch = rows[:, :-1].contiguous(), rows[:, 1:].contiguous()
        loss_of = model.loss
        optimizer = torch.optim.AdamW(model.parameters(), lr=1e-3, fused=True)
    else:
        if name == "mlp_train":
            model = Mlp([784, 256, 128, 10], torch.relu)
            batch = torch.randn(64, 784), torch.randint(0, 10, (64,))
            loss_of = lambda x, y: F.cross_entropy(model(x), y)  # noqa: E731
        else:
            model = Mlp([4, 64, 64, 2], torch.tanh)
            batch = torch.randn(32, 4), torch.randn(32, 2)
            loss_of = lambda x, y: F.mse_loss(model(x), y)  # noqa: E731
        optimizer = torch.optim.Adam(model.parameters(), lr=1e-3, fused=True)
    if compiled:
        loss_of = torch.compile(loss_of, fullgraph=True)

    def step():
        optimizer.zero_grad(set_to_none=True)
        loss = loss_of(*batch)
        loss.backward()
        optimizer.step()
        return loss

    return step


class Workload:
    """A step with the number of repetitions that one sample of at least 2 ms takes."""

    def __init__(self, name, compiled):
        self.step = step_of(name, compiled)
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
    if "--list" in sys.argv:
        print("\n".join(NAMES))
        return
    if "--json" in sys.argv:
        for name in NAMES:
            print(f'{{"name": "{name}", "ns": {Workload(name, compiled).measure()[1]:.1f}}}', flush=True)
        return
    workloads = {}
    for line in sys.stdin:
        name = line.removeprefix("run ").strip()
        if name not in NAMES:
            print(f"error unknown request: {line.strip()}", flush=True)
            continue
        if name not in workloads:
            workloads[name] = Workload(name, compiled)
        least, median = workloads[name].measure()
        print(f"{name} {least:.1f} {median:.1f}", flush=True)


if __name__ == "__main__":
    main()

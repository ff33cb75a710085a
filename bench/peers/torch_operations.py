"""PyTorch's side of `./run bench operations`: answers `CASE SECONDS` with the least and the median nanoseconds of a call.

One thread, no gradients, operands made beforehand, results written into tensors that exist where the function has an `out`.
"""
import pathlib
import statistics
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
import operations  # noqa: E402
import torch  # noqa: E402

DTYPES = {"float": torch.float32, "double": torch.float64, "half": torch.float16, "int64": torch.int64, "int32": torch.int32, "uint8": torch.uint8,
          "bool": torch.bool, "cfloat": torch.complex64}


def operand(sizes, dtype, low, high, order):
    if dtype == "bool":
        return torch.rand(sizes) < 0.5
    if dtype == "cfloat":
        return torch.complex(torch.empty(sizes).uniform_(low, high), torch.empty(sizes).uniform_(low, high))
    x = torch.empty(sizes).uniform_(low, high).to(DTYPES[dtype])
    return x.sort().values if order else x


class Call:
    def __init__(self, row, n):
        names = {"torch": torch, "o": None, **{name: operand(*rest) for name, *rest in row.operands(n)}}
        names["o"] = eval(row.at(row.options.get("like", row.torch), n), names)
        self.step = eval("lambda: " + row.at(row.torch, n), names)
        self.repetitions = 0

    def sample(self):
        step, begin = self.step, time.perf_counter()
        for _ in range(self.repetitions):
            step()
        return (time.perf_counter() - begin) / self.repetitions

    def measure(self, seconds):
        if not self.repetitions:
            self.repetitions = 1
            while self.sample() * self.repetitions < seconds / 100:
                self.repetitions *= 2
        self.step()
        samples, end = [], time.perf_counter() + seconds
        while len(samples) < 3 or time.perf_counter() < end:
            samples.append(self.sample())
        return min(samples) * 1e9, statistics.median(samples) * 1e9


def main():
    torch.set_num_threads(1)
    table = {str(row.number): row for row in operations.rows()}
    now, call = None, None
    with torch.inference_mode():
        for line in sys.stdin:
            case, seconds = line.split()
            if case != now:
                now, call = case, None  # what the last case held is free before the next is made
                number, n = case.split("/")
                call = Call(table[number], int(n))
            print(*call.measure(float(seconds)), flush=True)


if __name__ == "__main__":
    main()

"""The main job in PyTorch: what validation loss and what step time examples/chargpt should be measured against.

    build/venv/bin/python bench/peers/torch_chargpt.py [--steps N] [--seed S] [--init normal|linear|torch]

--init normal   weights of products and tables from normal(0, 0.02), biases 0
       linear   the tables so, the linear layers as PyTorch leaves them: uniform within 1 / sqrt(inputs)
       torch    all as PyTorch leaves them: the tables from normal(0, 1)

val is the mean over 20 fixed batches of the held-out text, val_whole that over all of it, window after window.
"""
import argparse
import pathlib
import time

import torch
from torch import nn

from torch_models import Gpt

CONTEXT, BATCH = 64, 16


def license_text():
    """All distinct files of /usr/share/common-licenses, in the order of their names."""
    files = [path.read_bytes() for path in sorted(pathlib.Path("/usr/share/common-licenses").iterdir())]
    return b"".join(dict.fromkeys(files))


def windows(text, starts):
    rows = torch.stack([text[s : s + CONTEXT + 1] for s in starts.tolist()])
    return rows[:, :-1].contiguous(), rows[:, 1:].contiguous()


@torch.no_grad()
def mean_loss(model, batches):
    total, count = 0.0, 0
    for ids, targets in batches:
        total += model.loss(ids, targets).item() * targets.numel()
        count += targets.numel()
    return total / count


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--steps", type=int, default=1000)
    arguments.add_argument("--seed", type=int, default=0)
    arguments.add_argument("--init", choices=["normal", "linear", "torch"], default="normal")
    options = arguments.parse_args()

    torch.set_num_threads(1)
    torch.manual_seed(options.seed)
    raw = license_text()
    alphabet = sorted(set(raw))
    index = {symbol: i for i, symbol in enumerate(alphabet)}
    text = torch.tensor([index[symbol] for symbol in raw])
    cut = len(text) - len(text) // 10
    train, held_out = text[:cut], text[cut:]

    model = Gpt(len(alphabet), CONTEXT)
    again = {"normal": (), "linear": (nn.Linear,), "torch": (nn.Linear, nn.Embedding)}[options.init]
    model.apply(lambda module: module.reset_parameters() if isinstance(module, again) else None)
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-3, fused=True)

    fixed = torch.Generator().manual_seed(1)
    some = [windows(held_out, torch.randint(len(held_out) - CONTEXT, (BATCH,), generator=fixed)) for _ in range(20)]
    starts = torch.arange(0, len(held_out) - CONTEXT, CONTEXT)
    whole = [windows(held_out, part) for part in starts.split(BATCH)]

    random = torch.Generator().manual_seed(options.seed)
    recent, begin = [], time.process_time()
    for step in range(1, options.steps + 1):
        ids, targets = windows(train, torch.randint(len(train) - CONTEXT, (BATCH,), generator=random))
        optimizer.zero_grad(set_to_none=True)
        loss = model.loss(ids, targets)
        loss.backward()
        optimizer.step()
        recent.append(loss.detach())
        if step % 250 == 0 or step == options.steps:
            seconds = time.process_time() - begin
            print(
                f"step {step} loss {torch.stack(recent[-50:]).mean():.4f} val {mean_loss(model, some):.4f} "
                f"val_whole {mean_loss(model, whole):.4f} cpu_seconds {seconds:.1f}",
                flush=True,
            )


if __name__ == "__main__":
    main()

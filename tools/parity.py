"""Writes the training runs that tests/ compare etch with: initial parameters, batches, and what PyTorch made of them.

    python tools/parity.py              tests/data/parity_gpt.safetensors and parity_mlp.safetensors, small, committed
    python tools/parity.py --full DIR   the same for the GPT of examples/chargpt at full size, for a check by hand
    python tools/parity.py --noise      how far float32 and float64 runs differ: what a tolerance has to allow

Needs torch==2.13.0. One thread, fixed seeds. Losses are float64 copies of float32 losses, taken before each update.

Names in the files; every loss list has one entry a step:
    gpt   initial.NAME  inputs targets [steps, batch, context] i64
          losses  final.NAME                  AdamW, lr 1e-3, else PyTorch's defaults (weight decay 0.01 on everything)
          clip.losses  clip.norms  clip.final.NAME (three)    the same, gradient norm clipped to 1 before each update
    mlp   initial.NAME  inputs [steps, batch, 4]  targets [steps, batch, 2]
          adam.losses  adam.final.NAME        Adam, lr 1e-3
          sgd.losses  sgd.final.NAME          SGD, lr 0.05, momentum 0.9, nesterov, weight decay 1e-2
"""
import argparse
import copy
import json
import pathlib
import struct
import sys

import torch
from torch.nn import functional as F

ROOT = pathlib.Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "bench" / "peers"))
from torch_models import Gpt, Mlp  # noqa: E402

STEPS = 20
CODES = {torch.float32: "F32", torch.float64: "F64", torch.int64: "I64"}


def save(path, tensors):
    """safetensors: the header's length as u64, the header as JSON, the bytes of every tensor in its order."""
    header, offset = {"__metadata__": {"format": "pt", "made_by": "tools/parity.py", "torch": "2.13.0"}}, 0
    for name, tensor in tensors.items():
        size = tensor.numel() * tensor.element_size()
        header[name] = {
            "dtype": CODES[tensor.dtype],
            "shape": list(tensor.shape),
            "data_offsets": [offset, offset + size],
        }
        offset += size
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    with open(path, "wb") as file:
        file.write(struct.pack("<Q", len(text)) + text)
        for tensor in tensors.values():
            file.write(bytes(tensor.detach().contiguous().flatten().view(torch.uint8).tolist()))
    print(f"{path}: {len(tensors)} tensors, {8 + len(text) + offset} bytes")


def state(prefix, model, only=None):
    """The parameters under `prefix`, cloned so that later steps do not change them."""
    return {prefix + k: v.clone() for k, v in model.state_dict().items() if only is None or k in only}


def train(model, optimizer, loss_of, inputs, targets, clip=None):
    """One update a batch; returns the losses and the gradient norms before clipping."""
    losses, norms = [], []
    for x, y in zip(inputs, targets):
        optimizer.zero_grad()
        loss = loss_of(model, x, y)
        loss.backward()
        if clip is not None:
            norms.append(torch.nn.utils.clip_grad_norm_(model.parameters(), clip).item())
        optimizer.step()
        losses.append(loss.item())
    return torch.tensor(losses, dtype=torch.float64), torch.tensor(norms, dtype=torch.float64)


def jolt(model):
    """Moves every parameter off its initial constant, so that a swapped bias or scale cannot go unseen."""
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.add_(torch.randn_like(parameter), alpha=0.02)
    return model


def gpt_batches(vocab, context, batch):
    """Windows of a random walk over the symbols: there is something to learn."""
    walk = torch.randint(0, 3, (4096,)).cumsum(0) % vocab
    starts = torch.randint(0, len(walk) - context, (STEPS, batch))
    rows = torch.stack([torch.stack([walk[s : s + context + 1] for s in step]) for step in starts.tolist()])
    return rows[..., :-1].contiguous(), rows[..., 1:].contiguous()


def gpt_run(model, inputs, targets, clip=None):
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-3)
    return train(model, optimizer, Gpt.loss, inputs, targets, clip)


def gpt_file(path, vocab, context, width, layers, heads, batch, clip=True):
    torch.manual_seed(20)
    model = jolt(Gpt(vocab, context, width, layers, heads))
    inputs, targets = gpt_batches(vocab, context, batch)
    tensors = state("initial.", model) | {"inputs": inputs, "targets": targets}
    clipped = copy.deepcopy(model)
    tensors["losses"], _ = gpt_run(model, inputs, targets)
    tensors |= state("final.", model)
    tensors["clip.losses"], tensors["clip.norms"] = gpt_run(clipped, inputs, targets, clip=1.0)
    tensors |= state("clip.final.", clipped, {"wpe.weight", "blocks.1.attn.proj.weight", "ln_f.weight"})
    save(path, tensors)


def mlp_batches():
    """A smooth target of four inputs."""
    x = torch.randn(STEPS, 32, 4)
    return x, torch.stack([torch.sin(x[..., 0] + x[..., 1]), x[..., 2] * x[..., 3]], dim=-1)


def mlp_run(model, optimizer, inputs, targets):
    return train(model, optimizer, lambda m, x, y: F.mse_loss(m(x), y), inputs, targets)[0]


def mlp_optimizers(model):
    return {
        "adam": lambda: torch.optim.Adam(model.parameters(), lr=1e-3),
        "sgd": lambda: torch.optim.SGD(model.parameters(), lr=0.05, momentum=0.9, nesterov=True, weight_decay=1e-2),
    }


def mlp_file(path):
    torch.manual_seed(21)
    model = Mlp([4, 64, 64, 2], torch.tanh)
    inputs, targets = mlp_batches()
    tensors = state("initial.", model) | {"inputs": inputs, "targets": targets}
    initial = copy.deepcopy(model.state_dict())
    for name, make in mlp_optimizers(model).items():
        model.load_state_dict(initial)
        tensors[f"{name}.losses"] = mlp_run(model, make(), inputs, targets)
        tensors |= state(f"{name}.final.", model)
    save(path, tensors)


def noise(title, single, run):
    """Prints how far the float32 run is from the same run in float64."""
    double = copy.deepcopy(single).double()
    a, b = run(single, torch.float32), run(double, torch.float64)
    losses = ((a - b) / b).abs().max().item()
    print(f"{title}: losses differ by at most {losses:.1e} relative")
    wide = double.state_dict()
    rows = [((v.double() - wide[k]).abs().max().item(), k) for k, v in single.state_dict().items()]
    for worst, name in sorted(rows, reverse=True)[:6]:
        print(f"    {name}: {worst:.1e}")


def print_noise():
    sizes = {
        "small GPT": dict(vocab=32, context=16, width=32, layers=2, heads=4, batch=4),
        "full GPT": dict(vocab=86, context=64, width=128, layers=4, heads=4, batch=16),
    }
    for name, s in sizes.items():
        torch.manual_seed(20)
        model = jolt(Gpt(s["vocab"], s["context"], s["width"], s["layers"], s["heads"]))
        inputs, targets = gpt_batches(s["vocab"], s["context"], s["batch"])
        noise(name, model, lambda m, dtype: gpt_run(m, inputs, targets)[0])
    for name in ("adam", "sgd"):
        torch.manual_seed(21)
        model = Mlp([4, 64, 64, 2], torch.tanh)
        x, y = mlp_batches()
        noise(f"MLP {name}", model, lambda m, dtype: mlp_run(m, mlp_optimizers(m)[name](), x.to(dtype), y.to(dtype)))


def main():
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("--full", metavar="DIR", type=pathlib.Path)
    arguments.add_argument("--noise", action="store_true")
    options = arguments.parse_args()
    torch.set_num_threads(1)
    if options.noise:
        print_noise()
    elif options.full:
        options.full.mkdir(parents=True, exist_ok=True)
        gpt_file(options.full / "parity_gpt_full.safetensors", 86, 64, 128, 4, 4, 16)
    else:
        data = ROOT / "tests" / "data"
        data.mkdir(parents=True, exist_ok=True)
        gpt_file(data / "parity_gpt.safetensors", 32, 16, 32, 2, 4, 4)
        mlp_file(data / "parity_mlp.safetensors")


if __name__ == "__main__":
    main()

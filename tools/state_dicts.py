"""Five models as PyTorch saves them, with what they compute, for tests/io/torch_models_test.cpp; and what etch saved, read back.

    python tools/state_dicts.py                  writes tests/data/torch_NAME.safetensors and torch_NAME_run.safetensors
    python tools/state_dicts.py --check FOLDER   loads the torch_NAME.safetensors in FOLDER, strictly, and compares them with these;
                                                 the test leaves them there when it runs with ETCH_KEEP_FILES=FOLDER

Needs torch==2.13.0. In a run file: x, y = net.eval()(x), dy, and, of one pass in training mode, loss = sum(net.train()(x) dy), grad.NAME
of every parameter and after.NAME of every buffer.
"""
import json
import pathlib
import struct
import sys

import torch
from torch import nn
from torch.nn import functional as F

import parity

DATA = parity.ROOT / "tests" / "data"
TYPES = {code: dtype for dtype, code in parity.CODES.items()}


class LeNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(1, 6, 5, padding=2)
        self.conv2 = nn.Conv2d(6, 16, 5)
        self.fc1 = nn.Linear(64, 32)
        self.fc2 = nn.Linear(32, 20)
        self.fc3 = nn.Linear(20, 10)

    def forward(self, x):
        x = F.max_pool2d(torch.relu(self.conv1(x)), 2)
        x = F.max_pool2d(torch.relu(self.conv2(x)), 2).flatten(1)
        return self.fc3(torch.relu(self.fc2(torch.relu(self.fc1(x)))))


class ResidualBlock(nn.Module):
    """torchvision's BasicBlock with a stride."""

    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(6, 12, 3, stride=2, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(12)
        self.conv2 = nn.Conv2d(12, 12, 3, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(12)
        self.downsample = nn.Sequential(nn.Conv2d(6, 12, 1, stride=2, bias=False), nn.BatchNorm2d(12))

    def forward(self, x):
        y = self.bn2(self.conv2(torch.relu(self.bn1(self.conv1(x)))))
        return torch.relu(y + self.downsample(x))


class Tagger(nn.Module):
    def __init__(self):
        super().__init__()
        self.lstm = nn.LSTM(6, 8, num_layers=2, bidirectional=True)
        self.out = nn.Linear(16, 3)

    def forward(self, x):
        return self.out(self.lstm(x)[0])


def parametrized():
    p = nn.utils.parametrizations
    return nn.Sequential(
        p.spectral_norm(nn.Conv2d(2, 4, 3, bias=False), n_power_iterations=2),
        nn.Tanh(),
        p.spectral_norm(nn.ConvTranspose2d(4, 3, 2, stride=2)),
        nn.Flatten(),
        p.weight_norm(nn.Linear(48, 5)),
        nn.Tanh(),
        p.weight_norm(nn.Linear(5, 6, bias=False), dim=1),
        p.weight_norm(nn.Linear(6, 2), dim=None),
    )


def encoder():
    return nn.TransformerEncoder(nn.TransformerEncoderLayer(16, 4, 24, dropout=0.0), 2)


NETS = {
    "lenet": (LeNet, (4, 1, 16, 16)),
    "residual": (ResidualBlock, (3, 6, 8, 8)),
    "lstm": (Tagger, (7, 3, 6)),
    "encoder": (encoder, (5, 2, 16)),
    "parametrized": (parametrized, (3, 2, 4, 4)),
}


def read(path):
    with open(path, "rb") as file:
        data = file.read()
    (length,) = struct.unpack_from("<Q", data)
    header = json.loads(data[8 : 8 + length])
    header.pop("__metadata__", None)
    return {
        name: torch.frombuffer(bytearray(data[8 + length + t["data_offsets"][0] : 8 + length + t["data_offsets"][1]]), dtype=TYPES[t["dtype"]]).reshape(t["shape"])
        for name, t in header.items()
    }


def write(name, make, shape):
    torch.manual_seed(40)
    net = parity.jolt(make())
    with torch.no_grad():
        for _ in range(3):  # running statistics that are not those of a new layer
            net.train()(1.5 * torch.randn(shape) + 0.3)
    parity.save(DATA / f"torch_{name}.safetensors", net.state_dict())
    x = torch.randn(shape)
    run = {"x": x, "y": net.eval()(x).detach()}
    run["dy"] = torch.randn(run["y"].shape)
    loss = (net.train()(x) * run["dy"]).sum()
    loss.backward()
    run["loss"] = loss.detach()
    run |= {"grad." + key: p.grad for key, p in net.named_parameters()} | {"after." + key: b for key, b in net.named_buffers()}
    parity.save(DATA / f"torch_{name}_run.safetensors", run)


def check(folder, name, make):
    found, expected = read(folder / f"torch_{name}.safetensors"), read(DATA / f"torch_{name}.safetensors")
    net = make()
    net.load_state_dict(found, strict=True)
    for key, tensor in net.state_dict().items():
        assert tensor.dtype == expected[key].dtype and torch.equal(tensor, expected[key]), f"{name}: {key} differs"
    run = read(DATA / f"torch_{name}_run.safetensors")
    worst = (net.eval()(run["x"]) - run["y"]).abs().max().item()
    assert worst <= 1e-6, f"{name}: the output differs by {worst}"
    print(f"{name}: {len(found)} tensors load strictly and are equal, the output differs by {worst:.1g}")


def main():
    torch.set_num_threads(1)
    if len(sys.argv) == 3 and sys.argv[1] == "--check":
        for name, (make, _) in NETS.items():
            check(pathlib.Path(sys.argv[2]), name, make)
    elif len(sys.argv) == 1:
        for name, (make, shape) in NETS.items():
            write(name, make, shape)
    else:
        sys.exit(__doc__)


if __name__ == "__main__":
    main()

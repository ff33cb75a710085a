"""A training that PyTorch began and etch goes on with, and the other way round.

    python tools/optimizer_state.py          writes tests/data/optimizer_state.safetensors, after three steps, and _after, after six
    python tools/optimizer_state.py FILE     goes on for three steps from what etch saved in FILE, and says how far that is from _after

Needs torch==2.13.0. NAdam on a small network in two groups; the names are etch's: the model's, and PyTorch's flattened optimizer state
under "optimizer.".
"""
import json
import pathlib
import struct
import sys

import torch
from torch.distributed.checkpoint.state_dict import StateDictOptions, get_optimizer_state_dict, set_optimizer_state_dict

import parity

DATA = parity.ROOT / 'tests' / 'data'
FLAT = StateDictOptions(flatten_optimizer_state_dict=True)
parity.CODES |= {torch.bool: 'BOOL'}
TYPES = {'F32': torch.float32, 'F64': torch.float64, 'BOOL': torch.bool, 'I64': torch.int64}


class Net(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.fc1 = torch.nn.Linear(3, 4)
        self.fc2 = torch.nn.Linear(4, 2)

    def forward(self, x):
        return self.fc2(torch.tanh(self.fc1(x)))


def optimizer_of(net):
    groups = [{'params': net.fc1.parameters()}, {'params': net.fc2.parameters(), 'lr': 0.05, 'weight_decay': 0.1}]
    return torch.optim.NAdam(groups, lr=0.02, betas=(0.8, 0.99))


def train(net, optimizer, steps):
    x = torch.tensor([[0.3 * ((3 * i + j) % 7) - 1 for j in range(3)] for i in range(5)])
    y = torch.tensor([[0.5 * ((2 * i + j) % 3) for j in range(2)] for i in range(5)])
    for _ in range(steps):
        optimizer.zero_grad()
        torch.nn.functional.mse_loss(net(x), y).backward()
        optimizer.step()


def tensor_of(value):
    if torch.is_tensor(value):
        return value
    return torch.tensor(value) if isinstance(value, bool) else torch.tensor(value, dtype=torch.float64)


def read(path):
    data = pathlib.Path(path).read_bytes()
    size, = struct.unpack_from('<Q', data)
    tensors = {}
    for name, info in json.loads(data[8:8 + size]).items():
        if name != '__metadata__':
            begin, end = info['data_offsets']
            tensors[name] = torch.frombuffer(bytearray(data[8 + size + begin:8 + size + end]), dtype=TYPES[info['dtype']]).reshape(info['shape'])
    return tensors


if __name__ == '__main__':
    torch.manual_seed(5)
    net = Net()
    optimizer = optimizer_of(net)
    if len(sys.argv) == 1:
        train(net, optimizer, 3)
        flat = get_optimizer_state_dict(net, optimizer, options=FLAT)
        parity.save(DATA / 'optimizer_state.safetensors', net.state_dict() | {f'optimizer.{k}': tensor_of(v) for k, v in flat.items() if v is not None})
        train(net, optimizer, 3)
        parity.save(DATA / 'optimizer_state_after.safetensors', net.state_dict())
    else:
        tensors = read(sys.argv[1])
        train(net, optimizer, 1)  # so that there is a state to be replaced
        net.load_state_dict({k: v for k, v in tensors.items() if not k.startswith('optimizer.')})
        flat = get_optimizer_state_dict(net, optimizer, options=FLAT)
        for k, v in tensors.items():
            if k.startswith('optimizer.'):
                k = k.removeprefix('optimizer.')
                flat[k] = v.tolist() if k.startswith('param_groups') else v
        set_optimizer_state_dict(net, optimizer, flat, options=FLAT)
        print([{k: v for k, v in g.items() if k != 'params'} for g in optimizer.param_groups])
        train(net, optimizer, 3)
        after = read(DATA / 'optimizer_state_after.safetensors')
        print(max((v - after[k]).abs().max().item() for k, v in net.state_dict().items()))

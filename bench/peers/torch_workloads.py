"""What PyTorch is timed on: for each name of the bench a function that prepares one step, in its best fair form.

A preparation takes `wrap`, which is torch.compile or nothing, puts it around what it computes, and returns the step: a
function without arguments. `torch` is imported in it, so that asking for the names costs nothing.
"""

STEPS = {}
CHAIN_RANGES = 1, 4, 2, 16, 1  # of a, x, b, c, d
PRECISION = "float32"  # of numbers and models; "float64" while the exact result is computed


def workload(*names):
    """Registers a preparation under its names, which it gets as its first argument."""

    def register(prepare):
        STEPS.update({name: prepare for name in names})
        return prepare

    return register


def numbers(seed, sizes, span=1):
    """The numbers of bench/data.hpp: multiples of 2^-10 of `span`, the same for etch and every peer."""
    import torch

    h = (torch.arange(torch.Size(sizes).numel()) * 2654435761 + seed * 2246822519) & 0xFFFFFFFF
    h = ((h ^ (h >> 15)) * 2246822519) & 0xFFFFFFFF
    h ^= h >> 13
    return (((h >> 21) - 1024).to(getattr(torch, PRECISION)) * span / 1024).reshape(sizes)


def labels(count, classes):
    import torch

    return torch.arange(count) * 7 % classes


def step_of(name, compiled, threads=1):
    import torch

    torch.set_num_threads(threads)
    torch.manual_seed(0)
    wrap = (lambda f: torch.compile(f, fullgraph=True)) if compiled else (lambda f: f)
    return STEPS[name](name, wrap)


def training(loss_of, optimizer, batch):
    """forward, loss, backward and update; gradients set to None and the loss left as a tensor."""

    def step():
        optimizer.zero_grad(set_to_none=True)
        loss = loss_of(*batch)
        loss.backward()
        optimizer.step()
        return loss

    return step


def forward_only(f, *arguments, out=None):
    """f(*arguments) without gradients, into `out` where given."""
    import torch

    def step():
        with torch.inference_mode():
            return f(*arguments) if out is None else f(*arguments, out)

    return step


def with_gradients(f, inputs, constants, dy):
    """f and the gradients of its inputs from dy."""
    import torch

    for x in inputs:
        x.requires_grad_()

    def step():
        return torch.autograd.grad(f(*inputs, *constants), inputs, dy)

    return step


@workload("gpt_train")
def gpt_train(name, wrap):
    import torch
    from torch_models import Gpt

    model = Gpt()
    places = torch.arange(16 * 64).reshape(16, 64)
    batch = places * 37 % 83, places * 53 % 79
    return training(wrap(model.loss), torch.optim.AdamW(model.parameters(), lr=1e-3, fused=True), batch)


@workload("mlp_train")
def mlp_train(name, wrap):
    import torch
    from torch.nn import functional as F
    from torch_models import Mlp

    model = Mlp([784, 256, 128, 10], torch.relu)
    batch = numbers(0, (64, 784)), labels(64, 10)
    loss_of = wrap(lambda x, y: F.cross_entropy(model(x), y))
    return training(loss_of, torch.optim.Adam(model.parameters(), lr=1e-3, fused=True), batch)


@workload("mlp_tiny_train")
def mlp_tiny_train(name, wrap):
    import torch
    from torch.nn import functional as F
    from torch_models import Mlp

    model = Mlp([4, 64, 64, 2], torch.tanh)
    loss_of = wrap(lambda x, y: F.mse_loss(model(x), y))
    return training(loss_of, torch.optim.Adam(model.parameters(), lr=1e-3, fused=True), (numbers(1, (32, 4)), numbers(2, (32, 2))))


@workload(*(f"chain_{kind}_1e{power}" for kind in ("transcendental", "arithmetic") for power in (3, 5, 7)))
def chain(name, wrap):
    import torch

    n = int(float(name.rsplit("_", 1)[1]))
    a, x, b, c, d = (numbers(seed, (n,), span) for seed, span in enumerate(CHAIN_RANGES))
    if "transcendental" in name:
        return forward_only(wrap(lambda a, b, c, x: torch.tanh(a * x + b) * torch.sigmoid(c)), a, b, c, x)
    return forward_only(wrap(lambda a, b, c, d, x: (a * x + b) * c - d), a, b, c, d, x)


@workload("rows_forward", "rows_train")
def rows(name, wrap):
    import torch
    from torch.nn import functional as F

    x, weight, bias, dy = numbers(0, (512, 768), 4), numbers(1, (768,)), numbers(2, (768,)), numbers(3, (512, 768))
    f = wrap(lambda x, weight, bias: F.gelu(F.layer_norm(torch.softmax(x, 1), (768,), weight, bias)))
    if name == "rows_forward":
        return forward_only(f, x, weight, bias)
    return with_gradients(f, (x, weight, bias), (), dy)


@workload(*(f"matmul_{kind}{n}" for kind in ("", "fused_") for n in (64, 256, 1024)))
def matmul(name, wrap):
    import torch
    from torch.nn import functional as F

    n = int(name.rsplit("_", 1)[1])
    a, b, bias = numbers(0, (n, n)), numbers(1, (n, n)), numbers(2, (n,))
    if "fused" in name:
        return forward_only(wrap(lambda a, b, bias: F.gelu(torch.addmm(bias, a, b))), a, b, bias)
    f = wrap(lambda a, b, out: torch.mm(a, b, out=out))
    return forward_only(f, a, b, out=a.new_empty(n, n))


@workload(*(f"attention_{t}" for t in (128, 512, 2048)))
def attention(name, wrap):
    import torch
    from torch.nn import functional as F

    q, k, v, dy = (numbers(seed, (1, 8, int(name.rsplit("_", 1)[1]), 64)) for seed in range(4))
    f = wrap(lambda q, k, v: F.scaled_dot_product_attention(q, k, v, is_causal=True))
    return with_gradients(f, (q, k, v), (), dy)


@workload("mlp_tiny_infer")
def mlp_tiny_infer(name, wrap):
    import torch
    from torch_models import Mlp

    return forward_only(wrap(Mlp([4, 64, 64, 2], torch.tanh).eval().to(getattr(torch, PRECISION))), numbers(3, (1, 4)))


@workload("lenet_train")
def lenet_train(name, wrap):
    import torch
    from torch.nn import functional as F
    from torch_models import LeNet

    model = LeNet()
    loss_of = wrap(lambda x, y: F.cross_entropy(model(x), y))
    batch = numbers(0, (64, 1, 28, 28)), labels(64, 10)
    return training(loss_of, torch.optim.Adam(model.parameters(), lr=1e-3, fused=True), batch)


@workload("lstm_step")
def lstm_step(name, wrap):
    import torch

    return forward_only(wrap(torch.nn.LSTMCell(1, 32).eval().to(getattr(torch, PRECISION))), numbers(0, (1, 1)), (numbers(1, (1, 32)), numbers(2, (1, 32))))


@workload("lstm_train")
def lstm_train(name, wrap):
    import torch
    from torch.nn import functional as F
    from torch_models import Effect

    model = Effect()
    after = wrap(lambda h, y: F.mse_loss(model.out(h), y))  # torch.compile takes no LSTM, which is one kernel
    return training(lambda x, y: after(model.lstm(x)[0], y), torch.optim.Adam(model.parameters(), lr=1e-3, fused=True), (numbers(3, (64, 16, 1)), numbers(4, (64, 16, 1))))


@workload(*(f"conv_{kind}_b{batch}_{part}" for kind in ("3x3", "depthwise") for batch in (1, 32) for part in ("forward", "relu", "backward")))
def convolution(name, wrap):
    """64 channels of 56 x 56; backward is both gradients alone, as autograd calls them."""
    import torch
    from torch.nn import functional as F

    _, kind, batch, part = name.split("_")
    groups, n = (1 if kind == "3x3" else 64), int(batch[1:])
    x, dy = (numbers(seed, (n, 64, 56, 56)) for seed in (0, 3))
    w, bias = numbers(1, (64, 64 // groups, 3, 3)), numbers(2, (64,))
    if part == "backward":
        back = lambda dy, x, w: torch.ops.aten.convolution_backward(dy, x, w, None, [1, 1], [1, 1], [1, 1], False, [0, 0], groups, [True, True, False])  # noqa: E731
        return forward_only(wrap(back), dy, x, w)
    if part == "relu":
        return forward_only(wrap(lambda x, w, bias: F.relu_(F.conv2d(x, w, bias, padding=1, groups=groups))), x, w, bias)
    return forward_only(wrap(lambda x, w: F.conv2d(x, w, padding=1, groups=groups)), x, w)


def usual(name):
    """The size below which results count as if they were that large, as bench/exact.hpp has it: of y, or of each of several."""
    if name.startswith("chain_transcendental"):
        return [2.0**-126]
    if name.startswith("matmul"):
        return [int(name.rsplit("_", 1)[1]) ** 0.5 / 3]
    if name.startswith("conv"):
        _, kind, batch, _ = name.split("_")
        image = (9 * (64 if kind == "3x3" else 1)) ** 0.5 / 3
        return [image, (int(batch[1:]) * 56 * 56) ** 0.5 / 3]
    return [1.0] * 3


def error(name, step):
    """The largest error of what a step returns beside the same in double; nan for training, whose steps change what they start from."""
    global PRECISION
    if name.endswith("_train") and name != "rows_train":
        return float("nan")
    PRECISION = "float64"
    exact = step_of(name, compiled=False)
    PRECISION = "float32"
    both = [result if isinstance(result, tuple) else (result,) for result in (step(), exact())]
    return max(largest_error(y, right, least) for y, right, least in zip(*both, usual(name)))


def largest_error(y, right, least):
    """In ulp of the exact result, or of `least` where that is larger."""
    import torch

    exponent = torch.frexp(right.abs().clamp(min=least))[1] - 1
    return ((y.double() - right).abs() / torch.ldexp(torch.ones_like(right), exponent - 23)).max().item()

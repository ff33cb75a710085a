"""Figures of one run of the bench as they stand in README.md and docs/performance.md, made from docs/bench.json alone.

    ./run bench publish          build/bench.json becomes docs/bench.json and docs/bench.svg, and the pages are written anew
    python3 bench/figures.py     exit status 1 where a page says something else than docs/bench.json (a test)

A page holds a table between `<!-- figures: NAME -->` and `<!-- end of figures -->`.
"""
import json
import pathlib
import re
import sys

import chart
from times import readable

BLOCK = re.compile(r"(<!-- figures: (\w+) -->\n).*?(<!-- end of figures -->)", re.S)
PAGES = ("README.md", "docs/performance.md")
HEADLINES = {
    "gpt_train": "GPT (4 layers, width 128, batch 16 x 64), one training step",
    "lenet_train": "LeNet-5, batch 64, one training step",
    "mlp_train": "MLP 784-256-128-10, batch 64, one training step",
    "mlp_tiny_train": "MLP 4-64-64-2, batch 32, one training step",
    "mlp_tiny_infer": "the same MLP, one answer",
    "lstm_train": "LSTM of 32, 64 steps of 16 signals, one training step",
    "rows_train": "softmax, layer norm, GELU of [512, 768], with gradients",
    "matmul_1024": "product of two 1024 x 1024 matrices",
    "attention_512": "causal attention, 8 heads of 64, 512 positions, with gradients",
    "chain_transcendental_1e5": "`tanh(a * x + b) * sigmoid(c)`, 100,000 floats",
}


def taken_on(rows):
    m = next(row for row in rows if row["name"] == "machine")
    busy = f"; other work shared the machine, load {m['load']:.1f}" if m["load"] > 1.5 else ""
    return f"{m['date']}, one thread, {m['processor']}, {m['gflops']:.0f} GFLOP/s and {m['gbytes']:.0f} GB/s a core, {m['compiler']}" + busy


def ratio_of(row):
    return f"{row['ratio']:.2f} [{row['ratio_min']:.2f}, {row['ratio_max']:.2f}]"


def headlines(rows):
    """etch beside the fastest form of PyTorch and the fastest of all other peers."""
    lines = [f"{taken_on(rows)}.", "", "| what | etch | the best form of PyTorch | ratio | the best other peer | ratio |", "|---|---|---|---|---|---|"]
    for name, title in HEADLINES.items():
        best = chart.best_peers(rows, name)
        cells = []
        for of_torch in (True, False):
            row = best.get(of_torch)
            cells += [f"{readable(row['peer_ns'])} ({row['peer']})", ratio_of(row)] if row else ["", ""]
        if best:
            lines.append(f"| {title} | {readable(min(best.items())[1]['etch_ns'])} | {' | '.join(cells)} |")
    return lines


def times(rows):
    """Every comparison of the run."""
    lines = [f"{taken_on(rows)}.", "", "| workload | etch | limit | peer | | ratio | ulp, etch | ulp, peer |", "|---|---|---|---|---|---|---|---|"]
    before = None
    for row in rows:
        if "limit_ns" not in row or "threads" in row:
            continue
        first = row["name"] != before
        before = row["name"]
        ulp = [f"{row[key]:.3g}" if row.get(key) is not None else "" for key in ("etch_ulp", "peer_ulp")]
        mine = [f"`{before}`", readable(row["etch_ns"]), readable(row["limit_ns"])] if first else ["", "", ""]
        theirs = [row["peer"], readable(row["peer_ns"]), ratio_of(row)] if row["peer"] else ["", "", ""]
        lines.append(f"| {' | '.join([*mine, *theirs, ulp[0] if first else '', ulp[1]])} |")
    return lines


def threads(rows):
    """etch on two threads beside etch on one."""
    if not any("threads" in row for row in rows):
        return ["Not measured in that run."]
    lines = ["| workload | two threads | one | ratio |", "|---|---|---|---|"]
    return lines + [f"| `{r['name'].partition(',')[0]}` | {readable(r['etch_ns'])} | {readable(r['peer_ns'])} | {ratio_of(r)} |" for r in rows if "threads" in r]


def memory(rows):
    """Arenas beside the least that the schedule needs, processes beside PyTorch's."""
    lines = ["| workload | arena | least | | process, MB | peer | its process, MB |", "|---|---|---|---|---|---|---|"]
    for row in rows:
        if "peer_rss" in row:
            over = f"{row['arena'] / row['least_arena']:.3f}" if row["least_arena"] else ""
            lines.append(f"| `{row['name']}` | {row['arena']:,.0f} | {row['least_arena']:,.0f} | {over} | {row['etch_rss'] / 1e6:.0f} | {row['peer']} | {row['peer_rss'] / 1e6:.0f} |")
    return lines


def written(page, rows):
    tables = {"headlines": headlines, "times": times, "threads": threads, "memory": memory}
    return BLOCK.sub(lambda m: m[1] + "\n".join(tables[m[2]](rows)) + "\n" + m[3], page)


def publish(root, rows):
    """Makes docs/bench.json and docs/bench.svg of the run's rows, and the pages say them."""
    rows = [row for row in rows if row["name"] == "machine" or "limit_ns" in row]
    (root / "docs/bench.json").write_text("[\n" + ",\n".join(json.dumps(row) for row in rows) + "\n]\n")
    (root / "docs/bench.svg").write_text(chart.svg(rows))
    for name in PAGES:
        (root / name).write_text(written((root / name).read_text(), rows))


def main():
    root = pathlib.Path(__file__).resolve().parent.parent
    rows = json.loads((root / "docs/bench.json").read_text())
    stale = [name for name in PAGES if written((root / name).read_text(), rows) != (root / name).read_text()]
    stale += ["docs/bench.svg"] * (chart.svg(rows) != (root / "docs/bench.svg").read_text())
    for name in stale:
        print(f"{name}: not what docs/bench.json says; ./run bench publish --out docs/bench.json writes it anew")
    sys.exit(bool(stale))


if __name__ == "__main__":
    main()

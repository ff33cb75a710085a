"""The table of ratios as a picture: for each workload the best form of PyTorch and the best other peer, each with its spread."""
import html
import math

ROW, LEFT, WIDTH, RIGHT = 18, 200, 520, 330
COLOURS = {True: "#d9722b", False: "#2f6db3"}  # of PyTorch, of the others


def best_peers(rows, name):
    """{of PyTorch or not: the row of the fastest such peer} of one workload."""
    best = {}
    for row in rows:
        if row["name"] == name and row.get("peer"):
            kind = "torch" in row["peer"]
            if kind not in best or row["peer_ns"] < best[kind]["peer_ns"]:
                best[kind] = row
    return best


def compared(rows):
    """The names of the workloads that have a peer, in order; not what is measured on several threads, nor operations."""
    return list(dict.fromkeys(row["name"] for row in rows if "limit_ns" in row and row.get("peer") and "threads" not in row))


def svg(rows):
    """An SVG of the comparisons among these rows of the bench's JSON; None where there is none."""
    machine = next((row for row in rows if row["name"] == "machine"), None)
    names = compared(rows)
    if not names or not machine:
        return None
    lines = [(name, best_peers(rows, name)) for name in names]
    ratios = [row[key] for _, best in lines for row in best.values() for key in ("ratio_min", "ratio_max")]
    low, high = math.floor(math.log2(min(*ratios, 0.5))), math.ceil(math.log2(max(*ratios, 2)))
    height = ROW * len(lines) + 100

    def at(ratio):
        return LEFT + WIDTH * (math.log2(ratio) - low) / (high - low)

    out = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{LEFT + WIDTH + RIGHT}" height="{height}" font-family="sans-serif" font-size="12">',
        '<rect width="100%" height="100%" fill="white"/>',
        '<text x="10" y="20" font-size="14">The peer\'s time over etch\'s, one thread: median, least and most of the rounds</text>',
        f'<text x="10" y="38">{html.escape(machine["processor"])}, {machine["gflops"]:.0f} GFLOP/s, {machine["gbytes"]:.0f} GB/s a core, {machine["date"]}</text>',
        f'<text x="10" y="56" fill="{COLOURS[True]}">the best form of PyTorch</text><text x="180" y="56" fill="{COLOURS[False]}">the best other peer</text>',
    ]
    for power in range(low, high + 1):
        x, colour = at(2**power), "#333" if power == 0 else "#ddd"
        out.append(f'<line x1="{x:.1f}" y1="66" x2="{x:.1f}" y2="{height - 26}" stroke="{colour}"/>')
        out.append(f'<text x="{x:.1f}" y="{height - 10}" text-anchor="middle">{2.0**power:g}</text>')
    for i, (name, best) in enumerate(lines):
        y = 78 + ROW * i
        out.append(f'<text x="{LEFT - 8}" y="{y + 4}" text-anchor="end">{html.escape(name)}</text>')
        said = []
        for kind, row in best.items():
            line, colour = y + (3 if kind else -3), COLOURS[kind]
            out.append(f'<line x1="{at(row["ratio_min"]):.1f}" y1="{line}" x2="{at(row["ratio_max"]):.1f}" y2="{line}" stroke="{colour}" stroke-width="2"/>')
            out.append(f'<circle cx="{at(row["ratio"]):.1f}" cy="{line}" r="3.5" fill="{colour}"/>')
            said.append(f'<tspan fill="{colour}">{html.escape(row["peer"])} {row["ratio"]:.2f}</tspan>')
        out.append(f'<text x="{LEFT + WIDTH + 10}" y="{y + 4}" font-size="11">{"  ".join(said)}</text>')
    return "\n".join([*out, "</svg>", ""])

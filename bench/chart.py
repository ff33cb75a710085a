"""The table of ratios as a picture: a bar for each workload and peer, on a logarithmic axis around 1."""
import html
import math

ROW, LEFT, WIDTH, RIGHT = 18, 380, 420, 110


def svg(rows, machine):
    """An SVG of the comparisons among these rows of the bench's JSON."""
    rows = [row for row in rows if row.get("ratio")]
    if not rows:
        return None
    span = max(1.0, max(abs(math.log2(row["ratio"])) for row in rows))
    height = ROW * len(rows) + 66

    def at(ratio):
        return LEFT + WIDTH * (0.25 + 0.75 * max(-span / 3, math.log2(ratio)) / span)

    out = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{LEFT + WIDTH + RIGHT}" height="{height}" font-family="sans-serif" font-size="12">',
        '<rect width="100%" height="100%" fill="white"/>',
        f'<text x="10" y="20" font-size="14">The peer\'s time over etch\'s, one thread; {html.escape(machine)}</text>',
        f'<line x1="{at(1):.1f}" y1="34" x2="{at(1):.1f}" y2="{height - 24}" stroke="#555"/>',
        f'<text x="{at(1):.1f}" y="{height - 10}" text-anchor="middle">level</text>',
    ]
    for i, row in enumerate(rows):
        y, x0, x1 = 40 + ROW * i, at(1), at(row["ratio"])
        colour = "#2a7f62" if row["ratio"] >= 1 else "#b5483a"
        label = html.escape(f"{row['name']}  against  {row['peer']}")
        out.append(f'<text x="{LEFT - 8}" y="{y + 12}" text-anchor="end">{label}</text>')
        out.append(f'<rect x="{min(x0, x1):.1f}" y="{y + 2}" width="{abs(x1 - x0):.1f}" height="{ROW - 5}" fill="{colour}"/>')
        out.append(f'<text x="{max(x0, x1) + 6:.1f}" y="{y + 12}">{row["ratio"]:.2f}x</text>')
    return "\n".join([*out, "</svg>", ""])

"""The table of times: etch and all that has the same workload, asked in turn, round after round.

A row of the result: name, etch_ns, peer, peer_ns, ratio with ratio_min and ratio_max, limit_ns; and where they are known
etch_ulp and peer_ulp (largest errors), arena and least_arena (bytes of intermediate values, and the least that any layout of the
schedule needs), etch_rss and peer_rss (bytes a process had resident at most), threads where it is not 1.
"""
import re
import statistics


class Machine:
    """What one core can do at most: floating-point operations and bytes a nanosecond, by bench/machine_bench.cpp."""

    def __init__(self, server):
        least = {name: min(server.ask("run", name, 2)[0] for _ in range(5)) for name in server.workloads}
        self.flops = max(server.workloads[name][0] / least[name] for name in least if name.startswith("peak"))
        self.bytes = server.workloads["triad"][1] / least["triad"]
        server.close()

    def limit(self, flops=0, moved=0, *_):
        """The least nanoseconds for that many operations and bytes; None where they were not counted."""
        return max(flops / self.flops, moved / self.bytes) or None

    def __str__(self):
        return f"{self.flops:.0f} GFLOP/s, {self.bytes:.0f} GB/s a core"


def readable(ns):
    """Three digits with a unit: 12.3 us."""
    if ns is None:
        return ""
    for unit, size in (("s", 1e9), ("ms", 1e6), ("us", 1e3)):
        if ns >= size:
            return f"{ns / size:.3g} {unit}"
    return f"{ns:.3g} ns"


def spread(ratios):
    return {"ratio": statistics.median(ratios), "ratio_min": min(ratios), "ratio_max": max(ratios)}


LAUNCHES = 3


def interleaved(sides, rounds):
    """For each (server, workload) its times: all sides in turn in each round. Programs are started anew for each third of the rounds, since one process
    keeps the pages that it was given, and with them its luck; a round that warms up comes first each time."""
    times, launches = [], min(LAUNCHES, rounds)
    for launch in range(launches):
        for server, _ in sides:
            server.start_anew()
        now = rounds * (launch + 1) // launches - rounds * launch // launches
        times += [[server.measure(workload) for server, workload in sides] for _ in range(now + 1)][1:]
    return list(zip(*times))


def compare(etch, workload, peers, rounds, machine):
    """The rows of one workload: one for each peer that has it, or one without a peer."""
    theirs = [way for peer in peers for way in peer.ways(workload)]
    ours, *others = interleaved([(etch, workload), *((server, name) for _, server, name in theirs)], rounds)
    row = {"name": workload, "etch_ns": statistics.median(ours), "limit_ns": machine.limit(*etch.workloads[workload])}
    _, _, arena, least_arena = etch.workloads[workload]
    if arena:
        row |= {"arena": arena, "least_arena": least_arena}
    if (ulp := etch.error(workload)) is not None:
        row |= {"etch_ulp": ulp, "peer_ulp": None}
    if not others:
        return [row | dict.fromkeys(["peer", "peer_ns", "ratio", "ratio_min", "ratio_max"])]
    rows = []
    for (name, server, asked), times in zip(theirs, others):
        rows.append(row | {"peer": name, "peer_ns": statistics.median(times)} | spread([t / o for o, t in zip(ours, times)]))
        if ulp is not None:
            rows[-1]["peer_ulp"] = server.error(asked)
    return rows


def add_memory(rows, etches, peers):
    """The resident memory of fresh processes, for each training row of PyTorch's, with Python and without."""
    for row in rows:
        if row["name"].endswith("_train") and row.get("arena") and "torch" in (row["peer"] or "") and not row["peer"].endswith("compile"):
            etch = next(e for e in etches if row["name"] in e.workloads)
            server = next(s for p in peers for name, s, _ in p.ways(row["name"]) if name == row["peer"])
            row["etch_rss"], row["peer_rss"] = etch.most_memory(row["name"]), server.most_memory(row["name"])


HEADER = f"{'name':28} {'etch':>10} {'limit':>10}   {'peer':24} {'peer':>10}   peer/etch, median [least, most]"


def print_row(row):
    ratio = f"{row['ratio']:.2f}x [{row['ratio_min']:.2f}, {row['ratio_max']:.2f}]" if row["ratio"] else ""
    limit = readable(row.get("limit_ns"))
    print(f"{row['name']:28} {readable(row['etch_ns']):>10} {limit:>10}   {row['peer'] or '':24} {readable(row['peer_ns']):>10}   {ratio}".rstrip(), flush=True)


def print_more(rows):
    """Errors and memory, below the table."""
    errors = [row for row in rows if "etch_ulp" in row]
    if errors:
        print(f"\n{'largest error, ulp':28} {'etch':>10}   {'peer':24} {'peer':>10}")
        for row in errors:
            theirs = "" if row["peer_ulp"] is None else f"{row['peer_ulp']:.4g}"
            print(f"{row['name']:28} {row['etch_ulp']:>10.3g}   {row['peer'] or '':24} {theirs:>10}".rstrip())
    arenas = {row["name"]: row for row in rows if row.get("arena")}
    if arenas:
        print(f"\n{'arena':28} {'bytes':>12} {'least':>12}")
        for name, row in arenas.items():
            over = f"   {row['arena'] / row['least_arena']:.3f}x" if row["least_arena"] else ""
            print(f"{name:28} {row['arena']:12.0f} {row['least_arena']:12.0f}{over}")
    processes = [row for row in rows if "peer_rss" in row]
    if processes:
        print(f"\n{'resident at most, MB':28} {'etch':>10}   {'peer':24} {'peer':>10}")
        for row in processes:
            print(f"{row['name']:28} {row['etch_rss'] / 1e6:>10.0f}   {row['peer']:24} {row['peer_rss'] / 1e6:>10.0f}")


def run(etches, peers, only, rounds, machine):
    """Every workload of every etch program beside every peer that has it."""
    print(f"one core: {machine}; {rounds} rounds\n{HEADER}", flush=True)
    rows = []
    for etch in etches:
        for workload in etch.workloads:
            if re.search(only, workload):
                rows += (these := compare(etch, workload, peers, rounds, machine))
                for row in these:
                    print_row(row)
        etch.close()
    for peer in peers:
        peer.close()
    add_memory(rows, etches, peers)
    print_more(rows)
    return rows


def run_threads(pairs, only, rounds, threads):
    """etch on several threads beside etch on one; a pair is the same program so and so."""
    print(f"\n{threads} threads beside one\n{HEADER}", flush=True)
    rows = []
    for several, alone in pairs:
        for workload in several.workloads:
            if re.search(only, workload):
                ours, theirs = interleaved([(several, workload), (alone, workload)], rounds)
                row = {"name": f"{workload}, {threads} threads", "etch_ns": statistics.median(ours), "peer": "etch, one thread", "peer_ns": statistics.median(theirs)}
                rows.append(row | spread([t / o for o, t in zip(ours, theirs)]) | {"limit_ns": None, "threads": threads})
                print_row(rows[-1])
        several.close()
        alone.close()
    return rows

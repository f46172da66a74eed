"""How making, reading and preparing a county grow with its parcels: seconds, memory, and ratios to yardsticks.

    python benchmarks/growth.py [--sizes 1000 10000 100000 1000000] [--repeat 3] [--json FILE]

The county is `zonevest new DIR --parcels N --no-polygons`, with the whole default library of practices, accounts and
limits. Every measurement is made in a process of its own; of several rounds the best is shown.
"""

from __future__ import annotations

import argparse
import json
import shutil
import sys
import tempfile
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1]))

from benchmarks.measure import in_own_process, machine, markdown

PACKAGES = ("zonevest", "numpy", "scipy", "pandas", "pyarrow", "shapely")
STEPS: tuple[tuple[str, str, tuple[str, ...], str], ...] = (
    ("**new** (no polygons)", "new", ("new",), "voronoi"),
    ("**read and check**", "ledger", ("read",), "pandas"),
    ("**options and ledger**", "ledger", ("options", "ledger", "rows"), "groups"),
    ("… options", "ledger", ("options",), ""),
    ("… ledger", "ledger", ("ledger",), ""),
    ("… its rows, factored", "ledger", ("rows",), ""),
    ("policy model (Pyomo), compiled", "ledger", ("policy",), ""),
)
"""What the table shows: words, stage, phases that are added up, and the yardstick that they are divided by."""
AIMS = {"**new** (no polygons)": 180.0, "**read and check**": 30.0, "**options and ledger**": 60.0}
"""Seconds at 1,000,000 parcels on two cores."""
LARGEST, PEAK = 1_000_000, 8.0

Runs = dict[str, list[dict[str, Any]]]


def main() -> None:
    given = arguments()
    told = machine(PACKAGES)
    print("; ".join(f"{name} {value}" for name, value in told.items()))
    results: dict[int, Runs] = {}
    for size in given.sizes:
        runs = results[size] = measure(size, given)
        print(f"\n## {size:,} parcels\n")
        if why := stopped(runs):
            print(why)
            continue
        facts = runs["ledger"][0]
        print(f"{facts['parcels']:,} parcels, {facts['patterns']:,} patterns, {facts['options']:,} options; best of")
        print(f"{given.repeat} rounds\n")
        print(table(runs), flush=True)
    whole = {size: runs for size, runs in results.items() if not stopped(runs)}
    print(f"\n## Growth\n\n{growth(whole)}")
    if LARGEST in whole:
        print("\n".join(["", *verdict(whole[LARGEST])]))
    if given.json:
        given.json.write_text(json.dumps({"machine": told, "sizes": results}, indent=1), encoding="utf-8")


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sizes", type=int, nargs="+", default=[1_000, 10_000, 100_000, LARGEST], help="parcels")
    parser.add_argument("--repeat", type=int, default=3, help="rounds")
    parser.add_argument("--memory", type=float, default=12.0, help="address space of a process, 10^9 bytes")
    parser.add_argument("--seconds", type=float, default=1800.0, help="time limit of a process")
    parser.add_argument("--json", type=Path, help="write every single measurement here")
    return parser.parse_args()


def measure(size: int, given: argparse.Namespace) -> Runs:
    """The measurements of one size, stage by stage and round by round."""
    runs: Runs = {"new": [], "ledger": []}
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch) / "county"
        for number in range(given.repeat):
            for stage, found in runs.items():
                print(f"{size:,} parcels, round {number + 1}: {stage}", file=sys.stderr, flush=True)
                if stage == "new":
                    shutil.rmtree(folder, ignore_errors=True)
                asked = [stage, str(folder), "--parcels", str(size)]
                found.append(in_own_process("benchmarks.stages", asked, given.memory, given.seconds))
    return runs


def stopped(runs: Runs) -> str:
    """Why a size could not be measured, or nothing."""
    return next((run["stopped"] for found in runs.values() for run in found if "stopped" in run), "")


def best(runs: Runs, stage: str, phases: tuple[str, ...], clock: str = "wall") -> float:
    """Seconds of phases together, the best round."""
    return min(sum(run[clock][phase] for phase in phases) for run in runs[stage])


def peak(runs: Runs, stage: str) -> float:
    """Peak memory of a stage, 10^9 bytes, the worst round."""
    return max(float(run["peak"]) for run in runs[stage])


def table(runs: Runs) -> str:
    """The measurements of one size."""
    words = {"voronoi": "Voronoi cells (SciPy)", "pandas": "the file read by pandas", "groups": "groups (pandas)"}
    rows = []
    for name, stage, phases, yardstick in STEPS:
        seconds, cpu = best(runs, stage, phases), best(runs, stage, phases, "cpu")
        beside = best(runs, stage, (yardstick,), "cpu") if yardstick else 0.0
        told = [f"{cpu / beside:.1f}", f"{words[yardstick]}, {beside:.3f} s"] if yardstick else ["", ""]
        memory = f"{peak(runs, stage):.2f}" if name.startswith("**") else ""
        rows.append([name, f"{seconds:.3f}", f"{cpu:.3f}", *told, memory])
    return markdown(["", "best, s", "processor, s", "times", "the yardstick, processor", "peak, GB"], rows)


def growth(results: dict[int, Runs]) -> str:
    """Processor seconds and memory by size, and how often as much as at the size before."""
    rows = []
    for name, stage, phases, _ in STEPS[:3]:
        seconds = [best(runs, stage, phases, "cpu") for runs in results.values()]
        rows.append([f"{name}, processor, s", *_grown(seconds, "{:.2f}")])
        rows.append([f"{name}, peak, GB", *_grown([peak(runs, stage) for runs in results.values()], "{:.2f}")])
    return markdown(["", *(f"{size:,}" for size in results)], rows)


def _grown(values: list[float], form: str) -> list[str]:
    """Values, each with its ratio to the one before."""
    before = [None, *values[:-1]]
    return [
        form.format(value) + (f" (x {value / last:.1f})" if last else "")
        for value, last in zip(values, before, strict=True)
    ]


def verdict(runs: Runs) -> list[str]:
    """How a million parcels stand to the aims."""
    said = []
    for name, stage, phases, _ in STEPS:
        if name in AIMS:
            seconds, cpu = best(runs, stage, phases), best(runs, stage, phases, "cpu")
            said.append(f"- {name}: {seconds:.1f} s, {cpu:.1f} s of processor (aim: below {AIMS[name]:.0f})")
    most = max(peak(runs, stage) for stage in runs)
    return [*said, f"- peak memory: {most:.2f} GB (aim: below {PEAK:.0f})"]


if __name__ == "__main__":
    main()

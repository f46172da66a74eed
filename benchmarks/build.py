"""How long it takes to write the program of a county, beside three other ways to write the same program.

    python benchmarks/build.py [--sizes 10000 100000] [--repeat 3] [--only build numpy] [--json FILE]

Every measurement is made in a process of its own. The ways take turns, round by round, so that what else the machine
does falls on all of them; the complete Pyomo model is written once for each size, in the first round.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import tempfile
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1]))

from benchmarks.measure import in_own_process, machine, markdown

WAYS = ("build", "numpy", "linopy", "pyomo")
ONCE = ("pyomo",)
PACKAGES = ("zonevest", "highspy", "numpy", "scipy", "pandas", "pyomo", "linopy", "xarray")
BUILD = ("options", "ledger", "compile", "land", "join", "lp")
"""Phases that make up the build, from the study to a HighsLp."""
LINES: tuple[tuple[str, str, tuple[str, ...]], ...] = (
    ("read the study's files", "build", ("read",)),
    ("policy model (Pyomo)", "build", ("policy",)),
    ("**build: study to HighsLp**", "build", BUILD),
    ("… options", "build", ("options",)),
    ("… ledger", "build", ("ledger",)),
    ("… policy rows compiled", "build", ("compile",)),
    ("… land block", "build", ("land",)),
    ("… join", "build", ("join",)),
    ("… HighsLp", "build", ("lp",)),
    ("passModel of the HighsLp", "build", ("pass",)),
    ("**(a) NumPy columns to passModel**", "numpy", ("csc", "pass")),
    ("(a') … passModel alone, from CSC arrays", "numpy", ("pass",)),
    ("**(b) complete Pyomo model**", "pyomo", ("model",)),
    ("**(c) linopy, handed to HiGHS**", "linopy", ("model", "pass")),
    ("… its model alone", "linopy", ("model",)),
)
"""What the table shows: words, way, phases that are added up."""
BASELINE = ("csc", "pass")

Runs = dict[str, list[dict[str, Any]]]


def main() -> None:
    given = arguments()
    told = machine(PACKAGES)
    print("; ".join(f"{name} {value}" for name, value in told.items()))
    results = []
    for size in given.sizes:
        facts, runs = measure(size, given)
        print(f"\n## {size:,} parcels\n")
        print(f"{facts['columns']:,} columns, {facts['rows']:,} rows ({facts['policy_rows']:,} of them policy rows),")
        print(f"{facts['nonzeros']:,} nonzeros; {given.repeat} rounds\n")
        print(table(runs), flush=True)
        for line in verdict(runs):
            print(line, flush=True)
        results.append({"program": facts, "runs": runs})
    if given.json:
        given.json.write_text(json.dumps({"machine": told, "sizes": results}, indent=1), encoding="utf-8")


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sizes", type=int, nargs="+", default=[10_000, 100_000], help="parcels")
    parser.add_argument("--repeat", type=int, default=3, help="rounds")
    parser.add_argument("--only", nargs="+", choices=WAYS, default=WAYS, help="leave out the other ways")
    parser.add_argument("--memory", type=float, default=10.0, help="address space of a process, 10^9 bytes")
    parser.add_argument("--seconds", type=float, default=1800.0, help="time limit of a process")
    parser.add_argument("--json", type=Path, help="write every single measurement here")
    return parser.parse_args()


def measure(size: int, given: argparse.Namespace) -> tuple[dict[str, Any], Runs]:
    """Facts of the program, and the measurements of each way."""
    runs: Runs = {way: [] for way in WAYS if way in given.only}
    with tempfile.TemporaryDirectory() as folder:
        prepare = ["prepare", folder, "--parcels", str(size)]
        facts = in_own_process("benchmarks.writers", prepare, given.memory, given.seconds)
        if "stopped" in facts:
            raise SystemExit(f"the county of {size} parcels could not be made: {facts['stopped']}")
        for number in range(given.repeat):
            for way in turns([*runs], number):
                print(f"{size:,} parcels, round {number + 1}: {way}", file=sys.stderr, flush=True)
                runs[way].append(in_own_process("benchmarks.writers", [way, folder], given.memory, given.seconds))
    return facts, runs


def turns(ways: list[str], number: int) -> list[str]:
    """The order of a round: each round begins with another way, what is written once comes at the end of the first."""
    again = [way for way in ways if way not in ONCE]
    first = number % max(len(again), 1)
    return again[first:] + again[:first] + [way for way in ways if way in ONCE and number == 0]


def seconds(runs: list[dict[str, Any]], phases: tuple[str, ...], clock: str = "wall") -> list[float]:
    """Seconds of the phases together, one number for each run that came to an end."""
    return [sum(run[clock][phase] for phase in phases) for run in runs if "stopped" not in run]


def table(runs: Runs) -> str:
    """The measurements of one size."""
    base = seconds(runs.get("numpy", []), BASELINE)
    rows = []
    for words, way, phases in LINES:
        found = runs.get(way, [])
        if not found:
            continue
        here = seconds(found, phases)
        if not here:
            rows.append([words, found[0]["stopped"], "", "", "", "", ""])
            continue
        ratio = f"{min(here) / min(base):.2f}" if base else ""
        middle = f"{statistics.median(here) / statistics.median(base):.2f}" if base else ""
        cpu = f"{min(seconds(found, phases, 'cpu')):.3f}"
        peak = f"{max(run['peak'] for run in found if 'stopped' not in run):.2f}" if words.startswith("**") else ""
        rows.append([words, f"{min(here):.3f}", f"{statistics.median(here):.3f}", cpu, ratio, middle, peak])
    head = ["", "best, s", "median, s", "processor, s", "best / (a)", "median / (a)", "peak, GB"]
    return markdown(head, rows)


def verdict(runs: Runs) -> list[str]:
    """How the build stands to (a), round by round too, and to (b), and its peak; the aims are for 100,000 parcels."""
    ours = seconds(runs.get("build", []), BUILD)
    base, pyomo = seconds(runs.get("numpy", []), BASELINE), seconds(runs.get("pyomo", []), ("model",))
    said = [""]
    if ours and base:
        said.append(f"- build: {min(ours) / min(base):.2f} x (a), best to best (aim: at most 3)")
        for clock, words in (("wall", "by the clock"), ("cpu", "in processor time")):
            sides = (seconds(runs["build"], BUILD, clock), seconds(runs["numpy"], BASELINE, clock))
            rounds = sorted(build / numpy for build, numpy in zip(*sides, strict=False))
            said.append(f"- … of single rounds, {words}: {', '.join(f'{ratio:.2f}' for ratio in rounds)}")
    if ours and pyomo:
        said.append(f"- build: {min(pyomo) / min(ours):.0f} x faster than (b) (aim: at least 15)")
    if ours:
        peak = max(run["peak"] for run in runs["build"] if "stopped" not in run)
        said.append(f"- peak of the build: {peak:.2f} GB (aim: below 2.5)")
    return said


if __name__ == "__main__":
    main()

"""What the report of a plan costs: seconds, memory, the size of its page, and ratios to a yardstick.

    python benchmarks/report.py [--sizes 1000 10000 100000] [--repeat 3] [--json FILE]

The land is `zonevest new DIR --parcels N` with its polygons, the plan one made by hand. Every measurement is made in a
process of its own; of several rounds the best is shown. The yardstick is pandas writing the plan's parcels and ledger
as CSV in the same process.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from benchmarks.measure import in_own_process, machine, markdown

PACKAGES = ("zonevest", "numpy", "pandas", "pyarrow", "xlsxwriter", "jinja2", "plotly")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sizes", type=int, nargs="+", default=[1_000, 10_000, 100_000], help="parcels")
    parser.add_argument("--repeat", type=int, default=3, help="rounds")
    parser.add_argument("--memory", type=float, default=8.0, help="address space of a process, 10^9 bytes")
    parser.add_argument("--seconds", type=float, default=900.0, help="time limit of a process")
    parser.add_argument("--json", type=Path, help="write every single measurement here")
    given = parser.parse_args()
    told, rows, results = machine(PACKAGES), [], {}
    for size in given.sizes:
        runs = []
        for number in range(given.repeat):
            print(f"{size:,} parcels, round {number + 1}", file=sys.stderr, flush=True)
            with tempfile.TemporaryDirectory() as scratch:
                asked = [scratch, "--parcels", str(size)]
                runs.append(in_own_process("benchmarks.report_plan", asked, given.memory, given.seconds))
        results[size] = runs
        stopped = next((run["stopped"] for run in runs if "stopped" in run), "")
        if stopped:
            rows.append([f"{size:,}", stopped, "", "", "", ""])
            continue
        wall, cpu = (min(run[clock]["report"] for run in runs) for clock in ("wall", "cpu"))
        beside = min(run["cpu"]["csv"] for run in runs)
        peak = max(float(run["peak"]) for run in runs)
        rows.append([f"{size:,}", f"{wall:.1f}", f"{cpu:.1f}", f"{cpu / beside:.1f}", f"{peak:.2f}",
                     f"{runs[0]['page']:.1f}"])  # fmt: skip
    heads = ["parcels", "best, s", "processor, s", "times pandas' CSV", "peak, GB", "page, MB"]
    print("; ".join(f"{name} {value}" for name, value in told.items()))
    print(f"\n{markdown(heads, rows)}")
    if given.json:
        given.json.write_text(json.dumps({"machine": told, "sizes": results}, indent=1), encoding="utf-8")


if __name__ == "__main__":
    main()

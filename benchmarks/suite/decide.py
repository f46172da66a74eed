"""One decision for several scenarios by prices: what it is worth (present millions), its bound, and the time.

Scenarios are drawn from the ready-made ranges of sensitivity (seed 0, 200 draws): ten of them for lakeside, five for a
county of many parcels.
"""

from __future__ import annotations

import tempfile
import time
from pathlib import Path

import zonevest as zv
from benchmarks.counties import BUNDLED, LAKESIDE
from benchmarks.measure import peak_gb
from benchmarks.suite import Asked, Figures
from zonevest.coefficients import ready_made

SIZES, SECONDS, LAND, WAYS = (LAKESIDE, 100_000), 540.0, "", ("",)
GAP = 5e-3
SEVERAL, FEW = 10, 5
"""How many scenarios lakeside has, and any other county."""


def measure(asked: Asked) -> Figures:
    """One decision."""
    with tempfile.TemporaryDirectory() as folder:
        if asked.parcels != LAKESIDE:
            zv.write_county(Path(folder) / "county", asked.parcels, 1, polygons=False)
        study = zv.read_study(BUNDLED if asked.parcels == LAKESIDE else Path(folder) / "county")
        ranges = Path(folder) / "ranges.csv"
        rows = [f"{each.name},,,,,,,,," for each in ready_made(study)]
        ranges.write_text("\n".join(["range,table,key,column,op,distribution,low,high,mode,source", *rows]), "utf-8")
        count = SEVERAL if asked.parcels == LAKESIDE else FEW
        study = study.replace(scenarios=zv.draw_scenarios(study, ranges, None, draws=200, keep=count, seed=0))
    began = time.perf_counter()
    found = zv.decide(study, gap=GAP, time_limit=asked.seconds, method="prices")
    took = time.perf_counter() - began
    return {
        "scenarios": len(found.probabilities),
        "decision, s": took,
        **{f"{name}, s": seconds for name, seconds in found.seconds.items()},
        "status": found.status,
        "value": found.value if found.value is not None else "none",
        "bound": found.bound if found.bound is not None else "none",
        "gap, %": 100.0 * found.gap if found.gap is not None else "none",
        "knowing beforehand is worth at least": found.evpi[0] if found.evpi else "none",
        "audits that hold": f"{sum(plan.audit.ok for plan in found.plans.values())} of {len(found.plans)}",
        "peak, GB": peak_gb(),
    }

"""How long it takes to write the program of a county (a small library), beside three other ways to write the same.

*build* is the package's, from the study to a HighsLp; *numpy* passes columns that lie ready to HiGHS; *linopy* is given
every coefficient; *pyomo* is the complete Pyomo model (see docs/benchmarks.md for what each does and does not do).
"""

from __future__ import annotations

from benchmarks import writers
from benchmarks.solving import times
from benchmarks.suite import Asked, Figures

SIZES = (10_000, 100_000)
SECONDS, LAND = 0.0, "small"
WAYS = ("numpy", "build", "linopy", "pyomo")
PARTS = {
    "numpy": ("csc", "pass"),
    "build": ("options", "ledger", "compile", "land", "join", "lp"),
    "linopy": ("model", "pass"),
    "pyomo": ("model",),
}
"""Phases of each way that make up the whole; others come before or after it."""
WHOLE, RATIO = "whole, processor, s", "whole / numpy"


def measure(asked: Asked) -> Figures:
    """One way, once."""
    found = writers.measure(asked.way, asked.folder)
    figures: Figures = {}
    for clock, words in (("wall", ""), ("cpu", ", processor")):
        seconds = found[clock]
        figures[f"whole{words}, s"] = sum(seconds[part] for part in PARTS[asked.way])
        if clock == "wall":
            figures |= {f"… {name}, s": value for name, value in seconds.items()}
    return figures | {"peak before, GB": found["peak_before"], "peak, GB": found["peak"]}


def compare(found: dict[str, Figures]) -> dict[str, Figures]:
    """Every way against the least that anybody has to do."""
    base = found.get(WAYS[0], {}).get(WHOLE)
    return {way: {RATIO: times(each[WHOLE], base)} for way, each in found.items() if WHOLE in each and base}

"""The benchmarks, one file each: a new file is a new benchmark.

A file has a docstring, whose first line says what is measured, and

- `measure(asked)`: one measurement, in a process of its own, as figures by name; a name ends with its unit (", s");
- `SIZES`, `SECONDS`: parcels by default, and the time that a method has by default (0: nothing is limited);
- `LAND`: which county is made ready before (`benchmarks.counties`), or "";
- `WAYS`: what is compared, each in a process of its own, in this order (("",): nothing is);
- `compare(found)`, if it has any: figures that need several ways, by way.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

Figures = dict[str, Any]
"""Figures by name: numbers, or words where there is no number. `COURSE` is no figure of the table."""
COURSE = "course"
"""How a run went on: a list of (seconds, bound, plan), None where there is none yet."""


@dataclass(frozen=True)
class Asked:
    """One measurement that is asked for.

    Attributes
    ----------
    folder : the county that was made ready; where there is none, an empty folder.
    way : one of the benchmark's ways.
    seconds, gap : what a method is given.
    found : figures of the ways before, by way.
    """

    parcels: int
    folder: Path
    way: str = ""
    seconds: float = 60.0
    gap: float = 1e-3
    found: dict[str, Figures] = field(default_factory=dict)


@dataclass(frozen=True)
class Benchmark:
    """A benchmark, as its file describes it."""

    name: str
    title: str
    sizes: tuple[int, ...]
    seconds: float
    land: str
    ways: tuple[str, ...]
    measure: Callable[[Asked], Figures]
    compare: Callable[[dict[str, Figures]], dict[str, Figures]] | None


def suite() -> dict[str, Benchmark]:
    """All benchmarks by name."""
    found = {}
    for each in pkgutil.iter_modules(__path__):
        module = importlib.import_module(f"{__name__}.{each.name}")
        title = (module.__doc__ or "").partition("\n")[0]
        compare = getattr(module, "compare", None)
        found[each.name] = Benchmark(
            each.name, title, module.SIZES, module.SECONDS, module.LAND, module.WAYS, module.measure, compare
        )
    return found

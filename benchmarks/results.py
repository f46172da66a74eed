"""Figures as CSV files, one line a figure, and as tables in docs/benchmarks.md."""

from __future__ import annotations

import csv
import math
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from benchmarks.measure import ROOT
from benchmarks.suite import COURSE, Benchmark, Figures

HEADS = ("benchmark", "parcels", "way", "figure", "value", "date", "commit", "machine", "versions")
COURSES = ("benchmark", "parcels", "way", "seconds", "bound", "plan")
SUFFIX = ".course.csv"
"""How a file of courses ends; it lies beside the figures."""
RESULTS, PAGE = ROOT / "benchmarks" / "results", ROOT / "docs" / "benchmarks.md"
BEGIN, END = "<!-- results: written by python -m benchmarks table -->", "<!-- end of results -->"

Row = dict[str, str]


def rows_of(name: str, parcels: int, way: str, figures: Figures, facts: dict[str, str]) -> list[Row]:
    """Lines of a CSV file, one a figure."""
    of = {"benchmark": name, "parcels": str(parcels), "way": way}
    return [of | {"figure": key, "value": _text(value)} | facts for key, value in figures.items() if key != COURSE]


def write(path: Path, rows: Sequence[Row], courses: Sequence[Row]) -> None:
    """Put rows into a file, in the place of those that it has of the same measurements; courses beside it."""
    for target, heads, fresh in ((path, HEADS, rows), (path.with_suffix(SUFFIX), COURSES, courses)):
        kept = [row for row in read(target) if _of(row) not in {_of(row) for row in fresh}]
        if kept or fresh:
            target.parent.mkdir(parents=True, exist_ok=True)
            with target.open("w", newline="", encoding="utf-8") as file:
                writer = csv.DictWriter(file, heads, lineterminator="\n")
                writer.writeheader()
                writer.writerows([*kept, *fresh])


def read(path: Path) -> list[Row]:
    """The rows of a file; none where there is no file."""
    if not path.is_file():
        return []
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def courses_of(name: str, parcels: int, way: str, figures: Figures) -> list[Row]:
    """How a run went on, as lines of a CSV file."""
    of = {"benchmark": name, "parcels": str(parcels), "way": way}
    points = figures.get(COURSE) or []
    told = ("seconds", "bound", "plan")
    return [of | {k: "" if v is None else _text(v) for k, v in zip(told, each, strict=True)} for each in points]


def table(rows: Iterable[Row]) -> str:
    """Figures down, measurements (parcels and way) across, of one benchmark."""
    cells = {(_of(row), row["figure"]): row["value"] for row in rows}
    figures, across = dict.fromkeys(figure for _, figure in cells), dict.fromkeys(of for of, _ in cells)
    columns = sorted(across, key=lambda of: int(of[1]))
    heads = ["", *(f"{int(parcels):,}" + (f", {way}" if way else "") for _, parcels, way in columns)]
    return markdown(heads, [[figure, *(_short(cells.get((of, figure), "")) for of in columns)] for figure in figures])


def section(benchmark: Benchmark, rows: Sequence[Row]) -> str:
    """The part of the page that tells one benchmark."""
    facts = {key: sorted({row[key] for row in rows}) for key in ("date", "commit", "machine", "versions")}
    dates = " to ".join(dict.fromkeys((facts["date"][0], facts["date"][-1])))
    where = "; ".join(facts["machine"])
    told = f"{dates}, commit {', '.join(facts['commit'])}; {where}; {'; '.join(facts['versions'])}."
    return f"### {benchmark.name}\n\n{benchmark.title}\n\n{told}\n\n{table(rows)}\n"


def written(page: str, benchmarks: dict[str, Benchmark], rows: Sequence[Row]) -> str:
    """The page with what the rows tell between its two marks.

    Raises
    ------
    ValueError
        If the page does not have both marks, in order.
    """
    before, begin, rest = page.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not (begin and end):
        raise ValueError(f"the page must have the lines {BEGIN} and {END}")
    parts = []
    for name, benchmark in benchmarks.items():
        own = [row for row in rows if row["benchmark"] == name]
        if own:
            parts.append(section(benchmark, own))
    return f"{before}{begin}\n\n{chr(10).join(parts)}\n{end}{after}" if parts else f"{before}{begin}\n{end}{after}"


def committed(folder: Path = RESULTS) -> list[Row]:
    """The rows of all files of figures, courses left aside."""
    files = sorted(path for path in folder.glob("*.csv") if not path.name.endswith(SUFFIX))
    return [row for path in files for row in read(path)]


def markdown(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A table in Markdown, numbers to the right."""
    lines = [list(head), *(list(row) for row in rows)]
    widths = [max(max(len(row[i]) for row in lines), 3) for i in range(len(head))]

    def line(row: Sequence[str]) -> str:
        cells = [row[0].ljust(widths[0]), *(cell.rjust(width) for cell, width in zip(row[1:], widths[1:], strict=True))]
        return f"| {' | '.join(cells)} |"

    rule = f"| {'-' * widths[0]} | {' | '.join('-' * (width - 1) + ':' for width in widths[1:])} |"
    return "\n".join([line(lines[0]), rule, *(line(row) for row in lines[1:])])


def _of(row: Row) -> tuple[str, str, str]:
    return row["benchmark"], row["parcels"], row["way"]


def _text(value: Any) -> str:
    return repr(float(f"{value:.9g}")) if isinstance(value, float) and math.isfinite(value) else str(value)


def _short(value: str) -> str:
    """A figure as a reader wants it: three digits, whole where it is large, parts in a hundred thousand as such."""
    try:
        number = float(value)
    except ValueError:
        return value
    if not math.isfinite(number) or number == int(number):
        return f"{number:,.0f}" if math.isfinite(number) else value
    return f"{number:,.0f}" if abs(number) >= 1000 else f"{number:.3g}"

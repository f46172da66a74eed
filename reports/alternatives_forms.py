"""The forms of alternatives: tables as sheets, written as page, workbook and CSV beside a folder for each plan."""

from __future__ import annotations

from importlib.metadata import version
from typing import TYPE_CHECKING, Final

import numpy as np

from zonevest.instances import place
from zonevest.reports.alternatives import BEST, NEVER, RESOLVED, UNITS
from zonevest.reports.contents import Column, Sheet
from zonevest.reports.display import Display, number, percent
from zonevest.reports.distances import DISTANCES, GAINS
from zonevest.reports.forms import Made
from zonevest.reports.labels import LANGUAGES, Words
from zonevest.reports.sections_head import head

if TYPE_CHECKING:
    from pathlib import Path

    import pandas as pd

    from zonevest.reports.alternatives import Alternatives

PREFIX: Final = "alternatives_"
PAGE, BOOK = "alternatives.html", "alternatives.xlsx"
SECTIONS: Final = {
    "alternatives_plans": ("plans", "distances", "spread", "ranges"),
    "alternatives_where": ("parcels",),
    "alternatives_projects": ("projects",),
}
"""Parts of the page in the order in which they are read, with their tables."""
RENAMED: Final = {"kept": "kept_in", "kept_start": "kept_start_in", "projects": "projects_built", "distance": "apart"}
"""Columns of the tables that are called otherwise than those of the same name in a plan's report."""


class Near(Display):
    """Names of a study and of its alternatives."""

    def plan_column(self, code: str) -> str:
        """What a plan is called."""
        return self.words("alternatives_best") if code == BEST else self.words("alternatives_one", number=code)

    def measure(self, code: str) -> str:
        """What a distance is called."""
        return self.words(f"alternatives_by_{code}")

    def apart(self, by: str, value: float) -> str:
        """A distance with its unit."""
        return percent(value, 3) if UNITS[by] == "share" else f"{number(value)} {self.money_unit}"


def displays(found: Alternatives, lang: str) -> list[Near]:
    """How names are written: in the language asked for first."""
    return [Near(found.study, Words(each)) for each in sorted(LANGUAGES, key=lambda each: each != lang)]


def sheets(found: Alternatives) -> list[Made]:
    """Every table with its columns, in the order of the page."""
    made = {
        "plans": _plans(found),
        "distances": _distances(found),
        "spread": _spread(found),
        "ranges": _ranges(found),
        "parcels": _parcels(found),
        "projects": _projects(found),
    }
    return [
        Made(Sheet(PREFIX + name, section, _never, columns), frame[[column.name for column in columns]])
        for section, names in SECTIONS.items()
        for name in names
        if name != "ranges" or found.by == GAINS
        for frame, columns in (made[name],)
    ]


def _never(_: object) -> pd.DataFrame:
    """The tables of alternatives are not made from the facts of one plan."""
    raise NotImplementedError


def _told(by: str, name: str) -> Column:
    return Column(name, "share") if UNITS[by] == "share" else Column(name, unit="million")


def _plans(found: Alternatives) -> tuple[pd.DataFrame, tuple[Column, ...]]:
    frame = found.table.rename(columns=RENAMED)
    frame["searched"] = [None, *found.searches["status"].iloc[: max(len(frame) - 1, 0)]] if len(frame) else []
    columns = (
        Column("plan", "plan_column"), Column("objective"), Column("loss", "share"), Column("gap", "share"),
        Column("cash_gain", unit="million"), Column("ecosystem"), Column("projects_built", "count"),
        _told(found.by, "apart"), _told(found.by, "distance_bound"), Column("searched", "word:alternatives_search_"),
        *(_told(name, f"from_best_{name}") for name in DISTANCES), Column("holds", "yes"),
    )  # fmt: skip
    return frame.rename(columns={"cash": "cash_gain"}), columns


def _distances(found: Alternatives) -> tuple[pd.DataFrame, tuple[Column, ...]]:
    frame = found.distances.rename_axis(index="plan").reset_index()
    told = _told(found.by, "")
    columns = [Column(name, told.kind, told.unit, head="plan_column") for name in found.distances.columns]
    return frame, (Column("plan", "plan_column"), *columns)


def _spread(found: Alternatives) -> tuple[pd.DataFrame, tuple[Column, ...]]:
    frame = found.spread.rename(columns=RENAMED).assign(
        unit=["%" if unit == "share" else unit for unit in found.spread["unit"]]
    )
    scale = np.where(found.spread["unit"] == "share", 100.0, 1.0)
    frame = frame.assign(mean=frame["mean"] * scale, least=frame["least"] * scale)
    columns = (
        Column("apart", "measure"),
        Column("mean", unit="@unit"),
        Column("least", unit="@unit"),
        Column("unit", "unit"),
    )
    return frame, columns


def _ranges(found: Alternatives) -> tuple[pd.DataFrame, tuple[Column, ...]]:
    names = ("best_gain", "least_proven", "least_found", "most_found", "most_proven")
    frame = found.ranges.rename(columns={"best": names[0], "least": names[1], "most": names[4]})
    columns = (Column("actor", "actor"), *(Column(name, unit="million, present value") for name in names))
    return frame.rename(columns={"status": "searched"}), (*columns, Column("searched", "word:alternatives_search_"))


def _losses() -> tuple[Column, ...]:
    names = (Column("least_loss"), Column("most_loss"), Column("by_prices"))
    return (*names, Column("how", "word:alternatives_how_"), Column("always", "yes"))


def shown(table: pd.DataFrame) -> pd.DataFrame:
    """Losses as they are shown: less than nothing at least says that none is proven."""
    return table.assign(least_loss=np.maximum(table["least_loss"].to_numpy(dtype=float), 0.0))


def _parcels(found: Alternatives) -> tuple[pd.DataFrame, tuple[Column, ...]]:
    """Those of most loss first, and those that no plan has otherwise last."""
    table = shown(found.parcels)
    least, prices = (
        np.nan_to_num(table[name].to_numpy(dtype=float), posinf=-1.0) for name in ("least_loss", "by_prices")
    )
    order = np.lexsort((-prices, -least))
    columns = (
        Column("parcel_id", "text"), Column("jurisdiction", "jurisdiction"), Column("area_ha", unit="ha"),
        Column("zone", "zone"), Column("kept_in", "share"), *_losses(),
    )  # fmt: skip
    return table.iloc[order].rename(columns=RENAMED).reset_index(drop=True), columns


def _projects(found: Alternatives) -> tuple[pd.DataFrame, tuple[Column, ...]]:
    columns = (
        Column("project", "project"), Column("jurisdiction", "jurisdiction"), Column("capex", unit="million"),
        Column("start", "text"), Column("case", "word:alternatives_case_"), Column("kept_in", "share"),
        Column("kept_start_in", "share"), *_losses(),
    )  # fmt: skip
    return shown(found.projects).rename(columns=RENAMED), columns


def title_of(found: Alternatives, display: Near) -> str:
    """What the page is called."""
    words = display.words
    return words("alternatives_title", study=found.study.title(words.lang), by=display.measure(found.by))


def notes(found: Alternatives, section: str, display: Near) -> list[str]:
    """What is said of a section in a sentence or two, before its tables."""
    words, told = display.words, []
    if not found.best.has_plan:
        return [str(head(found.best, display)["status"])] if section == "alternatives_plans" else []
    if section == "alternatives_plans":
        best = float(found.best.objective or 0.0)
        floor = best - found.within * abs(best)
        told.append(words("alternatives_about", floor=number(floor), within=percent(found.within), best=number(best)))
        row = found.spread.set_index("distance").loc[found.by]
        if len(found.plans) > 1:
            mean, least = (display.apart(found.by, float(row[name])) for name in ("mean", "least"))
            told.append(words("alternatives_spread", mean=mean, least=least))
        if len(found.ranges):
            seconds = number(float(found.ranges["seconds"].sum()), 1)
            told.append(words("alternatives_ranges", seconds=seconds))
            if late := int((found.ranges["status"] != "optimal").sum()):
                told.append(words("alternatives_ranges_late", late=late, of=len(found.ranges)))
        if found.exhausted:
            told.append(words("alternatives_exhausted"))
        elif found.cover is not None:
            told.append(words("alternatives_cover", far=display.apart(found.by, found.cover)))
        if not found.complete:
            told.append(words("alternatives_stopped"))
    table = found.parcels if section == "alternatives_where" else found.projects
    if section != "alternatives_plans" and len(table):
        known = float((table["how"] == RESOLVED).sum())
        kept, always = int((table["kept"] >= 1.0 - 1e-9).sum()), int(table["always"].sum())
        never = int((table["how"] == NEVER).sum())
        parted = section == "alternatives_where" and found.study.settings.divisible
        told.append(
            words(
                f"{section}_divided" if parted else section, kept=f"{kept:,}", of=f"{len(table):,}",
                always=f"{always:,}", never=f"{never:,}", solved=f"{known:,.0f}",
            )
        )  # fmt: skip
    return told


def write(found: Alternatives, folder: Path, lang: str) -> None:
    """Write everything into a folder that is not there yet (see `Alternatives.write`)."""
    from zonevest.reports.alternatives_page import render
    from zonevest.reports.workbook import write_book

    tables, named = sheets(found), displays(found, lang)
    told = [(title_of(found, display), "note" if at else "title") for at, display in enumerate(named)]
    told += [(note, "plain") for note in notes(found, "alternatives_plans", named[0])]
    told.append((named[0].words("alternatives_book", version=version("zonevest")), "note"))
    with place.new_folder(folder) as new:
        (new / PAGE).write_text(render(found, tables, named), encoding="utf-8", newline="\n")
        write_book(tables, new / BOOK, named, tuple(SECTIONS), told)
        files = {"alternatives": found.table, "searches": found.searches, "spread": found.spread,
                 **({"ranges": found.ranges} if found.by == GAINS else {}),
                 "importance_parcels": found.parcels, "importance_projects": found.projects}  # fmt: skip
        for name, table in files.items():
            table.to_csv(new / f"{name}.csv", index=False, lineterminator="\n")
        found.distances.to_csv(new / "distances.csv", index_label="plan", lineterminator="\n")
        for name, plan in zip(found.names, found.plans, strict=True):
            plan.write(new / folder_of(name), lang=lang)  # type: ignore[attr-defined]


def folder_of(name: str) -> str:
    """The folder of a plan."""
    return name if name == BEST else f"alternative-{int(name):02d}"

"""The forms of a comparison: its tables as sheets, written as page, workbook and CSV."""

from __future__ import annotations

import errno
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Final

from zonevest.instances import place
from zonevest.instances.say import say
from zonevest.reports.compare_display import Compared
from zonevest.reports.contents import Column, Sheet
from zonevest.reports.forms import FOLDER, Made
from zonevest.reports.labels import LANGUAGES, Words

if TYPE_CHECKING:
    import pandas as pd

    from zonevest.reports.compare import Comparison

PREFIX: Final = "compare_"
PAGE, BOOK = "comparison.html", "comparison.xlsx"
SECTIONS: Final = {
    "compare_inputs": ("plans", "inputs", "unmatched"),
    "compare_results": ("results", "indicators"),
    "compare_agree": ("agreement", "worth", "prices"),
    "compare_where": ("parcels", "agreed"),
    "compare_money": ("lights", "debt", "cash_flow", "balance_sheet", "capture", "distribution"),
    "compare_projects": ("projects",),
    "compare_land": ("areas",),
}
"""Parts of the page in the order in which they are read, with their tables."""
UNIT: Final = Column("unit", "unit")
KEYS: Final[dict[str, tuple[Column, ...]]] = {
    "plans": (
        Column("plan", "text"), Column("study", "text"), Column("hash", "text"), Column("status", "word:status_word_"),
        Column("method", "word:method_"), Column("goal", "word:goal_by_"), Column("gap", "share"),
        Column("holds", "yes"),
    ),
    "inputs": (
        Column("plan", "text"), Column("table", "table_named"), Column("key", "text"), Column("column", "column_named"),
        Column("rows", "count"), Column("in_first", "text"), Column("in_other", "text"), Column("factor"),
    ),
    "unmatched": (
        Column("plan", "text"), Column("aspect", "word:compare_what_"), Column("only_in", "word:compare_side_"),
        Column("count", "count"), Column("area_ha", unit="ha"), Column("first", "text"),
    ),
    "results": (Column("item", "word:result_"), UNIT),
    "indicators": (
        Column("group", "word:compare_group_"), Column("topic", "topic"), Column("indicator", "indicator"), UNIT,
    ),
    "agreement": (
        Column("aspect", "word:compare_what_"), Column("jurisdiction", "jurisdiction"), Column("agreed", "count"),
        Column("of", "count"), Column("plans", "count"),
        Column("area_agreed", unit="ha"), Column("area_of", unit="ha"), Column("share", "share"),
    ),
    "worth": (
        Column("plan", "text"), Column("kind", "word:compare_kind_"), Column("project", "project"),
        Column("jurisdiction", "jurisdiction"), Column("practice_a", "practice"), Column("practice_b", "practice"),
        Column("start_a", "text"), Column("start_b", "text"),
        Column("objective"), Column("worth"), Column("penalties"), Column("cash"),
        Column("ecosystem"), Column("parcels", "count"), Column("area_ha", unit="ha"), Column("broken", "count"),
        Column("rule", "sentence"), Column("zone_a", "zone"), Column("zone_b", "zone"),
    ),
    "prices": (
        Column("plan", "text"), Column("part", "word:compare_kind_"), Column("name", "project_or_place"),
        Column("worth"),
    ),
    "cash_flow": (Column("kind", "word:kind_"), Column("item", "word:item_"), Column("period", "period"), UNIT),
    "debt": (Column("item", "word:item_"), Column("period", "period"), UNIT),
    "lights": (Column("item", "word:item_"), Column("period", "period")),
    "balance_sheet": (Column("side", "word:side_"), Column("item", "word:balance_"), Column("period", "period"), UNIT),
    "capture": (
        Column("item", "word:compare_value_"), Column("origin", "word:origin_"), Column("instrument", "word:capture_"),
        UNIT,
    ),
    "distribution": (Column("kind", "word:kind_"), Column("code", "@kind"), UNIT),
    "projects": (
        Column("project", "project"), Column("category", "word:category_"), Column("jurisdiction", "jurisdiction"),
        Column("capex", unit="million"),
    ),
    "areas": (Column("kind", "word:kind_"), Column("code", "@kind"), Column("jurisdiction", "jurisdiction"), UNIT),
    "parcels": (
        Column("parcel_id", "text"), Column("jurisdiction", "jurisdiction"), Column("area_ha", unit="ha"),
        Column("agreed", "share"),
    ),
    "agreed": (
        Column("parcel_id", "text"), Column("jurisdiction", "jurisdiction"), Column("area_ha", unit="ha"),
        Column("zone", "zone"), Column("practice", "practice"), Column("start", "text"),
        Column("class_after", "land_class"),
    ),
}  # fmt: skip
"""The first columns of each table; those that follow are of plans."""
PARTS: Final = {"zone": "zone", "practice": "practice", "start": "text", "class_after": "land_class"}
"""Kinds of the columns that tell what a parcel does."""


def sheets(found: Comparison) -> list[Made]:
    """Every table with its columns, in the order of the page."""
    made = []
    for section, names in SECTIONS.items():
        for name in names:
            frame = _shown(name, found.tables[name])
            known = {column.name for column in KEYS[name]}
            rest = [_column(name, str(column)) for column in frame.columns if column not in known]
            # of two plans a row that tells of the other need not say so
            keys = (
                KEYS[name]
                if name == "plans" or len(found.names) > 2
                else [each for each in KEYS[name] if each.name != "plan"]
            )
            # units come last: a narrow page has no room for them before the numbers
            columns = (*(key for key in keys if key != UNIT), *rest, *(key for key in keys if key == UNIT))
            frame = frame[[column.name for column in columns]].reset_index(drop=True)
            made.append(Made(Sheet(PREFIX + name, section, _never, columns), frame))
    return made


def _never(_: object) -> pd.DataFrame:
    """The tables of a comparison are not made from the facts of one plan."""
    raise NotImplementedError


def _shown(name: str, table: pd.DataFrame) -> pd.DataFrame:
    """A table as it is shown: a code that a row has not is missing, where a blank one would have a name."""
    if name == "worth":
        land = table["kind"] == "land"
        codes = ["jurisdiction", "zone_a", "practice_a", "zone_b", "practice_b"]
        return table.astype(dict.fromkeys(codes, object)).assign(
            **{code: table[code].astype(object).where(land, None) for code in codes}
        )
    if "unit" in table:
        return table.assign(unit=table["unit"].astype(object).where(table["unit"] != "", None))
    return table


def _column(table: str, name: str) -> Column:
    """A column that is of a plan."""
    if table == "lights":
        return Column(name, "word:grade_", head="plan_column")
    if table == "projects":
        return Column(name, "yes") if name == "agreed" else Column(name, "text", head="plan_column")
    if table == "parcels":
        kind = PARTS.get(name.rpartition(".")[2], "number")
        return Column(name, kind, head="plan_column")
    return Column(name, unit="@unit", head="plan_column")


def displays(found: Comparison, lang: str) -> list[Compared]:
    """How names are written: in the language asked for first."""
    return [Compared(found, Words(each)) for each in sorted(LANGUAGES, key=lambda each: each != lang)]


def replaceable(target: Path) -> bool:
    """Whether a comparison may be written there: nothing is there, an empty folder, or a comparison."""
    return place.replaceable(target, lambda names: names <= {PAGE, BOOK, FOLDER})


def write(found: Comparison, folder: str | Path, *, overwrite: bool = False, lang: str = "en") -> None:
    """Write page, workbook and tables into a folder (see `Comparison.write`)."""
    from zonevest.reports.compare_page import render
    from zonevest.reports.workbook import write_book

    target = Path(folder)
    if (target.exists() or target.is_symlink()) and not overwrite:
        raise FileExistsError(
            errno.EEXIST, say("the folder exists already; choose another or overwrite it"), str(target)
        )
    if not replaceable(target):
        raise FileExistsError(errno.EEXIST, say("what is there is not a comparison, and is not replaced"), str(target))
    tables = sheets(found)
    shown = displays(found, lang)
    told = [(title_of(found, display), "note" if at else "title") for at, display in enumerate(shown)]
    told.append((shown[0].words("compare_book", version=version("zonevest")), "note"))
    with place.fresh(target) as new:
        new.mkdir()
        (new / PAGE).write_text(render(found, tables, shown), encoding="utf-8", newline="\n")
        write_book(tables, new / BOOK, shown, tuple(SECTIONS), told)
        (new / FOLDER).mkdir()
        for name, table in found.tables.items():
            table.to_csv(new / FOLDER / f"{PREFIX}{name}.csv", index=False, lineterminator="\n")


def title_of(found: Comparison, display: Compared) -> str:
    """What a comparison is called."""
    return display.words(
        "compare_title", study=found.study.title(display.words.lang), plans=display.words("comma").join(found.names)
    )

"""A plan drawn by hand, read: parcels and projects, in files or frames, with all that is wrong with them at once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from zonevest.instances import names
from zonevest.instances.faults import Faults, meant, some
from zonevest.instances.files import frame_cells, read_csv, read_parquet
from zonevest.instances.layers import VECTOR, read_parcels
from zonevest.instances.say import listed, say
from zonevest.instances.schema import BY_NAME, Column, Table
from zonevest.instances.study import period_names
from zonevest.instances.tables import Raw, Typed, frame, typed
from zonevest.instances.workbook import read_workbook
from zonevest.reports.audit_decisions import DECISIONS

if TYPE_CHECKING:
    from zonevest.instances.study import Study

__all__ = ["HandMade", "read_files", "read_frames"]

HOLD, UNASSIGNED = "hold", ""
LAND = Table(
    "parcels",
    (
        Column("parcel_id", required=True),
        Column("zone"),
        Column("practice"),
        Column("start"),
        Column("share", "number", low=0.0, high=1.0 + 1e-6),
    ),
)
WORKS = Table("projects", (Column("project", required=True), Column("start")), key=("project",))
ZH = {"start": ("开始", "启动", "起始期", "启动时期"), "practice": ("措施",), "zone": ("规划分区", "分区")}
"""Headers of a hand that are no column of a study, or go by shorter names."""
ASIDE = {"parcels": ("class_before", "class_after", "geometry"), "projects": ("capex",)}
"""Columns of plan folders that say nothing of what is decided; columns of the study's own tables are others."""
BOOK = ".xlsx"
NEAR = 1e-6


@dataclass
class HandMade:
    """What a planner decided.

    Attributes
    ----------
    parcels : parcel_id, zone, practice, start, share; every parcel of the study, those that are not listed held.
    projects : project, start; every project of the study, blank where it is not built.
    decided : the further decisions that were given, by table; a table that is absent is left to be worked out.
    listed : how many parcels were listed.
    notes : what was left aside.
    """

    parcels: pd.DataFrame
    projects: pd.DataFrame
    decided: dict[str, pd.DataFrame] = field(default_factory=dict)
    listed: int = 0
    notes: list[str] = field(default_factory=list)


def read_frames(study: Study, parcels: Any, projects: Any, decided: Mapping[str, pd.DataFrame | None]) -> HandMade:
    """Take a plan from frames.

    Raises
    ------
    StudyError
        With all that is wrong with them.
    """
    faults, notes, raws = Faults(), list[str](), dict[str, Raw]()
    for name, given in {"parcels": parcels, "projects": projects, **decided}.items():
        if given is None:
            continue
        label = say("the table {name}", name=name)
        plain = pd.DataFrame(given) if isinstance(given, pd.DataFrame) else given
        if not isinstance(plain, pd.DataFrame):
            do = say("hand over a table")
            faults.add(label, say("it is a table"), type(given).__name__, do)
            continue
        raw = frame_cells(plain.drop(columns=["geometry"], errors="ignore"), BY_NAME["projects"], label, faults)
        if raw is not None:
            raws[name] = raw
    return _checked(study, raws, faults, notes)


def read_files(study: Study, place: Path, projects: Path | None = None) -> HandMade:
    """Read a plan from a folder, a workbook, or a file of parcels (and one of projects).

    Raises
    ------
    StudyError
        With all that is wrong with them.
    """
    faults, notes, raws = Faults(), list[str](), dict[str, Raw]()
    files = _files(place, faults) if place.is_dir() else {"parcels": place}
    if projects is not None:
        files["projects"] = projects
    book = next((path for path in files.values() if path.suffix.lower() == BOOK), None)
    if book is not None:
        raws |= read_workbook(book, faults, notes, settings=False).raws
    for name, path in files.items():
        if path.suffix.lower() == BOOK:
            continue
        raw: Raw | None
        if name == "parcels":
            raw = read_parcels(path, None, path.name, faults, notes)[0]
        elif path.suffix.lower() == ".parquet":
            raw = read_parquet(path, BY_NAME["projects"], path.name, faults)
        else:
            raw = read_csv(path, BY_NAME["projects"], path.name, faults)
        if raw is not None:
            raws[name] = raw
    if not raws and not len(faults):
        must = say("a plan has a table of parcels, of projects, or both")
        do = say("write parcels.csv with parcel_id, practice and start, and projects.csv with project and start")
        faults.add(str(place), must, say("none"), do)
    return _checked(study, raws, faults, notes)


def _files(folder: Path, faults: Faults) -> dict[str, Path]:
    """The files of a folder by the table that they hold."""
    found: dict[str, list[Path]] = {}
    for path in sorted(folder.iterdir()):
        name = names.tables().get(names.plain(path.stem), path.stem)
        kinds = (*VECTOR, ".csv", ".parquet") if name == "parcels" else (".csv", ".parquet")
        if path.suffix.lower() == BOOK and name == "plan":
            found.setdefault("plan", []).append(path)
        elif path.suffix.lower() in kinds and name in ("parcels", "projects", *DECISIONS):
            found.setdefault(name, []).append(path)
    for paths in found.values():
        if len(paths) > 1:
            twice = listed((path.name for path in paths), " and ")
            do = say("leave one of them there")
            faults.add(str(folder), say("a table stands in one file"), twice, do)
    return {name: paths[0] for name, paths in found.items()}


def _checked(study: Study, raws: dict[str, Raw], faults: Faults, notes: list[str]) -> HandMade:
    tables: dict[str, Typed] = {}
    for name, raw in raws.items():
        if name in DECISIONS:
            text, amounts = DECISIONS[name]
            of = Table(
                name, (*map(Column, text), *(Column(each, "number", required=True, low=0.0) for each in amounts))
            )
        elif name in ("parcels", "projects"):
            of = LAND if name == "parcels" else WORKS
        else:
            faults.add(raw.label, say("a plan has a table of parcels, of projects, or both"),
                       say("no table {name!r}", name=name), say("take it out of the plan"))  # fmt: skip
            continue
        tables[name] = typed(replace(_in_code(raw, of, study), table=of), faults, notes)
    land, works = tables.get("parcels"), tables.get("projects")
    if land is not None:
        _check_land(study, land, faults)
    if works is not None:
        _check_works(study, works, faults)
    faults.stop_if_any()
    notes = [note for note in notes if getattr(note, "name", "") != "columns.codes-as-numbers"]
    return HandMade(
        _whole(study, land),
        _every(study, works),
        {name: frame(table) for name, table in tables.items() if name in DECISIONS},
        0 if land is None else len(set(land.text("parcel_id"))),
        notes,
    )


def _in_code(raw: Raw, of: Table, study: Study) -> Raw:
    """A table with headers in code, without the columns that say nothing of what is decided."""
    own = {column.name for column in of.columns}
    known = {column.name for column in BY_NAME[of.name].columns} if of.name in BY_NAME else set()
    aside = (known - own) | {*ASIDE.get(of.name, ()), *(study.instruments["instrument"] if of is WORKS else ())}
    spoken = {
        names.plain(word): column.name
        for column in of.columns
        for word in (*names.of_column(of.name, column.name).zh, *ZH.get(column.name, ()))
    }
    cells, headers = dict[str, Any](), dict[str, str]()
    for header, values in raw.cells.items():
        name = spoken.get(names.plain(header), header)
        name = name if name in own else names.column_of(of.name, header) or header
        if name not in aside and name not in cells:
            cells[name] = values
            headers |= {name: header} if name != header else {}
    return replace(raw, cells=cells, headers=headers)


def _check_land(study: Study, land: Typed, faults: Faults) -> None:
    periods, ids, sound = period_names(study.periods), land.text("parcel_id"), "parcel_id" not in land.broken
    known = {
        "parcel_id": (set(study.parcels["parcel_id"]), say("it is a parcel of the study")),
        "zone": ({*study.zones["zone"], ""}, say("it is a zone of the study")),
        "practice": ({*study.practices["practice"], HOLD, ""}, say("it is a practice of the study, hold, or blank")),
        "start": ({*periods, ""}, say("it starts in a period of the study: {periods}", periods=listed(periods))),
    }
    for column, (values, must) in known.items():
        _unknown(land, column, values, must, faults)
    practice, start = land.text("practice"), land.text("start")
    if not land.broken & {"practice", "start"}:
        late = [
            i for i, (what, when) in enumerate(zip(practice, start, strict=True)) if what not in ("", HOLD) and not when
        ]
        idle = [i for i, (what, when) in enumerate(zip(practice, start, strict=True)) if what in ("", HOLD) and when]
        for at, column, must, do in (
            (late, "start", say("a practice starts in a period"), say("write the name of the period")),
            (idle, "practice", say("what is held has no start"), say("name the practice, or leave the start blank")),
        ):
            if at:
                faults.add(land.where(at, column), must, some(ids[i] for i in at), do)
    if not sound:
        return
    shares = "share" in land.given
    seen: dict[tuple[str, ...], int] = {}
    again = []
    for i, key in enumerate(zip(ids, practice if shares else ids, start if shares else ids, strict=True)):
        again += [i] if key in seen else []
        seen.setdefault(key, i)
    if again:
        do = say("leave one row for each parcel; parts of a parcel have shares (divisible = true)")
        faults.add(
            land.where(again, "parcel_id"),
            say("a parcel stands in one row"),
            some(dict.fromkeys(ids[i] for i in again)),
            do,
        )
    if shares and not land.broken & {"share"}:
        sums = pd.Series(np.nan_to_num(land.number("share"), nan=1.0)).groupby(np.array(ids, dtype=object)).sum()
        over = sums[sums > 1.0 + NEAR]
        if len(over):
            found = some(say("{sum:.6g} ({row})", sum=float(value), row=str(name)) for name, value in over.items())
            do = say("give the parts of a parcel shares that make 1 in all")
            faults.add(land.where(None, "share"), say("the shares of a parcel make 1 at most"), found, do)


def _check_works(study: Study, works: Typed, faults: Faults) -> None:
    periods = period_names(study.periods)
    _unknown(works, "project", set(study.projects["project"]), say("it is a project of the study"), faults)
    must = say("it starts in a period of the study: {periods}", periods=listed(periods))
    _unknown(works, "start", {*periods, ""}, must, faults)


def _unknown(table: Typed, column: str, known: set[str], must: str, faults: Faults) -> None:
    """Names that the study does not have."""
    if column in table.broken:
        return
    cells = table.text(column)
    strange = {word for word in set(cells) if word not in known}
    at = [i for i, word in enumerate(cells) if word in strange]
    if at:
        table.broken.add(column)
        do = say("correct it, or audit the plan with the study that it is of (--study)")
        found = some(repr(word) for word in dict.fromkeys(cells[i] for i in at))
        faults.add(table.where(at, column), must, found, meant(cells[at[0]], sorted(known - {""}), do))


def _whole(study: Study, land: Typed | None) -> pd.DataFrame:
    """Every parcel: as listed, the rest of it and what is not listed as in doing nothing."""
    ids = study.parcels["parcel_id"].to_numpy(dtype=object)
    # where land may lie idle that is what blank means, else a parcel is held as it is
    rest = UNASSIGNED if study.settings.unassigned else HOLD
    columns = ["parcel_id", "zone", "practice", "start", "share"]
    if land is None or not land.size:
        return pd.DataFrame(
            {"parcel_id": ids, "zone": "", "practice": rest, "start": "", "share": 1.0}, columns=columns
        )
    given = frame(land)[columns]
    given["share"] = given["share"].fillna(1.0)
    # a blank beside a zone is land that is held there
    given["practice"] = given["practice"].mask(given["practice"] == "", np.where(given["zone"] == "", rest, HOLD))
    left = 1.0 - given.groupby("parcel_id")["share"].sum().reindex(ids).fillna(0.0).to_numpy()
    at = left > NEAR
    more = pd.DataFrame({"parcel_id": ids[at], "zone": "", "practice": rest, "start": "", "share": left[at]})
    whole = pd.concat([given, more], ignore_index=True)
    order = pd.Index(ids).get_indexer(whole["parcel_id"])
    return whole.iloc[np.argsort(order, kind="stable")].reset_index(drop=True)


def _every(study: Study, works: Typed | None) -> pd.DataFrame:
    """Every project with its start."""
    listed_ = {} if works is None else dict(zip(works.text("project"), works.text("start"), strict=True))
    projects = study.projects["project"].to_numpy(dtype=object)
    return pd.DataFrame({"project": projects, "start": [listed_.get(name, "") for name in projects]}, dtype=object)

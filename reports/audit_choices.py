"""The choices of a plan, and what is wrong with them before anything is computed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import pandas as pd

from zonevest.instances.say import listed, say
from zonevest.reports.audit_cells import HOLD, UNASSIGNED, Floats, Ints, texts
from zonevest.reports.audit_rules import SHOWN, TOLERANCE, Breach, Held, parcels_named
from zonevest.reports.audit_tables import Tables


@dataclass
class Choices:
    """What a plan chooses.

    Attributes
    ----------
    parcel, practice, start, share : one entry per part of a parcel; start −1 where nothing starts.
    starts : start period of every project that is built.
    breaches : choices that are no choices: unknown names, shares that do not make one.
    """

    tables: Tables
    parcel: Ints
    practice: np.typing.NDArray[np.object_]
    start: Ints
    share: Floats
    starts: dict[str, int] = field(default_factory=dict)
    breaches: list[Breach] = field(default_factory=list)

    def by_option(self) -> Iterator[tuple[tuple[str, int], Ints, Floats]]:
        """The parcels and shares of every (practice, start)."""
        for option, at in self._options.items():
            yield option, self.parcel[at], self.share[at]

    @cached_property
    def _options(self) -> dict[tuple[str, int], Ints]:
        frame = pd.DataFrame({"practice": self.practice, "start": self.start})
        found = frame.groupby(["practice", "start"], sort=True).indices
        return {(str(practice), int(start)): at for (practice, start), at in found.items()}

    def held(self, parcel: str) -> list[Held]:
        """The parts of a parcel."""
        at = np.flatnonzero(self.parcel == self.tables.parcel[parcel])
        return [Held(str(self.practice[i]), int(self.start[i]), float(self.share[i])) for i in at]


def read_choices(tables: Tables, parcels: pd.DataFrame, projects: pd.DataFrame) -> Choices:
    """Read the choices; rows that name nothing known are reported and left out."""
    breaches: list[Breach] = []
    ids, practice, start = (texts(parcels, name) for name in ("parcel_id", "practice", "start"))
    share = parcels["share"].to_numpy(dtype=np.float64) if "share" in parcels else np.ones(len(parcels))
    parcel = np.array([tables.parcel.get(str(name), -1) for name in ids], dtype=np.int64)
    begin = np.array([tables.period.get(str(name), -1) for name in start], dtype=np.int64)
    standing = np.isin(practice.astype(str), [HOLD, UNASSIGNED])
    known = np.array([str(name) in tables.practices for name in practice], dtype=bool)

    def report(rule: str, wrong: np.typing.NDArray[np.bool_], must: str, found: np.typing.NDArray[np.object_]) -> None:
        at = np.flatnonzero(wrong)
        if len(at):
            values = listed(dict.fromkeys(str(value) or say("nothing") for value in found[at][:SHOWN]))
            breaches.append(Breach(rule, _name(ids[at]), must, values))

    report("choice:parcel", parcel < 0, say("it is a parcel of the study"), ids)
    must = say("it follows a practice of the study, hold, or none")
    report("choice:practice", ~standing & ~known, must, practice)
    report("choice:start", known & (begin < 0), say("a practice starts in one of the periods"), start)
    report("choice:start", standing & (start != ""), say("what is held or unassigned has no start"), start)
    good = (parcel >= 0) & (standing | (known & (begin >= 0))) & np.isfinite(share)
    _check_shares(tables, parcel, share, breaches)
    _check_zones(tables, parcels, parcel, practice, good, breaches)
    begin = np.where(standing, -1, begin)
    starts = _read_starts(tables, projects, breaches)
    return Choices(tables, parcel[good], practice[good], begin[good], share[good], starts, breaches)


def _name(ids: np.typing.NDArray[np.object_]) -> str:
    """Parcels by name, each once."""
    return parcels_named(list(dict.fromkeys(str(name) for name in ids)))


def _check_shares(tables: Tables, parcel: Ints, share: Floats, breaches: list[Breach]) -> None:
    """Σ shares = 1 for every parcel; whole unless land is divisible."""
    bad = ~np.isfinite(share) | (share < -TOLERANCE)
    if not tables.settings.divisible:
        bad |= (np.abs(share) > TOLERANCE) & (np.abs(share - 1.0) > TOLERANCE)
    must = say("a share is 0 or 1 (land is not divisible)")
    if tables.settings.divisible:
        must = say("a share is between 0 and 1")
    at = np.flatnonzero(bad & (parcel >= 0))
    if len(at):
        found = listed(f"{share[i]:.6g}" for i in at[:SHOWN])
        breaches.append(Breach("choice:share", _name(tables.ids[parcel[at]]), must, found))
    inside = (parcel >= 0) & np.isfinite(share)
    sums = np.bincount(parcel[inside], share[inside], minlength=tables.parcels)
    odd = np.flatnonzero(np.abs(sums - 1.0) > TOLERANCE)
    if len(odd):
        found = listed(f"{sums[i]:.6g}" for i in odd[:SHOWN])
        breaches.append(Breach("choice:one", _name(tables.ids[odd]), say("the shares of a parcel make 1"), found))


def _check_zones(
    tables: Tables,
    parcels: pd.DataFrame,
    parcel: Ints,
    practice: np.typing.NDArray[np.object_],
    good: np.typing.NDArray[np.bool_],
    breaches: list[Breach],
) -> None:
    """The zone that is written down is the practice's, today's for held land, none for unassigned land."""
    if "zone" not in parcels:
        return
    zone_of = {name: str(named["zone"]) for name, named in tables.practices.items()}
    ours = np.array([zone_of.get(str(name), "") for name in practice], dtype=object)
    held = (practice == HOLD) & good
    ours[held] = tables.today_zone[parcel[held]]
    stated = texts(parcels, "zone")
    at = np.flatnonzero(good & (stated != ours))
    if len(at):
        found = listed(
            say("{stated}, not {right}", stated=stated[i] or say("none"), right=ours[i] or say("none"))
            for i in at[:SHOWN]
        )
        must = say("the zone is that of the practice (held: today's)")
        breaches.append(Breach("choice:zone", _name(tables.ids[parcel[at]]), must, found))


def _read_starts(tables: Tables, projects: pd.DataFrame, breaches: list[Breach]) -> dict[str, int]:
    starts: dict[str, int] = {}
    for project, start in zip(texts(projects, "project"), texts(projects, "start"), strict=True):
        where = say("project {project}", project=project)
        if project not in tables.projects:
            breaches.append(Breach("choice:project", where, say("it is a project of the study"), str(project)))
        elif start and start not in tables.period:
            must = say("it starts in one of the periods, or not at all")
            breaches.append(Breach("choice:start", where, must, str(start)))
        elif start and project in starts:
            breaches.append(Breach("project:once", where, say("a project starts once"), str(start)))
        elif start:
            starts[str(project)] = tables.period[str(start)]
    return starts

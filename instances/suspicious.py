"""What is legal but suspicious in the land of a study: units of areas, people, lines and places that meet nothing.

Warnings by the rules of ``rules.csv``; a study that has some is read all the same. Everything is a whole-array look at
parcels, of which there may be a million. What is suspicious in amounts is in `zonevest.instances.suspicious_amounts`.
"""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from zonevest.instances.context import Context, words_of
from zonevest.instances.defaults import default_keys, keys_of
from zonevest.instances.faults import SHOWN, Faults, some
from zonevest.instances.rules import rule
from zonevest.instances.say import listed, say
from zonevest.instances.schema import DEFAULT_TABLES, FLOW_TABLES
from zonevest.instances.study import conditions, items
from zonevest.instances.suspicious_amounts import a_year, check_amounts, everybody
from zonevest.instances.tables import NO_ROW, Typed

if TYPE_CHECKING:
    from numpy.typing import NDArray

MU, SQUARE_METRES, SQUARE_KILOMETRES = 15.0, 1e4, 0.01
"""In a hectare."""
LARGE, VAST = 1e4, 1e9
"""Hectares: seldom half of all parcels are larger, be they cells of a map of a province; and more than China has."""
BUILT, SPREAD, SPARSE = 1500.0, 20_000.0, 0.03
"""Square metres of built land a head: five times what China has, of provinces the emptiest included; and the same where
fewer people than these live on a hectare (salt works, mines and roads of a desert), or towns spread as in America."""
BUDGET = 0.05
"""Million a year for a hectare of built land: a tenth of what counties of China have, half of what the poorest have."""
CROWDED, EMPTY = 500.0, 1e-4
"""People per hectare: twice those of Macau, and a thirtieth of those of the emptiest prefecture of Tibet."""
USUAL = {"condition": (0.0, 3.0), "land_price_factor": (0.01, 20.0), "farmland_quality": (0.0, 100.0)}
"""Ranges of columns of parcels: factors about 1, and levels or points of farmland."""
EVERYWHERE = ("redline", "basic_farmland", "growth_boundary")
"""Lines that hardly any county is without."""


def check_suspicious(study: Context) -> None:
    """Take down what is suspicious in a study without faults."""
    parcels = study.rows("parcels")
    if parcels is not None:
        words = Words(parcels)
        _areas(study, parcels, words)
        _people(study, parcels, words)
        _ranges(study, parcels)
        _places(study, parcels, words)
        _lines(study, parcels)
        _conditions(study, parcels, words)
        _taken(study, parcels, words)
    check_amounts(study)


def odd_areas(stated: NDArray[np.float64], drawn: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Which areas are so far from those of their shapes that no slope, ridge or rounding makes it, shape (parcels,)."""
    far = (stated > FAR * drawn) | (stated * FAR < drawn)
    return np.asarray(far & (np.abs(stated - drawn) > ROUNDED))


def check_units(
    parcels: Typed, rows: NDArray[np.intp], drawn: NDArray[np.float64], odd: NDArray[np.bool_], faults: Faults
) -> None:
    """Areas that are stated are those of the shapes, of all parcels together and of each.

    Parameters
    ----------
    rows, drawn, odd : the parcels that have both, hectares of their shapes, and which are `odd_areas`.
    """
    if not rows.size:
        return
    stated = parcels.number("area_ha")[rows]
    times = float(stated.sum() / drawn.sum())
    ratio = stated / drawn
    if not 0.5 <= times <= 2.0 and (not odd.any() or odd.mean() > MOSTLY):
        unit = next((name for name, of in UNITS.items() if of / 1.5 <= times <= of * 1.5), "shapes")
        found = say("{times:.3g} times the area of the shapes", times=times)
        faults.add(parcels.where(column="area_ha"), rule(f"parcels.area-{unit}"), found)
        return
    told = []
    for low, high in GROUPS:
        at = np.flatnonzero(odd & (ratio >= low) & (ratio < high))
        if at.size:
            ids = some(parcels.ids(rows[at[:SHOWN]].tolist()))
            usual = float(np.median(ratio[at]))
            told.append(say("{count:,} of {times:.3g} times their shape: {ids}", count=at.size, times=usual, ids=ids))
    if told:
        where = parcels.where(rows[odd].tolist(), "area_ha")
        faults.add(where, rule("parcels.area-some"), listed(told, "; "))


UNITS = {"mu": MU, "m2": SQUARE_METRES, "km2": SQUARE_KILOMETRES}
FAR, ROUNDED, MOSTLY = 3.0, 0.1, 0.9
"""An area so many times that of its shape, or a part so small, and so many hectares off, is odd; and the share of odd
parcels from which on it is the column that is."""
_UP_TO = (0.0, 0.001, 0.03, 1 / 22.5, 0.1, 1.0, 10.0, 22.5, 5e3, 2e4, np.inf)
GROUPS = tuple(pairwise(_UP_TO))
"""Odd areas are told by how many times their shapes they are: about 0.01, 1/15, 15 and 10,000 each for themselves."""


def _areas(study: Context, parcels: Typed, words: Words) -> None:
    """Square metres, or mu, where there are no shapes by which it has been told: the first sign of them."""
    where = parcels.where(column="area_ha")
    if where in set(study.faults.warnings()["where"]):
        return
    area = parcels.number("area_ha")
    middle, whole = float(np.partition(area, parcels.size // 2)[parcels.size // 2]), float(area.sum())
    if middle > LARGE:
        found = say("half of the parcels have {area:,.6g} ha or more", area=middle)
        study.faults.add(where, rule("parcels.area-large"), found)
    elif whole > VAST:
        study.faults.add(where, rule("parcels.area-vast"), say("{area:,.6g} ha in all", area=whole))
    else:
        _built(study, where, _built_land(study, area, words), whole)


def _built_land(study: Context, area: NDArray[np.float64], words: Words) -> float:
    """Hectares of the classes of construction."""
    classes, (at, codes) = study.rows("land_classes"), words("land_class")
    if classes is None:
        return 0.0
    pairs = zip(classes.text("land_class"), classes.text("class_group"), strict=True)
    built = {code for code, groups in pairs if "construction" in items(groups)}
    return float(area[np.isin(at, [i for i, code in enumerate(codes) if code in built])].sum())


def _built(study: Context, where: str, hectares: float, whole: float) -> None:
    """Built land beside the people who use it, or else beside the budget that it has to feed."""
    assert study.settings is not None
    chinese, finance = study.settings.currency == "CNY", study.settings.finance
    people = everybody(study)
    if people:
        each = hectares * SQUARE_METRES / people
        most = BUILT if chinese and people / whole >= SPARSE else SPREAD
        if each > most:
            told = {"each": each, "area": hectares, "people": people}
            found = say("{each:,.0f} m2 a head: {area:,.6g} ha of built land, {people:,.6g} people", **told)
            study.faults.add(where, rule("parcels.built", most=most), found)
    elif chinese and finance is not None and hectares:
        budget = a_year(study.settings)
        if 0 < budget < BUDGET * hectares:
            told = {"each": budget / hectares, "area": hectares, "budget": budget}
            found = say("{each:.3g} million: {area:,.6g} ha of built land, {budget:,.6g} million a year", **told)
            study.faults.add(where, rule("parcels.built-budget", least=BUDGET), found)


def _people(study: Context, parcels: Typed, words: Words) -> None:
    """People per hectare, of every jurisdiction."""
    at, places = words("jurisdiction")
    hectares = np.bincount(at, weights=parcels.number("area_ha"))
    counted = np.bincount(at, weights=parcels.number("population"))
    named = study.rows("jurisdictions")
    stated: dict[str, float] = {}
    if named is not None:
        pairs = zip(named.text("jurisdiction"), named.number("population").tolist(), strict=True)
        stated = {name: people for name, people in pairs if people == people}
    odd = []
    for name, land, own in zip(places, hectares.tolist(), counted.tolist(), strict=True):
        people = stated.get(name, own)
        if people > 0 and land > 0 and not EMPTY <= people / land <= CROWDED:
            place = name or say("no jurisdiction")
            odd.append(say("{place}: {people:,.6g} on {area:,.6g} ha", place=place, people=people, area=land))
    if odd:
        table = named if named is not None and stated else parcels
        study.faults.add(table.where(column="population"), rule("parcels.density"), some(odd))


def _ranges(study: Context, parcels: Typed) -> None:
    for column, (low, high) in USUAL.items():
        values = parcels.number(column)
        at = np.flatnonzero((values < low) | (values > high))
        if at.size and column in parcels.given:
            must = rule("parcels.range", column=column, low=low, high=high)
            study.tell(parcels, at.tolist(), column, must)


def _places(study: Context, parcels: Typed, words: Words) -> None:
    """Every parcel is in a jurisdiction where some are, and every jurisdiction has parcels or projects."""
    at, places = words("jurisdiction")
    here = set(places) - {""}
    if not here:
        return
    if "" in places:
        rows = np.flatnonzero(at == places.index("")).tolist()
        share = {"count": len(rows), "of": parcels.size, "share": 100.0 * len(rows) / parcels.size}
        found = say("{count:,} of {of:,} parcels ({share:.3g} %)", **share)
        study.faults.add(parcels.where(rows, "jurisdiction"), rule("parcels.no-jurisdiction"), found)
    named = study.rows("jurisdictions")
    if named is not None:
        for name in ("projects", "land_take"):
            here |= words_of(table, "jurisdiction") if (table := study.rows(name)) is not None else set()
        nowhere = [i for i, name in enumerate(named.text("jurisdiction")) if name not in here]
        study.tell(named, nowhere, "jurisdiction", rule("jurisdictions.nowhere"))


def _lines(study: Context, parcels: Typed) -> None:
    """A line meets parcels: one of the territory's does, and so does one that a zone of the study's needs."""
    # a table with every column comes from a study: what was not stated there is filled in
    stated = parcels.given if not parcels.given.issuperset(parcels.data) else frozenset[str]()
    for line in EVERYWHERE:
        if line in stated and not _inside(parcels, line):
            found = say("none of {count:,} parcels", count=parcels.size)
            study.faults.add(parcels.where(column=line), rule("parcels.line", line=line), found)
    zones = study.rows("zones")
    if zones is not None:
        needs, inside = zones.text("line"), zones.text("line_rule")
        at = [i for i in written(zones) if inside[i] in ("exact", "within")]
        at = [i for i in at if needs[i] and not _inside(parcels, needs[i])]
        study.tell(zones, at, "line", rule("zones.line-nowhere"))


def _inside(parcels: Typed, line: str) -> bool:
    """Whether a parcel lies inside a line."""
    if parcels.table.column(line).kind == "flag":
        return bool(parcels.flag(line).any())
    return bool(set(parcels.text(line)) - {"", "0"})


def _conditions(study: Context, parcels: Typed, words: Words) -> None:
    """The values that a row's `where` asks for are those of some parcel."""

    def nowhere(column: str, wanted: list[str]) -> bool:
        cells = parcels.data.get(column, parcels.own.get(column))
        if not isinstance(cells, np.ndarray):
            return set(wanted).isdisjoint(words(column)[1])
        if cells.dtype == bool:
            return not any((cells == (word.lower() in ("1", "true"))).any() for word in wanted)
        return not any((cells == float(word)).any() for word in wanted)

    for name in (*FLOW_TABLES, "capture"):
        table = study.rows(name)
        if table is None or name == "project_flows":
            continue
        own, cells = written(table), table.text("where")
        lost = {cell for cell in {cells[i] for i in own} if any(nowhere(*part) for part in conditions(cell))}
        study.tell(table, [i for i in own if cells[i] in lost], "where", rule("flows.where-nowhere"))


def written(table: Typed) -> list[int]:
    """Rows that the study has written itself; one that has the key of a default row may come from a written study."""
    rows = [i for i in range(table.size) if table.rows[i] != NO_ROW]
    if not rows or table.table.name not in DEFAULT_TABLES:
        return rows
    usual, keys = set(default_keys(table.table.name)), keys_of(table)
    return [i for i in rows if keys[i] not in usual]


def _taken(study: Context, parcels: Typed, words: Words) -> None:
    """What projects take of a class in a jurisdiction is there."""
    table = study.rows("land_take")
    if table is None:
        return
    of_class, classes = words("land_class")
    inside, places = words("jurisdiction")
    hectares = np.bincount(of_class * len(places) + inside, parcels.number("area_ha"), len(classes) * len(places))
    there = hectares.reshape(len(classes), len(places))
    code, place = table.text("land_class"), table.text("jurisdiction")
    taken = table.number("area_ha").tolist()
    projects = study.rows("projects")
    home = {} if projects is None else dict(zip(projects.text("project"), projects.text("jurisdiction"), strict=True))

    def held(i: int) -> float:
        where = place[i] or home.get(table.text("project")[i], "")
        if code[i] not in classes or where not in ("", *places):
            return 0.0
        row = there[classes.index(code[i])]
        return float(row[places.index(where)] if where else row.sum())

    more = [i for i in range(table.size) if taken[i] > held(i) * (1 + 1e-9)]
    study.tell(
        table, more, "area_ha", rule("land_take.more"),
        found=lambda i: say("{area:,.6g} of {there:,.6g} ha", area=taken[i], there=held(i)),
    )  # fmt: skip


class Words:
    """Text columns of parcels as numbers, each made once: of a million cells that takes most of the time."""

    def __init__(self, parcels: Typed) -> None:
        self._parcels = parcels
        self._made: dict[str, tuple[NDArray[np.intp], list[str]]] = {}

    def __call__(self, column: str) -> tuple[NDArray[np.intp], list[str]]:
        """Cells as positions in the list of their different values, shape (parcels,), and that list."""
        if column not in self._made:
            cells = self._parcels.data.get(column, self._parcels.own.get(column))
            at, values = pd.factorize(np.array(cells, dtype=object))
            self._made[column] = at, [str(value) for value in values]
        return self._made[column]

"""What a folder of Marxan, or of Marxan with Zones, says: units, features and zones as arrays.

Both programs come out as the same arrays; that of Marxan has one zone, the reserve, in which a unit may be or not.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from zonevest.instances.faults import choice, some
from zonevest.instances.importing.marxan_files import Dat, Parameters
from zonevest.instances.rules import rule
from zonevest.instances.say import listed, say

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]
RESERVED = "reserved"
IN, OUT = 2, 3
"""The status of a unit that is always, or never, in the reserve."""
COORDINATES: tuple[str, ...] = ("xloc", "yloc")
SPATIAL = ("target2", "sepnum", "sepdistance", "ptarget1d", "ptarget2d")
"""Columns of features that ask for more than an amount or a number of occurrences."""


class Features(NamedTuple):
    """Per feature: id, name, the amount and the number of occurrences to be reached, the penalty factor."""

    ids: Ints
    names: list[str]
    target: Floats
    occurrence: Floats
    spf: Floats


class Amounts(NamedTuple):
    """Per row of puvspr that says something: position of its feature and unit, and the amount, above 0."""

    feature: Ints
    unit: Ints
    amount: Floats


class Zones(NamedTuple):
    """Zones and what they do; U units, F features, Z zones, C costs, K amounts.

    A unit in zone z costs the sum over costs of cost[u] * fraction[:, z]; `counted` is how much of an amount counts
    towards the feature's target in a zone, `target` and `occurrence` what is to be reached inside a zone, of the bare
    amounts. `locked` is the zone that a unit must be in, or -1, `free` the zones that it may be in.
    """

    ids: list[str]
    names: list[str]
    costs: list[str]
    cost: Floats  # (U, C)
    fraction: Floats  # (C, Z)
    locked: Ints  # (U,)
    free: Flags  # (U, Z)
    counted: Floats  # (K, Z)
    target: Floats  # (F, Z)
    occurrence: Floats  # (F, Z)


class Peer(NamedTuple):
    """The data of a folder.

    Attributes
    ----------
    zoned : whether it is one of Marxan with Zones: every unit in exactly one zone. Else in the reserve, or not.
    units, places : ids, and further columns of the units by name.
    base : base penalties by feature that the folder brings, or None.
    misslevel : the share of a target from which on it counts as met.
    """

    zoned: bool
    units: Ints
    places: dict[str, Floats]
    features: Features
    amounts: Amounts
    zones: Zones
    base: Floats | None
    misslevel: float


@dataclass
class Ids:
    """Ids that tables name: of the rows of the file `label`. `told` is where rows go that name none, else a fault."""

    label: str
    numbers: Ints
    told: list[str] | None = None

    def at(self, table: Dat, column: str, default: int | None = None) -> Ints:
        """Positions of the ids in a column; -1, and a note or a fault, for those that there are not."""
        number, ids = table.whole(column, default), pd.Index(self.numbers)
        if not ids.is_unique:  # which has its fault already
            return np.full(len(number), -1)
        place: Ints = ids.get_indexer(number).astype(np.int64)
        strange = np.flatnonzero((place < 0) & (number >= 0)).tolist()
        if not strange:
            return place
        if self.told is None:
            table.tell(strange, column, rule("marxan.id", file=self.label))
        else:
            note = say(
                "{file}: rows left aside, as Marxan does: {count}; {ids} has no {column} {names}",
                file=table.label, count=len(strange), ids=self.label, column=column,
                names=some(dict.fromkeys(number[strange].tolist())),
            )  # fmt: skip
            self.told.append(note)
        return place


def plain_peer(given: Parameters, told: list[str], soft: bool) -> Peer | None:
    """Read a folder of Marxan; None, and faults, where it cannot be."""
    units, spec, table = (given.required(*keys) for keys in (("PUNAME",), ("SPECNAME", "FEATNAME"), ("PUVSPRNAME",)))
    blocks = given.table("BLOCKDEFNAME")
    if units is None or spec is None or table is None:
        return None
    unit_ids, feature_ids = ids_of(units, told), ids_of(spec, told)
    amounts = read_amounts(table, feature_ids, unit_ids)
    held = sums(amounts.feature, amounts.amount, len(spec))
    status, cost = units.whole("status", 0), read_costs(units, ["cost"], told)
    odd = np.flatnonzero((status < 0) | (status > OUT)).tolist()
    units.tell(odd, "status", rule("marxan.choice", choices=choice("0123")))
    if (status == 1).any():
        note = say("{file}: units of status 1 are as those of status 0, only a search begins with them: {count}",
                   file=units.label, count=int((status == 1).sum()))  # fmt: skip
        told.append(note)
    nothing = np.zeros((len(spec), 1))
    zones = Zones(
        [RESERVED], [""], ["cost"], cost, np.ones((1, 1)), np.where(status == IN, 0, -1), (status != OUT)[:, None],
        amounts.amount[:, None], nothing, nothing,
    )  # fmt: skip
    return finished(given, told, soft, False, (units, spec, table, blocks), amounts, held, zones)


def finished(
    given: Parameters,
    told: list[str],
    soft: bool,
    zoned: bool,
    tables: tuple[Dat, Dat, Dat, Dat | None],
    amounts: Amounts,
    held: Floats,
    zones: Zones,
) -> Peer:
    """Put together what both programs have in common; `held` (F) is how much there is of each feature."""
    units, spec, puvspr, blocks = tables
    features = read_features(spec, blocks, held)
    penalties = given.table("PENALTYNAME") if soft else None
    base = None if penalties is None else _penalties(penalties, Ids(spec.label, features.ids, told))
    misslevel = 1.0 if soft else given.number("MISSLEVEL", 1.0)
    places: dict[str, Floats] = {name: units.number(name, np.nan) for name in COORDINATES if name in units.columns}
    told += _left_aside(units, spec, puvspr, set(map(str.casefold, zones.costs)))
    return Peer(zoned, units.whole("id"), places, features, amounts, zones, base, misslevel)


def sums(of: Ints, values: Floats | Flags, count: int) -> Floats:
    """The sum of `values` for each of `count` things, `of` being which they belong to."""
    out: Floats = np.bincount(of, values.astype(float), count).astype(float)
    return out


def ids_of(table: Dat, told: list[str]) -> Ids:
    """The ids of units or features."""
    numbers = table.whole("id")
    table.once([numbers], ["id"])
    return Ids(table.label, numbers, told)


def read_costs(units: Dat, costs: list[str], told: list[str]) -> Floats:
    """What a unit costs, by cost, shape (U, C); 1 where there is no column, as in Marxan."""
    out = np.ones((len(units), len(costs)))
    for at, name in enumerate(costs):
        if name.casefold() in units.columns:
            out[:, at] = units.number(name.casefold(), low=0.0)
        else:
            told.append(say("{file}: no column {name!r}: it is 1 for all, as in Marxan", file=units.label, name=name))
    return out


def read_amounts(table: Dat, features: Ids, units: Ids) -> Amounts:
    """The rows that say something of a feature and a unit that there are."""
    feature, unit = features.at(table, "species"), units.at(table, "pu")
    amount = table.number("amount", low=0.0)
    table.once([table.whole("species"), table.whole("pu")], ["species", "pu"])
    sound = (feature >= 0) & (unit >= 0) & (amount > 0)
    return Amounts(feature[sound], unit[sound], amount[sound])


def read_features(spec: Dat, blocks: Dat | None, held: Floats) -> Features:
    """Targets as the peer makes them: of the row, else of its block; a prop of the row comes before both."""
    named = ("target", "targetocc", "spf", "prop")
    target, occurrence, spf, prop = (spec.number(name, -1.0).copy() for name in named)
    if blocks is not None:
        kinds = Ids(blocks.label, blocks.whole("type"), [])
        blocks.once([kinds.numbers], ["type"])
        row = kinds.at(spec, "type", -1)
        of_block = {name: np.append(blocks.number(name, -1.0), -1.0)[row] for name in named}
        np.copyto(target, of_block["prop"] * held, where=(target < 0) & (of_block["prop"] > 0))
        for name, own in (("target", target), ("targetocc", occurrence), ("spf", spf)):
            np.copyto(own, of_block[name], where=(own < 0) & (of_block[name] > 0))
    target = np.where(prop > 0, prop * held, np.maximum(target, 0.0))
    return Features(
        spec.whole("id"), spec.text("name"), target, np.maximum(occurrence, 0.0), np.where(spf < 0, 1.0, spf)
    )


def _penalties(table: Dat, features: Ids) -> Floats:
    """Base penalties that the folder brings, shape (F,)."""
    whose, value = features.at(table, "species"), table.number("penalty", low=0.0)
    table.once([table.whole("species")], ["species"])
    out = np.zeros(len(features.numbers))
    out[whose[whose >= 0]] = value[whose >= 0]
    return out


def _left_aside(units: Dat, spec: Dat, puvspr: Dat, costs: set[str]) -> list[str]:
    """Tell of columns that have no say here."""
    told = []
    for table, names in ((units, ("prob",)), (spec, SPATIAL), (puvspr, ("prob",))):
        said = [name for name in names if name in table.columns and (table.number(name, -1.0) > 0).any()]
        if said:
            told.append(say("{file}: not used, and Marxan's optimum may be another for it: {columns}",
                            file=table.label, columns=listed(said)))  # fmt: skip
        rest = [name for name in table.rest if name.casefold() not in costs]
        if rest:
            told.append(say("{file}: columns that are none of Marxan's, left aside: {columns}",
                            file=table.label, columns=listed(rest)))  # fmt: skip
    return told

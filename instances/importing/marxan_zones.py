"""What only Marxan with Zones has: zones, costs by zone, contributions, targets in zones, and locks."""

from __future__ import annotations

import re

import numpy as np
import pandas as pd

from zonevest.instances.faults import choice
from zonevest.instances.importing.marxan_files import Dat, Parameters
from zonevest.instances.importing.marxan_peer import (
    RESERVED,
    Amounts,
    Flags,
    Floats,
    Ids,
    Ints,
    Peer,
    Zones,
    finished,
    ids_of,
    read_amounts,
    read_costs,
    sums,
)
from zonevest.instances.rules import Rule, rule
from zonevest.instances.say import listed, say

CONTRIBUTIONS = ("ZONECONTRIBNAME", "ZONECONTRIB2NAME", "ZONECONTRIB3NAME")
TARGETS = ("ZONETARGETNAME", "ZONETARGET2NAME")
BOUND = ("ZONEBOUNDCOSTNAME", "ZONECONNECTIONCOSTNAME")
KEYS = ("ZONESNAME", "COSTSNAME", "ZONECOSTNAME", "PULOCKNAME", "PUZONENAME", *TARGETS, *CONTRIBUTIONS, *BOUND)
"""The keys that only Marxan with Zones has."""


def zoned_peer(given: Parameters, told: list[str], soft: bool) -> Peer | None:
    """Read a folder of Marxan with Zones; None, and faults, where it cannot be."""
    units, spec, table = (given.required(*keys) for keys in (("PUNAME",), ("SPECNAME", "FEATNAME"), ("PUVSPRNAME",)))
    blocks = given.table("BLOCKDEFNAME")
    ids, names = _named(given, "ZONESNAME", [1, 2], ["available", RESERVED])
    cost_ids, costs = _named(given, "COSTSNAME", [1], ["cost"])
    zones, of_cost = Ids(given.file("ZONESNAME"), ids), Ids(given.file("COSTSNAME"), cost_ids)
    fraction = _fractions(given, zones, of_cost, told)
    if units is None or spec is None or table is None:
        return None
    if "status" in units.columns and units.whole("status", 0).any():
        key = "PULOCKNAME"
        told.append(say("{file}: status is not used with zones, as in Marxan: see {key}", file=units.label, key=key))
    unit_ids, feature_ids = ids_of(units, told), ids_of(spec, told)
    amounts = read_amounts(table, feature_ids, unit_ids)
    held = sums(amounts.feature, amounts.amount, len(spec))
    count = sums(amounts.feature, amounts.amount > 0, len(spec))
    locked, free = _locks(given, unit_ids, zones)
    counted = _counted(given, zones, feature_ids, unit_ids, amounts)
    target, occurrence = _targets(given, zones, feature_ids, held, count)
    cost = read_costs(units, costs, told)
    every = Zones(
        [str(each) for each in ids.tolist()], names, costs, cost, fraction, locked, free, counted, target, occurrence
    )
    return finished(given, told, soft, True, (units, spec, table, blocks), amounts, held, every)


def _named(given: Parameters, key: str, ids: list[int], names: list[str]) -> tuple[Ints, list[str]]:
    """Ids and names of zones or costs; those of the peer where the folder names none."""
    if key not in given.said:
        return np.array(ids, dtype=np.int64), names
    table = given.required(key)
    if table is None:
        return np.zeros(0, np.int64), []
    first, second = table.form.columns
    numbers, names = table.whole(first), table.text(second)
    table.once([numbers], [first])
    if key == "COSTSNAME":
        odd = [i for i, name in enumerate(names) if not re.fullmatch(r"[\w.-]+", name)]
        table.tell(odd, second, rule("marxan.cost-word"))
        folded = [name.casefold() for name in names]
        again = [i for i, name in enumerate(folded) if name in folded[:i]]
        table.tell(again, second, rule("marxan.cost-twice"))
    return numbers, names


def _fractions(given: Parameters, zones: Ids, costs: Ids, told: list[str]) -> Floats:
    """What part of a cost is due in a zone, shape (C, Z): 0 for a pair without a row, 1 for all without a table."""
    shape = len(costs.numbers), len(zones.numbers)
    table = given.table("ZONECOSTNAME")
    if table is None:
        if "ZONECOSTNAME" not in given.said:
            told.append(say("no {key}: every cost is due in full in every zone", key="ZONECOSTNAME"))
        return np.ones(shape)
    zone, cost, fraction = zones.at(table, "zoneid"), costs.at(table, "costid"), table.number("fraction", low=0.0)
    table.once([table.whole("zoneid"), table.whole("costid")], ["zoneid", "costid"])
    out, sound = np.zeros(shape), (zone >= 0) & (cost >= 0)
    out[cost[sound], zone[sound]] = fraction[sound]
    return out


def _locks(given: Parameters, units: Ids, zones: Ids) -> tuple[Ints, Flags]:
    """The zone that a unit must be in, shape (U,), and those that it may be in, shape (U, Z)."""
    count = len(units.numbers)
    locked, free = np.full(count, -1), np.ones((count, len(zones.numbers)), dtype=bool)
    lock, only = given.table("PULOCKNAME"), given.table("PUZONENAME")
    if lock is not None:
        unit, zone = units.at(lock, "pu"), zones.at(lock, "zoneid")
        lock.once([unit], ["pu"])
        sound = (unit >= 0) & (zone >= 0)
        locked[unit[sound]] = zone[sound]
    if only is not None:
        unit, zone = units.at(only, "pu"), zones.at(only, "zoneid")
        sound = (unit >= 0) & (zone >= 0)
        free[unit[sound]] = False
        free[unit[sound], zone[sound]] = True
    return locked, free


def _one_of(given: Parameters, keys: tuple[str, ...], must: Rule) -> Dat | None:
    """The table of the only one of several keys that may be there."""
    there = [key for key in keys if key in given.said]
    if len(there) > 1:
        given.faults.add(given.where(there[1]), must, listed(there, " and "))
    return given.table(there[0]) if there else None


def _counted(given: Parameters, zones: Ids, features: Ids, units: Ids, amounts: Amounts) -> Floats:
    """How much of an amount counts in a zone, shape (K, Z): nothing where a table has no row, all without a table."""
    table, count = _one_of(given, CONTRIBUTIONS, rule("marxan.contributions")), len(zones.numbers)
    if table is None:
        return np.repeat(amounts.amount[:, None], count, axis=1)
    zone, fraction = zones.at(table, "zoneid"), table.number("fraction", low=0.0)
    named = [name for name in table.form.columns if name != "fraction"]
    table.once([table.whole(name) for name in named], named)
    sound, share = zone >= 0, np.zeros((len(amounts.amount), count))
    if named == ["zoneid"]:
        share[:, zone[sound]] = fraction[sound]
        return share * amounts.amount[:, None]
    whose = features.at(table, "species")
    sound &= whose >= 0
    if "pu" not in named:
        matrix = np.zeros((len(features.numbers), count))
        matrix[whose[sound], zone[sound]] = fraction[sound]
        return matrix[amounts.feature] * amounts.amount[:, None]
    where, wide = units.at(table, "pu"), len(units.numbers)
    pairs = pd.Index(amounts.feature * wide + amounts.unit)
    row = pairs.get_indexer(whose * wide + where) if pairs.is_unique else np.full(len(table), -1)
    sound &= (where >= 0) & (row >= 0)
    share[row[sound], zone[sound]] = fraction[sound]
    return share * amounts.amount[:, None]


def _targets(given: Parameters, zones: Ids, features: Ids, held: Floats, count: Floats) -> tuple[Floats, Floats]:
    """What is to be reached inside zones, as amounts and as occurrences, each of shape (F, Z).

    Type 0 is an amount, 1 a share of all there is, 2 a number of occurrences, 3 a share of these.
    """
    table, shape = _one_of(given, TARGETS, rule("marxan.zone-targets")), (len(features.numbers), len(zones.numbers))
    amount, occurrence = np.zeros(shape), np.zeros(shape)
    if table is None:
        return amount, occurrence
    zone, value, kind = zones.at(table, "zoneid"), table.number("target"), table.whole("targettype", 0)
    odd = np.flatnonzero((kind < 0) | (kind > 3)).tolist()
    if odd:
        table.tell(odd, "targettype", rule("marxan.choice", choices=choice("0123")))
        return amount, occurrence
    named = [name for name in ("zoneid", "species") if name in table.columns]
    table.once([*(table.whole(name) for name in named), kind // 2], named)
    every = np.repeat(np.arange(shape[0])[None, :], len(table), axis=0)
    whose = features.at(table, "species")[:, None] if "species" in named else every
    row, at = np.nonzero((whose >= 0) & (zone >= 0)[:, None] & (value > 0)[:, None])
    feature, where, kinds, asked = whose[row, at], zone[row], kind[row], value[row]
    for of, out, share in ((0, amount, held), (2, occurrence, count)):
        bare, part = kinds == of, kinds == of + 1
        out[feature[bare], where[bare]] = asked[bare]
        out[feature[part], where[part]] = asked[part] * share[feature[part]]
    return amount, np.ceil(occurrence)

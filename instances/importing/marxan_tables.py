"""Units, features and zones of Marxan as the tables of a study.

Every cost, and what is to be reached of every feature, is an account of its own; what a unit costs and holds is paid
and counted once, by the zone that it comes to.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from zonevest.instances.faults import some
from zonevest.instances.importing.marxan_peer import Peer, sums
from zonevest.instances.importing.marxan_penalty import base_penalties
from zonevest.instances.say import say

CLASS, PERIOD = "unit", "plan"
ROUNDING = 1e-9
"""The share of a target by which sums of amounts may miss it: a target may be all there is, summed in another order."""


@dataclass(frozen=True)
class Aim:
    """What is to be reached of every feature: in all, or in zone `zone` (its position); an amount, or occurrences.

    target (F) : 0 where nothing is asked for; value (K, Z) : what a row brings in each zone; most (F) : what all
    units together bring at most.
    """

    occurrences: bool
    zone: int | None
    target: NDArray[np.float64]
    value: NDArray[np.float64]
    most: NDArray[np.float64]

    def account(self, peer: Peer, feature: int) -> str:
        """The account on which it is counted."""
        kind = "occurrence" if self.occurrences else "feature"
        where = "" if self.zone is None else f".in.{peer.zones.ids[self.zone]}"
        return f"{kind}.{peer.features.ids[feature]}{where}"

    def asked(self, peer: Peer) -> list[int]:
        """The features that have an account: all of them in all zones together, else those with a target."""
        every = self.zone is None and not self.occurrences
        return list(range(len(peer.features.ids))) if every else np.flatnonzero(self.target > 0).tolist()

    def binding(self, peer: Peer, soft: bool) -> list[int]:
        """The features whose target has a say; what no unit has is missed whatever is chosen, if it may be missed."""
        binds = (self.target > 0) & (peer.features.spf > 0)
        there = np.bincount(peer.amounts.feature, minlength=len(binds)) > 0
        return np.flatnonzero(binds & there if soft else binds).tolist()

    def penalty(self, peer: Peer, base: NDArray[np.float64]) -> NDArray[np.float64]:
        """Marxan's penalty of one unit that is missing, shape (F,), from base penalties."""
        both = (peer.features.target > 0) & (peer.features.occurrence > 0) & (not peer.zoned)
        whole = peer.features.spf * base * np.where(both, 0.5, 1.0)
        return np.divide(whole, self.target, out=np.zeros_like(whole), where=self.target > 0)

    def names(self, peer: Peer, feature: int) -> tuple[str, str]:
        """What it is called, in English and Chinese."""
        name = peer.features.names[feature] or str(peer.features.ids[feature])
        where = "" if self.zone is None else f", {peer.zones.names[self.zone] or peer.zones.ids[self.zone]}"
        return (
            f"{name}{where}" + " (occurrences)" * self.occurrences,
            f"{name}{where}" + "（出现次数）" * self.occurrences,
        )


def _aims(peer: Peer) -> list[Aim]:
    """Everything that is to be reached: per feature over all zones, and inside each zone."""
    zones, free = len(peer.zones.ids), peer.zones.free.copy()
    fixed = np.flatnonzero(peer.zones.locked >= 0)
    free[fixed] = False
    free[fixed, peer.zones.locked[fixed]] = True
    free = free[peer.amounts.unit]
    bare = np.repeat(peer.amounts.amount[:, None], zones, axis=1)
    out = []
    for occurrences, target, inside in (
        (False, peer.features.target, peer.zones.target),
        (True, peer.features.occurrence, peer.zones.occurrence),
    ):
        for zone, wanted, value in (
            (None, target, peer.zones.counted),
            *((z, inside[:, z], bare) for z in range(zones)),
        ):
            brought = (value > 0).astype(float) if occurrences else value
            if zone is not None:
                brought = np.where(np.arange(zones) == zone, brought, 0.0)
            most = sums(peer.amounts.feature, (brought * free).max(axis=1, initial=0.0), len(wanted))
            if (zone is None and not occurrences) or wanted.any():
                out.append(Aim(occurrences, zone, wanted, brought, most))
    return out


def cost_accounts(peer: Peer) -> list[str]:
    """The accounts of costs."""
    return [f"cost.{name}" for name in peer.zones.costs] if peer.zoned else ["cost"]


def study_tables(peer: Peer, soft: bool, told: list[str]) -> dict[str, pd.DataFrame]:
    """The tables of the study; what is worth knowing of targets is added to `told`."""
    aims, base = _aims(peer), base_penalties(peer) if soft else None
    named = [name or zone for zone, name in zip(peer.zones.ids, peer.zones.names, strict=True)]
    flows = [*_cost_flows(peer), *(flow for aim in aims for flow in _aim_flows(peer, aim))]
    practices = [f"to.{zone}" for zone in peer.zones.ids]
    tables = {
        "parcels": _parcels(peer),
        "zones": pd.DataFrame({"zone": peer.zones.ids, "name_en": named, "name_zh": named}),
        "land_classes": pd.DataFrame([{"land_class": CLASS, "class_group": "other"}]),
        "practices": pd.DataFrame({"practice": practices, "zone": peer.zones.ids, "name_en": named, "name_zh": named}),
        "accounts": _accounts(peer, aims),
        "parcel_flows": pd.concat(flows, ignore_index=True) if flows else pd.DataFrame(),
        "limits": pd.DataFrame([row for aim in aims for row in _limits(peer, aim, base)]),
    }
    _tell(peer, aims, soft, told)
    return {name: table for name, table in tables.items() if len(table)}


def _parcels(peer: Peer) -> pd.DataFrame:
    """Units as parcels of one hectare, with their locks and bans."""
    zones = np.array(peer.zones.ids, dtype=object)
    bans = {each.tobytes(): ";".join(zones[~each]) for each in np.unique(peer.zones.free, axis=0)}
    barred = np.array([bans[each.tobytes()] for each in peer.zones.free], dtype=object)
    return pd.DataFrame(
        {
            "parcel_id": peer.units.astype(str),
            "land_class": CLASS,
            "area_ha": 1.0,
            "locked_zone": np.where(peer.zones.locked >= 0, zones[peer.zones.locked], ""),
            # a lock comes before what the unit may be besides, as in Marxan
            "forbidden_zones": np.where(peer.zones.locked >= 0, "", barred),
            **{f"x_{name}": values for name, values in peer.places.items()},
        }
    )


def _accounts(peer: Peer, aims: list[Aim]) -> pd.DataFrame:
    """An account for every cost, and for what is to be reached of every feature."""
    costs = [(account, name, name) for account, name in zip(cost_accounts(peer), peer.zones.costs, strict=True)]
    counted = [(aim.account(peer, f), *aim.names(peer, f)) for aim in aims for f in aim.asked(peer)]
    rows = pd.DataFrame([*costs, *counted], columns=["account", "name_en", "name_zh"])
    return rows.assign(family="custom", recurrence="one_off")


def _cost_flows(peer: Peer) -> Iterator[pd.DataFrame]:
    """What a unit costs in each zone."""
    for account, cost, fraction in zip(cost_accounts(peer), peer.zones.cost.T, peer.zones.fraction, strict=True):
        yield from _flows(peer, np.arange(len(peer.units)), account, cost[:, None] * fraction)


def _aim_flows(peer: Peer, aim: Aim) -> Iterator[pd.DataFrame]:
    """What a unit brings to an aim in each zone."""
    asked = aim.asked(peer)
    name = np.full(len(peer.features.ids), "", dtype=object)
    name[asked] = [aim.account(peer, each) for each in asked]
    rows = np.flatnonzero(np.isin(peer.amounts.feature, asked))
    yield from _flows(peer, peer.amounts.unit[rows], name[peer.amounts.feature[rows]], aim.value[rows])


def _flows(
    peer: Peer, units: NDArray[np.int64], account: str | NDArray[np.object_], value: NDArray[np.float64]
) -> Iterator[pd.DataFrame]:
    """Rows of flows, `value` by unit and zone; one row without a zone where all zones have the same."""
    same = np.all(value == value[:, :1], axis=1) & (value.shape[1] > 1)
    parcel = peer.units.astype(str)
    for zone, values in [
        ("", np.where(same, value[:, 0], 0.0)),
        *zip(peer.zones.ids, np.where(same, 0.0, value.T), strict=True),
    ]:
        at = np.flatnonzero(values > 0)
        if len(at):
            whose = account if isinstance(account, str) else account[at]
            yield pd.DataFrame(
                {"parcel_id": parcel[units[at]], "zone": zone, "account": whose, "basis": "once", "value": values[at]}
            )


def _limits(peer: Peer, aim: Aim, base: NDArray[np.float64] | None) -> Iterator[dict[str, object]]:
    """A limit for every target that binds: hard, at the share that MISSLEVEL asks; with base penalties soft."""
    penalty = None if base is None else aim.penalty(peer, base)
    for f in aim.binding(peer, soft=base is not None):
        account, (en, zh) = aim.account(peer, f), aim.names(peer, f)
        value = float(aim.target[f]) * peer.misslevel
        row: dict[str, object] = {
            "limit": f"target.{account}", "account": account, "period": PERIOD, "sense": ">=", "value": value,
            "tolerance": value * ROUNDING, "name_en": en, "name_zh": zh,
        }  # fmt: skip
        if penalty is None:
            yield row
        elif penalty[f] > 0:
            yield row | {"kind": "soft", "penalty": float(penalty[f])}


def _tell(peer: Peer, aims: list[Aim], soft: bool, told: list[str]) -> None:
    """Tell of targets that do not bind, and of those that nothing reaches."""
    wanted = np.any([aim.target > 0 for aim in aims], axis=0)
    idle = np.flatnonzero(wanted & (peer.features.spf == 0))
    if len(idle):
        names = some(peer.features.ids[idle].tolist())
        text = say("{column} is 0, so that targets have no weight, as in Marxan: {names}", column="spf", names=names)
        told.append(text)
    for aim in aims:
        value = aim.target * peer.misslevel
        short = [f for f in aim.binding(peer, soft=False) if aim.most[f] < value[f] * (1 - ROUNDING)]
        if short and soft:
            text = say("all units together do not reach {names}", names=some(aim.account(peer, f) for f in short))
        elif short:
            text = say(
                "all units together do not reach {names}: no plan exists; lower the targets, or let them give with "
                "a mapping file that says `targets = \"soft\"`", names=some(aim.account(peer, f) for f in short),
            )  # fmt: skip
        if short:
            told.append(text)

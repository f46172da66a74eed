"""The decisions of money, uplift, quotas and transfers that a plan states, and what is wrong with them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
import pandas as pd

from zonevest.instances.faults import within
from zonevest.instances.say import listed, say
from zonevest.reports.audit_cells import Floats, split, texts
from zonevest.reports.audit_gains import Gains
from zonevest.reports.audit_hurdles import Hurdles
from zonevest.reports.audit_money import Money
from zonevest.reports.audit_program import Key, System
from zonevest.reports.audit_quotas import SIDES, Quotas
from zonevest.reports.audit_rules import TOLERANCE, Breach
from zonevest.reports.audit_steps import Prices
from zonevest.reports.audit_synergies import Synergies
from zonevest.reports.audit_tables import Tables
from zonevest.reports.audit_uplift import JOIN, Atom, Uplift

DECISIONS = {
    "financing": (("instrument", "project", "start", "period"), ("raised",)),
    "uplift": (("project", "start", "jurisdiction", "catchments", "where", "period"), ("area_ha",)),
    "quota_trade": (("quota", "jurisdiction", "period"), ("bought", "sold")),
    "fund_transfers": (("jurisdiction", "period"), ("amount",)),
    "budget_transfers": (("from", "to", "period"), ("amount",)),
}
"""The tables of decisions: what a row names, and its amounts."""


SMALL = 1e-9
"""What is less is rounding: no decision."""


class Parts(NamedTuple):
    """What decisions, and what follows from all choices together, are made of; no money without [finance]."""

    tables: Tables
    synergies: Synergies
    prices: Prices
    hurdles: Hurdles
    uplift: Uplift
    quotas: Quotas
    gains: Gains
    money: Money | None


class _Row(NamedTuple):
    """One amount of a row: what it decides, how it is called, and why there may be no such decision."""

    key: Key
    where: str
    amount: float
    why: Callable[[], tuple[str, str]]


@dataclass
class Reader:
    """Reads the tables of decisions of one plan.

    Attributes
    ----------
    starts : start period of every project that is built.
    """

    parts: Parts
    system: System
    starts: Mapping[str, int]
    breaches: list[Breach] = field(default_factory=list)

    def read(self, frames: Mapping[str, pd.DataFrame | None]) -> Floats:
        """The decisions in the order of the system; rows that decide nothing known are reported and left out."""
        values = np.zeros(len(self.system.decisions))
        for name in DECISIONS:
            frame = frames.get(name)
            if frame is None or frame.empty:
                continue
            seen: set[Key] = set()
            for row in getattr(self, f"_{name}")(frame):
                self._check(name, row, seen)
                at = self.system.at.get(row.key)
                if at is not None and np.isfinite(row.amount):
                    values[at] += row.amount
        return values

    def _check(self, name: str, row: _Row, seen: set[Key]) -> None:
        if row.key not in self.system.at:
            rule, must = row.why()
            self.breaches.append(
                Breach(f"{name}:{rule}", row.where, must, say("{amount:.10g} is decided", amount=row.amount))
            )
            return
        if row.key in seen:
            self.breaches.append(
                Breach(f"{name}:once", row.where, say("a decision has one row"), say("it stands again"))
            )
        seen.add(row.key)
        if not np.isfinite(row.amount):
            found = say("nothing") if np.isnan(row.amount) else f"{row.amount}"
            self.breaches.append(Breach(f"{name}:amount", row.where, say("it is a finite number"), found))
        elif row.amount < -TOLERANCE:
            self.breaches.append(
                Breach(f"{name}:amount", row.where, say("at least {bound:.10g}", bound=0), f"{row.amount:.10g}")
            )

    def _period(self, name: object) -> int:
        return self.parts.tables.period.get(str(name), -1)

    def _rows(self, name: str, frame: pd.DataFrame) -> Iterator[tuple[tuple[str, ...], tuple[float, ...], str]]:
        words, numbers = DECISIONS[name]
        named = zip(*(texts(frame, word) for word in words), strict=True)
        amounts = zip(*(frame[each].to_numpy(dtype=np.float64) for each in numbers), strict=True)
        for cells, values in zip(named, amounts, strict=True):
            text = tuple(str(cell) for cell in cells)
            where = within(f"{name}.csv", listed(each for each in text if each))
            yield text, tuple(float(value) for value in values), where

    def _financing(self, frame: pd.DataFrame) -> Iterator[_Row]:
        money = self.parts.money
        for (instrument, project, start, period), (raised,), where in self._rows("financing", frame):
            begun, t = self._period(start), self._period(period)

            def why(
                instrument: str = instrument, project: str = project, begun: int = begun, t: int = t
            ) -> tuple[str, str]:
                if money is None:
                    return "finance", say("money is raised where there is [finance]")
                return money.why_not(instrument, project, begun, t, self.starts)

            # a start without a project is no decision either
            general = not project and not start
            key = ("financing", instrument, project, -1 if general else begun if project else -2, t)
            yield _Row(key, where, raised, why)

    def _uplift(self, frame: pd.DataFrame) -> Iterator[_Row]:
        for cells, (area,), where in self._rows("uplift", frame):
            project, start, jurisdiction, catchments, tools, period = cells
            # sets: their order, and tools that hold everywhere, do not matter
            holds = frozenset(each.strip() for each in tools.split(JOIN) if each.strip())
            atom = Atom(jurisdiction, frozenset(split(catchments)), holds)
            begun, t = self._period(start), self._period(period)

            def why(project: str = project, begun: int = begun, atom: Atom = atom) -> tuple[str, str]:
                return self.parts.uplift.why_not(project, begun, atom, self.starts)

            yield _Row(("uplift", project, begun, *atom, t), where, area, why)

    def _quota_trade(self, frame: pd.DataFrame) -> Iterator[_Row]:
        for (quota, place, period), (bought, sold), where in self._rows("quota_trade", frame):
            t = self._period(period)
            for side, amount in (("buy", bought), ("sell", sold)):

                def why(side: str = side, quota: str = quota, place: str = place) -> tuple[str, str]:
                    return self.parts.quotas.why_not(side, quota, place)

                # a quota with one side of trade has 0 on the other
                if amount or (side, quota, place, t) in self.system.at:
                    yield _Row((side, quota, place, t), within(where, f"quota.{quota}.{SIDES[side][0]}"), amount, why)

    def _fund_transfers(self, frame: pd.DataFrame) -> Iterator[_Row]:
        for (place, period), (amount,), where in self._rows("fund_transfers", frame):

            def why(place: str = place) -> tuple[str, str]:
                return self.parts.gains.why_not(place)

            yield _Row(("transfer", place, self._period(period)), where, amount, why)

    def _budget_transfers(self, frame: pd.DataFrame) -> Iterator[_Row]:
        money = self.parts.money
        for (giver, taker, period), (amount,), where in self._rows("budget_transfers", frame):

            def why(giver: str = giver, taker: str = taker) -> tuple[str, str]:
                if money is None:
                    return "finance", say("budgets are there with [finance]")
                return money.why_not_passed(giver, taker)

            yield _Row(("budget_transfer", giver, taker, self._period(period)), where, amount, why)


def decided_tables(periods: Sequence[str], system: System, values: Floats) -> dict[str, pd.DataFrame]:
    """Decisions as the tables in which a plan states them; what is less than `SMALL` is rounding."""
    rows: dict[str, dict[tuple[str, ...], list[float]]] = {}
    for decision, value in zip(system.decisions, values.tolist(), strict=True):
        if not decision.counts or value < SMALL:
            continue
        kind, *named, t = decision.key
        if kind in ("financing", "uplift"):
            name, begun = str(named[0]), int(named[1 if kind == "uplift" else 2])
            start = periods[begun] if begun >= 0 else ""
            key: tuple[str, ...]
            if kind == "financing":
                key = (name, str(named[1]), start, periods[t])
            else:
                place, catchments, tools = named[2:]
                key = (name, start, place, ";".join(sorted(catchments)), JOIN.join(sorted(tools)), periods[t])
            rows.setdefault(kind, {})[key] = [value]
        elif kind in SIDES:
            both = rows.setdefault("quota_trade", {}).setdefault((*map(str, named), periods[t]), [0.0, 0.0])
            both[0 if kind == "buy" else 1] = value
        else:
            table = "fund_transfers" if kind == "transfer" else "budget_transfers"
            rows.setdefault(table, {})[*map(str, named), periods[t]] = [value]
    return {
        name: pd.DataFrame([(*key, *amounts) for key, amounts in found.items()], columns=[*sum(DECISIONS[name], ())])
        for name, found in rows.items()
    }

"""Prices that change with the amount (docs/semantics.md, "Prices that change with the amount")."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pyomo.environ as pyo

from zonevest.model.complete_ledger import TOTAL
from zonevest.model.complete_options import Record, blank, records
from zonevest.model.complete_rows import Row, Run, Undertaking, life
from zonevest.model.complete_terms import Posting, linear

if TYPE_CHECKING:
    from zonevest.model.complete_parts import Build

NEW = "area.new.practice."


@dataclass(frozen=True)
class Step:
    """A step of a schedule: at most `width` hectares in the period, each at `price` at the start's prices.

    Attributes
    ----------
    sold : q_k.
    """

    width: float
    price: float
    sold: Any


@dataclass(frozen=True)
class Schedule:
    """The steps of an account for an area of a place in period t, in order."""

    account: str
    area: str
    place: str
    t: int
    steps: tuple[Step, ...]


class Schedules:
    """Every schedule of the study.

    Attributes
    ----------
    all : by account, area account, place and period; none in a period that no row is for.
    """

    def __init__(self, build: Build) -> None:
        self.build = build
        self.all = list(self._schedules())

    def _schedules(self) -> Iterator[Schedule]:
        groups: dict[tuple[str, str, str], list[Record]] = {}
        for row in records(self.build.study.price_steps):
            groups.setdefault((row["account"], row["area_account"], row["jurisdiction"] or TOTAL), []).append(row)
        for (account, area, place), rows in groups.items():
            for t, period in enumerate(self.build.study.periods):
                named = [row for row in rows if row["period"] == period.name]
                mine = sorted(named or [row for row in rows if not row["period"]], key=lambda row: float(row["up_to"]))
                steps, before = [], 0.0
                for k, row in enumerate(mine, start=1):
                    sold = self.build.model.sold[account, area, place, k, period.name]
                    sold.setub(width := period.years * (row["up_to"] - before))
                    steps.append(Step(width, row["factor"] * row["price"], sold))
                    before = row["up_to"]
                if steps:
                    yield Schedule(account, area, place, t, tuple(steps))

    def postings(self) -> Iterator[Posting]:
        """What a hectare of each step books in the first year of its period, in its place and in the total."""
        for each in self.all:
            year = self.build.study.periods[each.t].start
            lead, lives = self._service(each)
            for step in each.steps:
                paid = Run(Row(each.account, True, step.price), year, year + 1)
                # of no undertaking: no project's shares, no flags
                undertaking = Undertaking(((paid, step.price),), year + lead, lives, self.build.flows.end)
                yield self.build.posting(step.sold, each.place, undertaking)

    def _service(self, each: Schedule) -> tuple[int, float]:
        """The years before its service, and the years over which it is spread: those of the practice that is new."""
        practice = self.build.land.practices.get(each.area.removeprefix(NEW)) if each.area.startswith(NEW) else None
        if practice is None:
            return 0, math.inf
        sells = self.build.flows.accounts[each.account]["role"] == "land_sale" and not blank(practice["lease_years"])
        return int(practice["lead_years"]), life(practice["lease_years"] if sells else practice["life_years"])


def price_steps(build: Build) -> None:
    """Σ_k q_k = L_A; q_k ≥ width_k z_k, q_k+1 ≤ width_k+1 z_k, z_k ∈ {0, 1}.

    In words: all of the area is sold, at most so much of it, and a step is filled before the next is opened;
    ``step_area[account, area, place, period]``, ``step_full`` and ``step_open[account, area, place, k, period]``.
    """
    model = build.model
    model.step_area = pyo.Constraint(pyo.Any)
    model.step_full, model.step_open = pyo.Constraint(pyo.Any), pyo.Constraint(pyo.Any)
    model.filled = pyo.Var(pyo.Any, domain=pyo.Binary, dense=False)
    for each in build.schedules.all:
        name = build.names[each.t]
        key = (each.account, each.area, each.place)
        sold = linear((1.0, step.sold) for step in each.steps)
        model.step_area[*key, name] = sold - build.ledger(each.area, each.place, name) == 0
        for k, (step, following) in enumerate(zip(each.steps, each.steps[1:], strict=False), start=1):
            filled = model.filled[*key, k, name]
            model.step_full[*key, k, name] = linear([(1.0, step.sold), (-step.width, filled)]) >= 0
            model.step_open[*key, k, name] = linear([(1.0, following.sold), (-following.width, filled)]) <= 0
